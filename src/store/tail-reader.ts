/**
 * TailReader: arrivals page by page from a cursor, or from the end there was when it was made. For a tail that reads
 * alone. A database that does not answer is asked again, ever more rarely; the place is kept.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { ArrivalPage } from "../backend/backend.ts";
import { EventStoreError } from "../errors.ts";
import type { TailHub } from "./tail-hub.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

export class TailReader {
  readonly #hub: TailHub;
  readonly #signal: AbortSignal;
  /** The present end, asked for at once. */
  #start: Promise<ArrivalPage> | undefined;
  #position: string | undefined;
  #pauseMs = FIRST_PAUSE_MS;

  constructor(hub: TailHub, cursor: string | undefined, signal: AbortSignal) {
    this.#hub = hub;
    this.#position = cursor;
    this.#signal = signal;
    if (cursor === undefined) this.#start = hub.read(undefined);
    this.#start?.catch(() => {}); // asked again by whoever reads
  }

  /** Behind all that was read; undefined until the present end is known. */
  get position(): string | undefined {
    return this.#position;
  }

  /**
   * The next page; undefined when the signal was aborted, or, after a pause, when the database did not answer.
   * @throws EventStoreError that would come again, `EVT_CLOSED` among them
   */
  async next(): Promise<ArrivalPage | undefined> {
    const reading = this.#start ?? this.#hub.read(this.#position);
    this.#start = undefined;
    try {
      const page = await unlessAborted(reading, this.#signal);
      if (page) this.#position = page.cursor;
      this.#pauseMs = FIRST_PAUSE_MS;
      return page;
    } catch (error) {
      if (!(error instanceof EventStoreError) || !error.retryable) throw error;
      await pause(this.#pauseMs, undefined, { signal: this.#signal }).catch(() => {});
      this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
      return undefined;
    }
  }
}

/** The same answer, or undefined as soon as the signal is aborted. */
function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const gone = () => resolve(undefined);
    if (signal.aborted) gone();
    signal.addEventListener("abort", gone, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", gone));
  });
}
