/** Schedule: which lines leave next, and when. Our own once they are due, those of dead processes meanwhile. */
import type { Adoption } from "./adoption.ts";
import type { Backlog } from "./backlog.ts";
import type { Batch, Batcher, LineSource } from "./batcher.ts";
import type { Clock } from "./clock.ts";
import { Due } from "./due.ts";
import type { ResolvedShipOptions } from "./options.ts";
import { Pause } from "./pause.ts";

export interface ScheduleOptions {
  readonly own: LineSource;
  readonly backlog: Backlog;
  readonly adoption: Adoption;
  readonly batcher: Batcher;
  readonly clock: Clock;
  readonly options: ResolvedShipOptions;
  /** Bytes a batch may have, as learned so far. */
  readonly maxBytes: () => number;
}

const URGENT_MS = 50;

export class Schedule {
  readonly #with: ScheduleOptions;
  readonly #due = new Due();
  readonly #filling: Pause;
  /** Lines up to here leave without waiting for more. */
  #forcedSeq = 0;

  constructor(options: ScheduleOptions) {
    this.#with = options;
    this.#filling = new Pause(options.clock);
  }

  /** Lines were added to the backlog. */
  added(isUrgent: boolean): void {
    const { maxWaitMs } = this.#with.options;
    const wasDueMs = this.#due.ms;
    const waitMs = isUrgent ? Math.min(URGENT_MS, maxWaitMs) : maxWaitMs;
    this.#due.add(this.#with.backlog.lastSeq, this.#with.clock.now() + waitMs);
    if (this.#due.ms < wasDueMs || this.#isFull) this.#filling.end();
  }

  /** Lines up to `seq` leave at once. */
  force(seq: number): void {
    this.#forcedSeq = Math.max(this.#forcedSeq, seq);
    this.#filling.end();
  }

  /** Nothing waits. */
  get isEmpty(): boolean {
    const { backlog, adoption } = this.#with;
    return backlog.lastSeq <= backlog.takenSeq && adoption.source() === undefined;
  }

  /** The next batch, when it is due; undefined when nothing waits. */
  async next(): Promise<Batch | undefined> {
    const { backlog, adoption, own } = this.#with;
    for (;;) {
      const adopted = adoption.source();
      const hasOwn = backlog.lastSeq > backlog.takenSeq;
      if (!hasOwn && adopted === undefined) return undefined;
      const waitMs = hasOwn ? this.#untilDueMs() : 0;
      if (hasOwn && waitMs <= 0) return this.#take(own);
      const batch = adopted && this.#take(adopted);
      if (batch === undefined) await this.#filling.wait(waitMs);
      else if (batch.lastSeq > 0 || batch.items.length > 0) return batch;
      else adoption.finished(batch.source);
    }
  }

  /** Another batch of our own, if a full one waits: to be made ready while one is under way. */
  ahead(): Batch | undefined {
    return this.#isFull ? this.#take(this.#with.own) : undefined;
  }

  #take(source: LineSource): Batch {
    const { own, batcher, options, maxBytes } = this.#with;
    const batch = batcher.take(source, options.maxEvents, maxBytes());
    if (source === own) this.#due.left(batch.lastSeq);
    return batch;
  }

  #untilDueMs(): number {
    const isForced = this.#forcedSeq > this.#with.backlog.takenSeq || this.#isFull;
    return isForced ? 0 : this.#due.ms - this.#with.clock.now();
  }

  /** Enough for a batch waits. */
  get #isFull(): boolean {
    const { lastSeq, takenSeq, waitingBytes, memoryBytes } = this.#with.backlog;
    if (lastSeq === takenSeq) return false;
    const { maxEvents, memoryBytes: room } = this.#with.options;
    return lastSeq - takenSeq >= maxEvents || waitingBytes >= this.#with.maxBytes() || memoryBytes >= room / 2;
  }
}
