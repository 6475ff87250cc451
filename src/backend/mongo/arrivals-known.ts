/**
 * KnownArrivals: which of the latest documents are known already, and how far back a look has to go for the others.
 *
 * A document can become visible long after the time it bears: an insert took long, or its writer's clock is behind. A
 * quick look goes back a little; a deep one as far as anything is remembered. The id of a foreign document was made by
 * the clock of an instrument's computer, and its sender may have tried for a while to deliver it.
 */
import { SeenIds } from "./arrivals-seen.ts";
import type { ArrivedAt } from "./arrivals-walk.ts";

/** How far back a look goes behind the watermark, in ms. */
const BACK = { own: { quick: 2000, deep: 60_000 }, foreign: { quick: 60_000, deep: 600_000 } } as const;

export class KnownArrivals {
  readonly #own = new SeenIds();
  readonly #foreign = new SeenIds();

  has({ id, ms, foreign }: ArrivedAt): boolean {
    return (foreign ? this.#foreign : this.#own).has(id, ms);
  }

  /** False when it was known. */
  add({ id, ms, foreign }: ArrivedAt): boolean {
    return (foreign ? this.#foreign : this.#own).add(id, ms);
  }

  /** Where a look begins. */
  from(watermarkMs: number, depth: "quick" | "deep"): { readonly fromMs: number; readonly foreignFromMs: number } {
    return {
      fromMs: Math.max(this.#own.floorMs, watermarkMs - BACK.own[depth]),
      foreignFromMs: Math.max(this.#foreign.floorMs, watermarkMs - BACK.foreign[depth]),
    };
  }

  /** Forgets what no look goes back to any more. */
  forget(watermarkMs: number): void {
    this.#own.forget(watermarkMs - BACK.own.deep, watermarkMs - BACK.own.quick);
    this.#foreign.forget(watermarkMs - BACK.foreign.deep, watermarkMs - BACK.foreign.quick);
  }
}
