/**
 * Courier: brings one batch to the sink, whatever it takes, until every item of it is settled.
 *
 *   sending ── all settled ─────────────────────────────→ done
 *      │ ↑
 *      │ ├── retry, hold ── pause (full jitter, or as long as asked) ──┐
 *      │ └─────────────────────────────────────────────────────────────┘
 *      ├── conflict ── the same under a new id, once
 *      ├── too large, refused ── halves, down to the one culprit, which is rejected
 *      └── give up (close budget spent) ── abort; the caller takes back what is left
 *
 * Order is kept: the next batch starts when this one is settled. Not here: when a batch is due, what to drop.
 */
import type { EventInput } from "../event/event.ts";
import { newId } from "../event/id.ts";
import type { Clock } from "./clock.ts";
import type { ResolvedShipOptions } from "./options.ts";
import { Pause } from "./pause.ts";
import type { Item } from "./queue.ts";
import { SendError, type Sink, type Verdict } from "./sink.ts";

/** What the courier needs from the shipper. */
export interface CourierOptions {
  readonly sink: Sink;
  readonly clock: Clock;
  readonly random: () => number;
  readonly options: ResolvedShipOptions;
  readonly stored: (items: readonly Item[]) => void;
  readonly rejected: (item: Item, reason: string) => void;
  /** The link broke (with the error) or works again (undefined). */
  readonly link: (trouble: SendError | undefined) => void;
}

/** Longest pause between two tries while closing. */
const CLOSING_PAUSE_MS = 250;
/** Longest patience another side may ask for. */
const RETRY_AFTER_CAP_MS = 300_000;

export class Courier {
  readonly #with: CourierOptions;
  readonly #pause: Pause;
  #groups: Item[][] = [];
  #sending: AbortController | undefined;
  #failures = 0;
  #closing = false;
  #done = false;
  #maxBytes: number;

  constructor(options: CourierOptions) {
    this.#with = options;
    this.#pause = new Pause(options.clock);
    this.#maxBytes = options.options.maxBytes;
  }

  /** Bytes a batch may have, as learned from the sink. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  get first(): Item | undefined {
    return this.#groups[0]?.[0];
  }

  /** Failed attempts since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** Resolves when all is settled, or after giving up. Never rejects. */
  async deliver(batch: Item[]): Promise<void> {
    this.#groups = [batch];
    while (!this.#done && this.#groups[0] !== undefined) await this.#attempt(this.#groups[0]);
  }

  /** The end is near: try at once, pause briefly. */
  hurry(): void {
    this.#closing = true;
    this.#pause.end();
  }

  /** Stops for good; answers the items that are not settled. */
  giveUp(): readonly Item[] {
    this.#done = true;
    this.#sending?.abort(new SendError("retry", "the time to close is over"));
    this.#pause.end();
    return this.#groups.splice(0).flat();
  }

  async #attempt(group: Item[]): Promise<void> {
    try {
      const verdicts = await this.#send(group);
      if (!this.#done) await this.#apply(group, verdicts);
    } catch (error) {
      if (!this.#done)
        await this.#failed(group, error instanceof SendError ? error : new SendError("retry", `${error}`));
    }
  }

  async #send(group: Item[]): Promise<readonly Verdict[]> {
    const { sink, clock, options } = this.#with;
    const sending = new AbortController();
    this.#sending = sending;
    const timeout = new SendError("retry", `no answer within ${options.timeoutMs} ms`);
    const cancel = clock.after(options.timeoutMs, () => sending.abort(timeout));
    const events = group.map((item) => item.event);
    const aborted = new Promise<never>((_resolve, reject) => {
      sending.signal.addEventListener("abort", () => reject(sending.signal.reason), { once: true });
    });
    try {
      const verdicts = await Promise.race([sink.send(events, sending.signal), aborted]);
      if (verdicts.length !== group.length) throw new SendError("retry", "the answer does not fit the batch");
      return verdicts;
    } finally {
      cancel();
    }
  }

  async #apply(group: Item[], verdicts: readonly Verdict[]): Promise<void> {
    const again = group.filter((_item, at) => verdicts[at]?.status === "retry");
    const clashing = group.filter((item, at) => verdicts[at]?.status === "conflict" && !item.renamed);
    const renamed = clashing.map(withNewId);
    this.#groups.splice(0, 1, ...[renamed, again].filter((part) => part.length > 0));
    const stored = group.filter((_item, at) => verdicts[at]?.status === "stored");
    for (const [at, item] of group.entries()) {
      const verdict = verdicts[at];
      if (verdict?.status === "rejected") this.#with.rejected(item, verdict.reason);
      if (verdict?.status === "conflict" && item.renamed) this.#with.rejected(item, "two ids of it hold other events");
    }
    if (again.length < group.length) this.#succeeded();
    this.#with.stored(stored);
    if (again.length > 0) await this.#backOff(new SendError("retry", "some events were not taken"));
  }

  #succeeded(): void {
    if (this.#failures > 0) this.#with.link(undefined);
    this.#failures = 0;
  }

  async #failed(group: Item[], error: SendError): Promise<void> {
    if (error.kind === "retry" || error.kind === "hold") return this.#backOff(error);
    const [only] = group;
    if (group.length === 1 && only !== undefined) {
      this.#groups.shift();
      this.#with.rejected(only, error.message);
      return;
    }
    const half = group.length >> 1;
    this.#groups.splice(0, 1, group.slice(0, half), group.slice(half));
    if (error.kind === "too-large") this.#learn(group);
  }

  #learn(group: readonly Item[]): void {
    const bytes = group.reduce((sum, item) => sum + item.bytes, 0);
    this.#maxBytes = Math.max(1, Math.min(this.#maxBytes, Math.ceil(bytes / 2)));
  }

  async #backOff(error: SendError): Promise<void> {
    const askedMs = Math.min(error.retryAfterMs, RETRY_AFTER_CAP_MS);
    this.#failures += 1;
    this.#with.link(error);
    if (this.#closing && (error.kind === "hold" || askedMs > this.#with.options.closeMs)) this.#done = true;
    else await this.#pause.wait(this.#pauseMs(error.kind, askedMs), !this.#closing);
  }

  #pauseMs(kind: SendError["kind"], askedMs: number): number {
    const { authHoldMs, retryMinMs, retryMaxMs } = this.#with.options;
    if (kind === "hold") return authHoldMs;
    const ceiling = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(this.#failures - 1, 30));
    const jitter = this.#with.random() * (this.#closing ? Math.min(ceiling, CLOSING_PAUSE_MS) : ceiling);
    return Math.max(jitter, askedMs);
  }
}

/** A line must not be lost because another has its id: it gets one of its own, and keeps the old one among its data. */
function withNewId(item: Item): Item {
  const { _id, event_data } = item.event;
  const isObject = typeof event_data === "object" && event_data !== null && !Array.isArray(event_data);
  const data = isObject ? { _id, ...event_data } : event_data;
  return {
    ...item,
    renamed: true,
    event: { ...item.event, _id: newId(), event_data: data as EventInput["event_data"] },
  };
}
