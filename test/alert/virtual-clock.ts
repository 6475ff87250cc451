/**
 * VirtualClock: time that moves only when a test says so.
 *
 * `advance` runs each timer at its instant, the earliest first, and lets what it set off come to rest before the next one.
 * Promises that wait for real I/O are not waited for: a test must do that itself.
 */
import type { AlertClock } from "../../src/alert/clock.ts";

interface Timer {
  readonly atMs: number;
  readonly action: () => void;
}

export class VirtualClock implements AlertClock {
  readonly #timers = new Set<Timer>();
  #nowMs: number;
  #elapsedMs = 0;

  constructor(startMs: number = Date.UTC(2026, 0, 5, 12)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  elapsed(): number {
    return this.#elapsedMs;
  }

  after(ms: number, action: () => void): () => void {
    const timer = { atMs: this.#elapsedMs + Math.max(0, ms), action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that have yet to run. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Time passes. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms;
    await settle();
    for (let timer = this.#next(endMs); timer !== undefined; timer = this.#next(endMs)) {
      this.#moveTo(timer.atMs);
      this.#timers.delete(timer);
      timer.action();
      await settle();
    }
    this.#moveTo(endMs);
    await settle();
  }

  /** Somebody sets the wall clock; timers do not notice. */
  jump(ms: number): void {
    this.#nowMs += ms;
  }

  #moveTo(elapsedMs: number): void {
    this.#nowMs += Math.max(0, elapsedMs - this.#elapsedMs);
    this.#elapsedMs = Math.max(this.#elapsedMs, elapsedMs);
  }

  /** Of timers at one instant the one set first. */
  #next(endMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs <= endMs && (next === undefined || timer.atMs < next.atMs)) next = timer;
    }
    return next;
  }
}

/** Resolves when all promises that need no I/O have come to rest. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
