/**
 * TailHub: the one change source of a store. It reads each arrival once and hands it to every tail that has caught up.
 *
 *   idle ─ first tail enters ─► reading to the end ◄─► waiting (for a wake, or the next look) ─ last tail leaves ─► idle
 *
 * A tail is let in only at the end of the arrivals, by a reading begun after it asked, so the hub is never behind what
 * the tail has read by itself. Failures do not end anything: reading is tried again, and one warning tells each outage.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { ArrivalPage, Backend } from "../backend/backend.ts";
import { EventStoreError } from "../errors.ts";

/** Arrivals read at once. */
const PAGE = 500;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** Longest a tail waits at the door; then it reads on by itself and may ask again. */
const ENTER_MS = 250;

/** Takes a page without waiting. `reading` numbers the hub's readings in the order in which they began. */
export type Receiver = (page: ArrivalPage, reading: number) => void;

export class TailHub {
  readonly #backend: Pick<Backend, "arrivals" | "arrivalPollMs">;
  readonly #warn: (message: string) => void;
  readonly #receivers = new Set<Receiver>();
  /** Who asked to be let in, and how to answer. */
  readonly #entering = new Map<Receiver, (isIn: boolean) => void>();
  readonly #tails = new Set<{ close(): Promise<void> }>();
  #cursor: string | undefined;
  #running = false;
  #failing = false;
  #closed = false;
  #readings = 0;
  #woken = false;
  #wake: (() => void) | undefined;

  constructor(backend: Pick<Backend, "arrivals" | "arrivalPollMs">, warn: (message: string) => void) {
    this.#backend = backend;
    this.#warn = warn;
  }

  /** Number of the latest reading that has begun. */
  get reading(): number {
    return this.#readings;
  }

  /** Notes a tail that has to be closed with the store; the result lets go of it. */
  opened(tail: { close(): Promise<void> }): () => void {
    this.#tails.add(tail);
    return () => void this.#tails.delete(tail);
  }

  /** For tails that read by themselves: one page, with the warning where it fails. */
  async read(after: string | undefined): Promise<ArrivalPage> {
    try {
      const page = await this.#backend.arrivals(after, PAGE);
      this.#failing = false;
      return page;
    } catch (error) {
      this.#tell(error);
      throw error;
    }
  }

  /** Resolves with true when the receiver is in and gets every arrival from here on; false when it had to wait too long. */
  enter(receiver: Receiver): Promise<boolean> {
    return new Promise((resolve) => {
      const answer = (isIn: boolean) => {
        clearTimeout(timer);
        this.#entering.delete(receiver);
        if (isIn) this.#receivers.add(receiver);
        resolve(isIn);
      };
      const timer = setTimeout(answer, ENTER_MS, false);
      this.#entering.set(receiver, answer);
      if (this.#running) this.wake();
      else void this.#run();
    });
  }

  leave(receiver: Receiver): void {
    this.#entering.get(receiver)?.(false);
    this.#receivers.delete(receiver);
    if (this.#receivers.size === 0) this.wake();
  }

  /** Something may have arrived: look now. */
  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  /** Ends every tail; one that cannot be ended does not keep the others, nor the store, open. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([...this.#tails].map((tail) => tail.close()));
    this.wake();
  }

  async #run(): Promise<void> {
    this.#running = true;
    let pauseMs = FIRST_PAUSE_MS;
    while (!this.#closed && this.#receivers.size + this.#entering.size > 0) {
      try {
        await this.#step();
        pauseMs = FIRST_PAUSE_MS;
      } catch {
        await this.#waiting(pauseMs);
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
      }
    }
    this.#running = false;
    this.#cursor = undefined;
  }

  /** Reads one page, and waits where it was the last. */
  async #step(): Promise<void> {
    this.#woken = false;
    const asked = [...this.#entering.keys()];
    const reading = ++this.#readings;
    const page = await this.read(this.#cursor);
    this.#cursor = page.cursor;
    for (const receive of this.#receivers) receive(page, reading);
    if (hasMore(page)) return void (await turn());
    for (const receiver of asked) this.#entering.get(receiver)?.(true);
    if (!this.#woken) await this.#waiting(this.#backend.arrivalPollMs);
  }

  #waiting(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.#wake?.(), ms);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #tell(error: unknown): void {
    if (this.#failing || this.#closed || (error instanceof EventStoreError && error.code === "EVT_CLOSED")) return;
    this.#failing = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#warn(`tails wait, because new events cannot be read: ${reason}; reading is tried again until it works`);
  }
}

/** Is there more behind this page? */
export function hasMore(page: ArrivalPage): boolean {
  return page.more ?? page.arrivals.length >= PAGE;
}
