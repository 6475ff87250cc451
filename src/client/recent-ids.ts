/** The ids seen last, so that what comes twice is told apart. */
export class RecentIds {
  readonly #most: number;
  readonly #ids = new Set<string>();

  /** @param most ids remembered; the oldest goes first */
  constructor(most: number) {
    this.#most = most;
  }

  /** True for an id that is new; it is remembered then. */
  add(id: string): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > this.#most) this.#ids.delete(this.#ids.values().next().value as string);
    return true;
  }
}
