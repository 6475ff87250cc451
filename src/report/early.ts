/**
 * Early: what is told before that to which it belongs, at one instant: where a clock shows whole seconds, a beginning and its end
 * may bear the same one, and come in any order. Only what is told at the present instant is kept.
 */
import type { Micros } from "./types.ts";

export class Early<T> {
  #at: Micros | undefined;
  readonly #told = new Map<string, T[]>();

  add(key: string, at: Micros, what: T): void {
    if (at !== this.#at) this.#told.clear();
    this.#at = at;
    const told = this.#told.get(key);
    if (told === undefined) this.#told.set(key, [what]);
    else told.push(what);
  }

  /** What was told of `key` at this instant, in order. */
  at(key: string, at: Micros): readonly T[] {
    return (at === this.#at && this.#told.get(key)) || [];
  }
}
