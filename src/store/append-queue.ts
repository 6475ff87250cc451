/**
 * AppendQueue: group commit. All callers that wait at the same moment share one durable write.
 *
 *   push ─► waiting (bounded) ─► batch (≤ maxBatchEvents, ≤ maxBatchBytes) ─► backend.append ─► each caller's outcomes
 *
 * A batch starts when a writer is free and nobody has arrived for a turn of the event loop (20 turns at most); while all
 * writers are busy the queue fills, so batches grow with the load by themselves. A caller's events may spread over several batches;
 * it is answered when the last of them is durable. A batch that fails fails only the callers in it: nothing of theirs
 * is known to be stored, and re-sending is safe because ids make it idempotent.
 */
import type { Marks } from "../backend/alert-records.ts";
import type { AppendOutcome, Backend } from "../backend/backend.ts";
import { EventStoreError } from "../errors.ts";
import { type Instant, instantOf } from "../event/instant.ts";
import type { PreparedEvent } from "../event/parse.ts";

export interface AppendQueueOptions {
  readonly maxBatchEvents: number;
  readonly maxBatchBytes: number;
  readonly maxQueuedEvents: number;
  readonly appendTimeoutMs: number;
  /** Asked for the marks of a batch just before it is written. */
  readonly marksOf?: (batch: readonly PreparedEvent[]) => BatchMarks | undefined;
  /** Called after each write, also one that failed: events may have become durable. */
  readonly onWritten?: (marks: BatchMarks | undefined) => void;
}

type BatchMarks = readonly (Marks | undefined)[];

/** Longest a batch gathers while callers keep arriving, in turns of the event loop. */
const MAX_GATHER_TURNS = 20;

/** A backend's outcome and the arrival instant it recorded. */
export interface Appended {
  readonly outcome: AppendOutcome;
  readonly received: Instant;
}

/** One caller and how far its events have come. */
interface Call {
  readonly events: readonly PreparedEvent[];
  readonly appended: Appended[];
  readonly deadlineMs: number;
  taken: number;
  missing: number;
  settled: boolean;
  resolve(appended: Appended[]): void;
  reject(error: unknown): void;
}

/** Events [from, to) of a call, written in one batch. */
interface Slice {
  readonly call: Call;
  readonly from: number;
  readonly to: number;
}

export class AppendQueue {
  readonly #backend: Backend;
  readonly #options: AppendQueueOptions;
  readonly #now: () => Date;
  #calls: Call[] = [];
  #queued = 0;
  #writing = 0;
  #scheduled = false;
  #watchdog: NodeJS.Timeout | undefined;
  readonly #live = new Set<Call>();
  #idle: (() => void)[] = [];

  constructor(backend: Backend, options: AppendQueueOptions, now: () => Date) {
    this.#backend = backend;
    this.#options = { ...options, maxBatchEvents: Math.min(options.maxBatchEvents, backend.batchEvents) };
    this.#now = now;
  }

  /** Events accepted and not yet answered. */
  get pending(): number {
    return this.#queued;
  }

  /** Resolves when every event is durable. Rejects with `EVT_BACKEND_UNAVAILABLE` when full, failed or out of time. */
  push(events: readonly PreparedEvent[]): Promise<Appended[]> {
    if (events.length === 0) return Promise.resolve([]);
    const room = this.#options.maxQueuedEvents - this.#queued;
    if (events.length > room && this.#queued > 0) {
      return Promise.reject(unavailable(`${this.#queued} events are waiting to be written and the queue is full`));
    }
    return new Promise((resolve, reject) => {
      const deadlineMs = performance.now() + this.#options.appendTimeoutMs;
      const call: Call = {
        events,
        appended: [],
        deadlineMs,
        taken: 0,
        missing: events.length,
        settled: false,
        resolve,
        reject,
      };
      this.#calls.push(call);
      this.#live.add(call);
      this.#queued += events.length;
      this.#watchdog ??= setInterval(() => this.#expire(), 250);
      this.#schedule();
    });
  }

