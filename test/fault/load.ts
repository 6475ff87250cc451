/**
 * Load: writers that send events one by one and in bulk until told to stop, and remember what was acknowledged.
 *
 * Every event has an id of its own and carries its number and a text of known length, so that a check can tell a whole
 * event from half a one. A request that fails is not repeated here: what is not acknowledged may or may not be stored.
 */
import { setTimeout as sleep } from "node:timers/promises";

export const TEXT = "0123456789".repeat(30);

export interface LoadOptions {
  /** Writers of `POST /event`. @default 8 */
  readonly singles?: number;
  /** Writers of `POST /v1/events` with NDJSON. @default 2 */
  readonly bulks?: number;
  /** Events per bulk request. @default 200 */
  readonly bulkSize?: number;
}

export interface LoadEvent {
  readonly _id: string;
  readonly event_type: string;
  readonly event_timestamp: string;
  readonly event_data: { readonly n: number; readonly text: string };
}

export function loadEvent(id: string, n: number): LoadEvent {
  const event_timestamp = new Date(Date.UTC(2025, 0, 1) + n).toISOString();
  return { _id: id, event_type: "log_info", event_timestamp, event_data: { n, text: TEXT } };
}

/** What became of one request; status 0 stands for no answer. */
interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly error?: string;
}

export class Load {
  readonly acknowledged = new Set<string>();
  /** Sent and neither acknowledged nor refused: it may be stored. */
  readonly open = new Map<string, LoadEvent>();
  readonly statuses = new Map<number, number>();
  readonly errors = new Map<string, number>();
  readonly #prefix: string;
  #next = 0;
  #stopped = false;
  #writers: Promise<void>[] = [];

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  start(url: string, { singles = 8, bulks = 2, bulkSize = 200 }: LoadOptions = {}): void {
    this.#stopped = false;
    const writers = (count: number, send: () => Promise<void>) =>
      Array.from({ length: count }, () => this.#write(send));
    this.#writers = [
      ...writers(singles, () => this.#sendOne(url)),
      ...writers(bulks, () => this.#sendBulk(url, bulkSize)),
    ];
  }

  /** Resolves when every request under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#writers);
  }

  /** Resolves when this many more events are acknowledged. */
  async progress(events = 1, timeoutMs = 20_000): Promise<void> {
    const wanted = this.acknowledged.size + events;
    const deadline = Date.now() + timeoutMs;
    while (this.acknowledged.size < wanted) {
      if (Date.now() > deadline) throw new Error(`nothing is acknowledged: ${JSON.stringify([...this.statuses])}`);
      await sleep(5);
    }
  }

  async #write(send: () => Promise<void>): Promise<void> {
    while (!this.#stopped) await send();
  }

  async #sendOne(url: string): Promise<void> {
    const [event] = this.#events(1) as [LoadEvent];
    const { status } = await this.#post(`${url}/event`, "application/json", JSON.stringify(event));
    if (status === 200) this.#acknowledge([event._id]);
    else if (status === 0) await sleep(5);
  }

  async #sendBulk(url: string, size: number): Promise<void> {
    const events = this.#events(size);
    const lines = events.map((event) => JSON.stringify(event)).join("\n");
    const { status, body } = await this.#post(`${url}/v1/events`, "application/x-ndjson", lines);
    if (status === 200) this.#acknowledge(storedIds(body));
    else if (status === 0) await sleep(5);
  }

  #events(count: number): LoadEvent[] {
    const events = Array.from({ length: count }, () => {
      const n = this.#next++;
      return loadEvent(`${this.#prefix}-${n}`, n);
    });
    for (const event of events) this.open.set(event._id, event);
    return events;
  }

  async #post(url: string, type: string, body: string): Promise<Answer> {
    const answer = await post(url, type, body);
    this.statuses.set(answer.status, (this.statuses.get(answer.status) ?? 0) + 1);
    if (answer.error !== undefined) this.errors.set(answer.error, (this.errors.get(answer.error) ?? 0) + 1);
    return answer;
  }

  #acknowledge(ids: readonly string[]): void {
    for (const id of ids) {
      this.acknowledged.add(id);
      this.open.delete(id);
    }
  }
}

async function post(url: string, type: string, body: string): Promise<Answer> {
  try {
    const response = await fetch(url, { method: "POST", headers: { "content-type": type }, body });
    return { status: response.status, body: await response.json() };
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } };
    return { status: 0, error: cause?.code ?? message };
  }
}

/** Ids of the events a bulk answer calls durable. */
function storedIds(body: unknown): string[] {
  const { results } = body as { results: readonly { readonly id: string; readonly status: string }[] };
  return results.filter(({ status }) => status === "stored" || status === "duplicate").map(({ id }) => id);
}
