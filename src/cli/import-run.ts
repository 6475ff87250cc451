/**
 * Import run: the steps of a file → batches → the store, one batch being written while the next is read.
 *
 *   read ─ batch (by events or bytes) ─ stored ─ rejects told ─ counted ─ state saved
 * Rejects that cannot be kept leave their batch uncounted: it is read again.
 *
 * What comes before a damaged place is stored; the file counts as failed then. Stopping waits for the batch under way.
 */
import type { EventStoreError } from "../errors.ts";
import { Counts } from "./import-counts.ts";
import type { ImportItem, ImportStep, Mark } from "./import-item.ts";
import type { Reject, Rejects } from "./import-rejects.ts";
import type { Progressed } from "./import-state.ts";
import type { ImportTarget, Put } from "./import-target.ts";
import type { Progress } from "./progress.ts";

const BATCH_EVENTS = 2000;
/** Of the file; a step may go beyond. */
const BATCH_BYTES = 4_194_304;
const SAVE_EVERY_MS = 250;

export interface RunOptions {
  readonly target: ImportTarget;
  readonly rejects: Rejects;
  readonly progress: Progress;
  /** True when it is to end. */
  readonly isStopped: () => boolean;
  /** Told how far all is stored. */
  readonly save: (progressed: Progressed) => void;
}

interface Batch {
  readonly items: readonly ImportItem[];
  readonly mark: Mark;
}

/** How a file ended. */
export interface Ended {
  readonly counts: Counts;
  readonly mark: Mark;
  /** Why it could not be read to its end. */
  readonly failure: Error | undefined;
}

export class ImportRun {
  readonly #file: string;
  readonly #with: RunOptions;
  readonly #counts: Counts;
  #mark: Mark;
  #lastId: string | undefined;
  #savedMs = 0;

  /** @param file its name, for people @param from where it goes on */
  constructor(file: string, { mark, counts, lastId }: Progressed, options: RunOptions) {
    this.#file = file;
    this.#with = options;
    this.#mark = mark;
    this.#counts = new Counts(counts.numbers);
    this.#lastId = lastId;
  }

  /** How far everything is stored. */
  get reached(): Progressed {
    return { mark: this.#mark, counts: this.#counts, lastId: this.#lastId };
  }

  /** @throws EventStoreError when the store cannot take more */
  async take(steps: AsyncIterable<ImportStep>): Promise<Ended> {
    const batches = new Batches(steps, this.#mark);
    try {
      let batch = await batches.next();
      while (batch !== undefined && !this.#with.isStopped()) {
        const putting = this.#with.target.put(batch.items);
        // Its failure is seen when it is waited for.
        putting.catch(() => {});
        const next = await batches.next();
        this.#settled(batch, await putting);
        batch = next;
      }
    } finally {
      this.#save();
    }
    return { counts: this.#counts, mark: this.#mark, failure: batches.failure };
  }

  #settled({ items, mark }: Batch, { results, archived }: Put): void {
    this.#with.rejects.add(
      results.flatMap((result, i) => {
        if (result.status === "stored" || result.status === "duplicate") return [];
        return [this.#rejectOf(items[i] as ImportItem, result.status, result.error)];
      }),
    );
    results.forEach((result, i) => {
      const item = items[i] as ImportItem;
      this.#counts.add(result.status);
      if ((item.repaired ?? []).length > 0) this.#counts.add("repaired");
      if (result.status === "stored" || result.status === "duplicate") this.#lastId = result.id;
    });
    this.#counts.add("read", items.length);
    this.#counts.add("archived", archived);
    this.#mark = mark;
    this.#with.progress.lines(this.#counts.numbers.read);
    if (performance.now() - this.#savedMs >= SAVE_EVERY_MS) this.#save();
  }

  #rejectOf(item: ImportItem, status: Reject["status"], error: EventStoreError): Reject {
    const reason = status === "conflict" ? "the database holds another event with this id" : error.message;
    return { file: this.#file, place: item.place, status, reason, text: item.text() };
  }

  #save(): void {
    this.#savedMs = performance.now();
    this.#with.save(this.reached);
  }
}

/** Steps joined to batches; the end of a file that cannot be read further is an end. */
class Batches {
  readonly #steps: AsyncIterator<ImportStep>;
  #from: number;
  #isDone = false;
  failure: Error | undefined;

  constructor(steps: AsyncIterable<ImportStep>, { offset }: Mark) {
    this.#steps = steps[Symbol.asyncIterator]();
    this.#from = offset;
  }

  async next(): Promise<Batch | undefined> {
    const items: ImportItem[] = [];
    let mark: Mark | undefined;
    while (!this.#isDone && items.length < BATCH_EVENTS && (mark?.offset ?? 0) - this.#from < BATCH_BYTES) {
      const step = await this.#step();
      if (step === undefined) this.#isDone = true;
      else {
        for (const item of step.items) items.push(item);
        mark = step.mark;
      }
    }
    if (mark === undefined) return undefined;
    this.#from = mark.offset;
    return { items, mark };
  }

  async #step(): Promise<ImportStep | undefined> {
    try {
      const step = await this.#steps.next();
      return step.done ? undefined : step.value;
    } catch (error) {
      this.failure = error as Error;
      return undefined;
    }
  }
}
