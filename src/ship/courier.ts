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
import type { Item } from "./item.ts";
import type { ResolvedShipOptions } from "./options.ts";
import { Pause } from "./pause.ts";
import { SendError, type Sink, type Verdict } from "./sink.ts";

/** What the courier needs from the shipper. */
export interface CourierOptions {
  readonly sink: Sink;
  readonly clock: Clock;
  readonly random: () => number;
  readonly options: ResolvedShipOptions;
  /** How many are durable, and how many of them already were. */
  readonly stored: (items: number, duplicates: number) => void;
  readonly rejected: (item: Item, reason: string) => void;
  /** The link broke (with the error) or works again (undefined). */
  readonly link: (trouble: SendError | undefined) => void;
}

/** Longest pause between two tries while closing. */
const CLOSING_PAUSE_MS = 250;
/** Longest patience another side may ask for. */
const RETRY_AFTER_CAP_MS = 300_000;
/** Looking for the bad events of a batch costs requests; a flood of them is not worth more than this a minute. */
const SPLITS_PER_MINUTE = 200;
const MINUTE_MS = 60_000;
const REMEMBERED_TIMES = 100;

/** "connecting": nothing sent yet; "backoff": trying again; "held": waiting for a person. */
export type LinkState = "connecting" | "online" | "backoff" | "held";

export class Courier {
  readonly #with: CourierOptions;
  readonly #pause: Pause;
  #groups: Item[][] = [];
  #sending: AbortController | undefined;
  #failures = 0;
  #closing = false;
  #once = false;
  #done = false;
  #maxBytes: number;
  #state: LinkState = "connecting";
  #retries = 0;
  #batches = 0;
  #lastSuccessMs: number | undefined;
  #times: number[] = [];
  #splits = { sinceMs: 0, count: 0 };

  constructor(options: CourierOptions) {
    this.#with = options;
    this.#pause = new Pause(options.clock);
    this.#maxBytes = options.options.maxBytes;
  }

  /** Bytes a batch may have, as learned from the sink. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** How it went so far. */
  get record() {
    const times = [...this.#times].sort((a, b) => a - b);
    const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? null;
    const age = this.#lastSuccessMs === undefined ? null : this.#with.clock.now() - this.#lastSuccessMs;
    return {
      batches: this.#batches,
      retries: this.#retries,
      lastAckAgeMs: age,
      rttMs: { p50: at(0.5), p95: at(0.95) },
    };
  }

  /** Failed attempts since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** Resolves when all is settled, or after giving up. Never rejects. */
  async deliver(batch: Item[]): Promise<void> {
    this.#groups = this.#cut(batch);
    while (!this.#done && this.#groups[0] !== undefined) await this.#attempt(this.#groups[0]);
  }

  /** A batch may have been made before the limit was known. */
  #cut(items: Item[]): Item[][] {
    if (items.length === 0) return [];
    const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
    if (bytes <= this.#maxBytes || items.length === 1) return [items];
    const half = items.length >> 1;
    return [...this.#cut(items.slice(0, half)), ...this.#cut(items.slice(half))];
  }

  /** This batch will be next. */
  prepare(batch: readonly Item[]): void {
    this.#with.sink.prepare?.(batch.map(({ event }) => event));
  }

  /** The end is near: try at once, pause briefly; `once`: do not try again what fails. */
  hurry(once = false): void {
    this.#closing = true;
    this.#once = once;
    this.#pause.end();
  }

  /** True after giving up. */
  get isDone(): boolean {
    return this.#done;
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
    const cancel = clock.after(options.timeoutMs, () => {
      sending.abort(new SendError("retry", `no answer within ${options.timeoutMs} ms`));
      // Whatever hangs there shall not hold up the next try.
      void Promise.resolve(sink.reset?.()).catch(() => {});
    });
    const startMs = clock.now();
    const events = group.map((item) => item.event);
    const aborted = new Promise<never>((_resolve, reject) => {
      sending.signal.addEventListener("abort", () => reject(sending.signal.reason), { once: true });
    });
    try {
      const verdicts = await Promise.race([sink.send(events, sending.signal), aborted]);
      if (verdicts.length !== group.length) throw new SendError("retry", "the answer does not fit the batch");
      this.#batches += 1;
      this.#times = [...this.#times.slice(1 - REMEMBERED_TIMES), clock.now() - startMs];
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
    const stored = verdicts.filter(({ status }) => status === "stored");
    const duplicates = stored.filter((verdict) => "duplicate" in verdict && verdict.duplicate);
    for (const [at, item] of group.entries()) {
      const verdict = verdicts[at];
      if (verdict?.status === "rejected") this.#with.rejected(item, verdict.reason);
      if (verdict?.status === "conflict" && item.renamed) this.#with.rejected(item, "two ids of it hold other events");
    }
    if (again.length < group.length) this.#succeeded();
    this.#with.stored(stored.length, duplicates.length);
    if (again.length > 0) await this.#backOff(new SendError("retry", "some events were not taken"));
  }

  #succeeded(): void {
    const wasDown = this.#failures > 0;
    this.#failures = 0;
    this.#state = "online";
    this.#lastSuccessMs = this.#with.clock.now();
    if (wasDown) this.#with.link(undefined);
  }

  async #failed(group: Item[], error: SendError): Promise<void> {
    if (error.kind === "retry" || error.kind === "hold") return this.#backOff(error);
    if (group.length === 1 || (error.kind === "refused" && this.#isTired())) {
      this.#groups.shift();
      for (const item of group) this.#with.rejected(item, error.message);
      return;
    }
    const half = group.length >> 1;
    this.#groups.splice(0, 1, group.slice(0, half), group.slice(half));
    if (error.kind === "too-large") this.#learn(group);
  }

  /** Whether this minute's searches for bad events are used up; counts one more. */
  #isTired(): boolean {
    const nowMs = this.#with.clock.now();
    if (nowMs - this.#splits.sinceMs >= MINUTE_MS) this.#splits = { sinceMs: nowMs, count: 0 };
    this.#splits.count += 1;
    return this.#splits.count > SPLITS_PER_MINUTE;
  }

  #learn(group: readonly Item[]): void {
    const bytes = group.reduce((sum, item) => sum + item.bytes, 0);
    this.#maxBytes = Math.max(1, Math.min(this.#maxBytes, Math.ceil(bytes / 2)));
  }

  async #backOff(error: SendError): Promise<void> {
    const askedMs = this.#with.options.retryAfter ? Math.min(error.retryAfterMs, RETRY_AFTER_CAP_MS) : 0;
    this.#failures += 1;
    this.#retries += 1;
    this.#state = error.kind === "hold" ? "held" : "backoff";
    this.#with.link(error);
    const isHopeless = this.#once || error.kind === "hold" || askedMs > this.#with.options.closeMs;
    if (this.#closing && isHopeless) this.#done = true;
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