  /** Resolves when nothing is waiting or being written. */
  drained(): Promise<void> {
    if (this.#queued === 0 && this.#writing === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Starts a batch when the queue has not grown for a turn of the event loop: one commit for all who are arriving. */
  #schedule(): void {
    if (this.#scheduled || !this.#mayStart()) return;
    this.#scheduled = true;
    this.#whenSettled(this.#queued, MAX_GATHER_TURNS);
  }

  #whenSettled(before: number, turnsLeft: number): void {
    setImmediate(() => {
      const growing = this.#queued > before && this.#queued < this.#options.maxBatchEvents;
      if (growing && turnsLeft > 0) {
        this.#whenSettled(this.#queued, turnsLeft - 1);
        return;
      }
      this.#scheduled = false;
      if (this.#mayStart()) this.#start();
    });
  }

  #mayStart(): boolean {
    return this.#calls.length > 0 && this.#writing < this.#backend.concurrentAppends;
  }

  #start(): void {
    const slices = this.#takeBatch();
    if (slices.length === 0) {
      this.#settleIdle();
      return;
    }
    this.#writing++;
    const batch = slices.flatMap(({ call, from, to }) => call.events.slice(from, to));
    const received = instantOf(this.#now());
    const marks = this.#options.marksOf?.(batch);
    this.#backend
      .append(batch, received, marks)
      .then((outcomes) => this.#deliver(slices, outcomes, received))
      .catch((error) => this.#fail(slices, error))
      .finally(() => {
        this.#options.onWritten?.(marks);
        this.#writing--;
        this.#settleIdle();
        this.#schedule();
      });
    this.#schedule();
  }

  #takeBatch(): Slice[] {
    const slices: Slice[] = [];
    let events = this.#options.maxBatchEvents;
    let bytes = this.#options.maxBatchBytes;
    while (this.#calls.length > 0 && events > 0 && bytes > 0) {
      const call = this.#calls[0] as Call;
      const from = call.taken;
      while (!call.settled && call.taken < call.events.length && events > 0 && bytes > 0) {
        bytes -= call.events[call.taken]?.text.length ?? 0;
        call.taken++;
        events--;
      }
      if (call.taken > from) slices.push({ call, from, to: call.taken });
      if (call.settled || call.taken === call.events.length) this.#calls.shift();
    }
    return slices;
  }

  /** Hands a batch's outcomes back to the calls they belong to. */
  #deliver(slices: readonly Slice[], outcomes: readonly AppendOutcome[], received: Instant): void {
    let at = 0;
    for (const { call, from, to } of slices) {
      for (let i = from; i < to; i++) call.appended[i] = { outcome: outcomes[at++] as AppendOutcome, received };
      call.missing -= to - from;
      if (call.missing === 0) this.#finish(call);
    }
  }

  #finish(call: Call): void {
    if (call.settled) return;
    this.#settle(call);
    call.resolve(call.appended);
  }

  #fail(slices: readonly Slice[], error: unknown): void {
    for (const { call } of slices) {
      if (call.settled) continue;
      this.#settle(call);
      call.reject(error);
    }
  }

  #settle(call: Call): void {
    call.settled = true;
    this.#queued -= call.events.length;
    this.#live.delete(call);
    if (this.#live.size > 0) return;
    clearInterval(this.#watchdog);
    this.#watchdog = undefined;
  }

  /** A write that is under way may still succeed later; its callers are told "not known", and may send again. */
  #expire(): void {
    const now = performance.now();
    for (const call of this.#live) {
      if (call.deadlineMs > now) break;
      this.#settle(call);
      call.reject(unavailable(`not confirmed within ${this.#options.appendTimeoutMs} ms; sending again is safe`));
    }
  }

  #settleIdle(): void {
    if (this.#queued > 0 || this.#writing > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function unavailable(message: string): EventStoreError {
  return new EventStoreError("EVT_BACKEND_UNAVAILABLE", message);
}
