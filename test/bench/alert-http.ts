/** How long `POST /event` takes at a steady pace, and the mail server nobody wants: it accepts connections and says nothing. */
import { Agent, request } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { mixedEvent } from "./alert-lab.ts";
import { quantile } from "./measure.ts";

export interface SilentSmtp {
  readonly port: number;
  /** Connections so far. */
  connections(): number;
  close(): void;
}

export async function startSilentSmtp(): Promise<SilentSmtp> {
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    open.add(socket);
    socket.on("error", () => {}).on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    for (const socket of open) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, connections: () => connections, close };
}

let runs = 10;

/** One in ten alerts. Latencies in ms from the moment a request was to be sent, so that a pause counts for all it held up. */
export async function pacedPosts(url: string, perSecond: number, seconds: number): Promise<number[]> {
  const run = runs++;
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const events = Array.from({ length: perSecond * seconds }, (_, n) => mixedEvent(n, { every: 10, groups: 100, run }));
  const bodies = events.map((event) => JSON.stringify(event));
  const sent: Promise<number>[] = [];
  const startMs = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      while (sent.length < bodies.length && performance.now() - startMs >= (sent.length * 1000) / perSecond) {
        const plannedMs = startMs + (sent.length * 1000) / perSecond;
        sent.push(post(`${url}/event`, bodies[sent.length] as string, { agent, plannedMs }));
      }
      if (sent.length < bodies.length) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  const latencies = await Promise.all(sent);
  agent.destroy();
  return latencies;
}

function post(url: string, body: string, { agent, plannedMs }: { agent: Agent; plannedMs: number }): Promise<number> {
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      response.resume().on("end", () => {
        if (response.statusCode === 200) resolve(performance.now() - plannedMs);
        else reject(new Error(`${response.statusCode} of POST /event`));
      });
    });
    sent.on("error", reject).end(body);
  });
}

export function p99(latencies: readonly number[]): number {
  return quantile(latencies, 0.99);
}

/** Environments of `serve`: alerts off, on, and as MADSci configures them; mails go to this port. */
export function environments(port: number) {
  const alerting = {
    testSend: false,
    rules: [{ id: "node-error", groupWait: "0s" }],
    receivers: { ops: ["mail"] },
    defaults: { receivers: ["ops"], groupWait: "0s" },
    channels: { mail: { type: "email", to: ["ops@lab.example"] } },
    smtp: { host: "127.0.0.1", port, tls: "none", from: "events@lab.example" },
  };
  const compat = {
    ...{ smtp_server: "127.0.0.1", smtp_port: port, use_tls: false, sender: "events@lab.example" },
    email_addresses: ["ops@lab.example"],
  };
  return {
    off: {},
    on: { EVENT_ALERTING: JSON.stringify(alerting) },
    // MADSci alerts by level; the events of this bench that alert are of level 30.
    compat: { EVENT_EMAIL_ALERTS: JSON.stringify(compat), EVENT_ALERT_LEVEL: "30" },
  } as const satisfies Record<string, Readonly<Record<string, string>>>;
}
