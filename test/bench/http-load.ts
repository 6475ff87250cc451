/** Load over HTTP: bulk bodies over a few connections, and single events over many. */
import { Agent, request } from "node:http";
import autocannon from "autocannon";
import { labEvent } from "./events.ts";

const CONNECTIONS = 4;

/** NDJSON bodies of `size` events each. */
export function bodiesOf(count: number, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => {
    const events = Array.from({ length: Math.min(size, count - i * size) }, (_, k) => labEvent(i * size + k));
    return Buffer.from(events.map((event) => JSON.stringify(event)).join("\n"));
  });
}

/** Sends all bodies over {@link CONNECTIONS} connections; seconds until the last one is acknowledged. */
export async function sendBodies(url: string, bodies: readonly Buffer[]): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const left = [...bodies];
  const startMs = performance.now();
  const connection = async (): Promise<void> => {
    for (let body = left.pop(); body; body = left.pop()) await sendBody(`${url}/v1/events`, body, agent);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  agent.destroy();
  return (performance.now() - startMs) / 1000;
}

function sendBody(url: string, body: Buffer, agent: Agent): Promise<void> {
  const headers = { "content-type": "application/x-ndjson", "content-length": body.length };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => {
        const isStored = response.statusCode === 200 && !/"rejected":[1-9]/.test(text);
        if (isStored) resolve();
        else reject(new Error(`${response.statusCode} ${text.slice(0, 300)}`));
      });
    });
    sent.on("error", reject).end(body);
  });
}

export interface SingleLoad {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
}

/** About what a fast server takes in a second; made before the clock runs. */
const READY_PER_SECOND = 8000;
let runs = 0;

/** Requests per second of `POST /event`, each with an event of its own. */
export async function singleRate({ url, connections, seconds }: SingleLoad): Promise<number> {
  const run = 1 + runs++;
  const bodyOf = (n: number) => JSON.stringify(labEvent(n, run));
  const ready = Array.from({ length: READY_PER_SECOND * seconds }, (_, n) => bodyOf(n));
  let sent = 0;
  const setupRequest = (one: autocannon.Request) => ({ ...one, body: ready[sent++] ?? bodyOf(sent - 1) });
  const result = await autocannon({
    url: `${url}/event`,
    connections,
    duration: seconds,
    requests: [{ method: "POST", headers: { "content-type": "application/json" }, setupRequest }],
  });
  if (result.non2xx + result.errors > 0) throw new Error(`${result.non2xx} refused, ${result.errors} failed`);
  return result["2xx"] / result.duration;
}
