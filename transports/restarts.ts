/** Restarts: how long to wait before a dead worker is replaced: a second, then twice as long each time. */
const MIN_MS = 1000;
const MAX_MS = 60_000;
/** A worker that lived so long did not die of its start. */
const HEALTHY_MS = 60_000;

export class Restarts {
  #startedMs = 0;
  #nextMs = MIN_MS;

  /** A worker is being started. */
  started(): void {
    this.#startedMs = performance.now();
  }

  /** It died; answers the pause, in ms. */
  died(): number {
    if (performance.now() - this.#startedMs > HEALTHY_MS) this.#nextMs = MIN_MS;
    const ms = this.#nextMs;
    this.#nextMs = Math.min(MAX_MS, ms * 2);
    return ms;
  }
}
