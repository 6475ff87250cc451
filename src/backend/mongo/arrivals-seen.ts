/**
 * SeenIds: which of the recently received events are known, so that looking at the same stretch twice repeats nothing.
 *
 * Kept by second of arrival. What is forgotten moves the floor up, and nobody may look below the floor.
 */
const MAX_IDS = 50_000;

export class SeenIds {
  readonly #seconds = new Map<number, Set<string>>();
  #size = 0;
  #floorMs = Number.NEGATIVE_INFINITY;

  /** Ids received before are no longer known. */
  get floorMs(): number {
    return this.#floorMs;
  }

  /** Whether an id received at or above the floor is known. */
  has(id: string, receivedMs: number): boolean {
    return this.#seconds.get(Math.floor(receivedMs / 1000))?.has(id) === true;
  }

  /** False when the id was known. */
  add(id: string, receivedMs: number): boolean {
    if (receivedMs < this.#floorMs) return true;
    const second = Math.floor(receivedMs / 1000);
    const ids = this.#seconds.get(second);
    if (ids?.has(id)) return false;
    if (ids) ids.add(id);
    else this.#seconds.set(second, new Set([id]));
    this.#size++;
    return true;
  }

  /**
   * Forgets what was received before `fromMs`, and more where there is too much, but nothing received since `neededMs`.
   */
  forget(fromMs: number, neededMs: number): void {
    for (const second of [...this.#seconds.keys()].sort((a, b) => a - b)) {
      const endMs = (second + 1) * 1000;
      if (endMs > neededMs || (endMs > fromMs && this.#size <= MAX_IDS)) return;
      this.#size -= this.#seconds.get(second)?.size ?? 0;
      this.#seconds.delete(second);
      this.#floorMs = Math.max(this.#floorMs, endMs);
    }
  }
}
