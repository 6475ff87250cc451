/** A writer of numbered events at a steady rate, over a few connections; it remembers how many were acknowledged. */
import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

const CONNECTIONS = 3;
const TICK_MS = 25;
const TEXT = "0123456789".repeat(20);

export class Writer {
  /** Numbers below this one have been sent. */
  sent = 0;
  acknowledged = 0;
  readonly problems = new Set<string>();
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  constructor(url: string) {
    this.#url = url;
  }

  /** Sends `perSecond` events a second for so long; sends less where the server cannot take it. Resolves with the rate. */
  async run(perSecond: number, seconds: number): Promise<number> {
    const startMs = performance.now();
    const before = this.acknowledged;
    const under = new Set<Promise<void>>();
    for (let nowMs = startMs; nowMs < startMs + seconds * 1000; nowMs = performance.now()) {
      const due = Math.floor(((nowMs - startMs) / 1000) * perSecond) - (this.sent - before);
      while (under.size >= CONNECTIONS) await Promise.race(under);
      const sending = this.send(Math.min(Math.max(due, 0), 500)).finally(() => under.delete(sending));
      under.add(sending);
      if (due < 500) await pause(TICK_MS);
    }
    await Promise.all(under);
    return (this.acknowledged - before) / ((performance.now() - startMs) / 1000);
  }

  /** Sends so many events in one request. */
  async send(count: number): Promise<void> {
    if (count === 0) return;
    const from = this.sent;
    this.sent += count;
    const answer = await this.#post(Array.from({ length: count }, (_, i) => eventText(from + i)).join("\n"));
    if (answer === undefined) this.acknowledged += count;
    else this.problems.add(answer);
  }

  close(): void {
    this.#agent.destroy();
  }

  #post(body: string): Promise<string | undefined> {
    const headers = { "content-type": "application/x-ndjson" };
    return new Promise((resolve) => {
      const options = { method: "POST", agent: this.#agent, headers };
      const sent = request(`${this.#url}/v1/events?results=errors`, options, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        const isStored = () => response.statusCode === 200 && !/"rejected":[1-9]/.test(text);
        response.once("end", () => resolve(isStored() ? undefined : `${response.statusCode} ${text.slice(0, 200)}`));
      });
      sent.once("error", (error) => resolve(error.message));
      sent.end(body);
    });
  }
}

/** One of ten is an error of a node. */
function eventText(number: number): string {
  const type = number % 10 === 0 ? "node_error" : "log_info";
  const id = `t${String(number).padStart(9, "0")}`;
  return `{"event_id":"${id}","event_type":"${type}","log_level":20,"event_data":{"at":${Date.now()},"text":"${TEXT}"}}`;
}
