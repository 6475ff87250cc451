/**
 * Ratio: more than `over` of the events within `withinMs` are bad, of at least `minSamples`. Counts in 60 buckets.
 * The incident counts the bad ones.
 */
import { nothing, type Outcome, type Seen } from "./outcome.ts";
import type { When } from "./rule.ts";
import { countIn, instantsOf, sums, type Window } from "./window.ts";
import { spanWords } from "./words.ts";

export interface RatioMemory {
  readonly kind: "ratio";
  readonly counts: Window;
}

type Ratio = Extract<When, { readonly kind: "ratio" }>;

export function rememberShare(memory: RatioMemory, when: Ratio, { event, atMs }: Seen): Outcome<RatioMemory> {
  if (!when.select.matches(event)) return nothing(memory);
  const isBad = when.bad.matches(event);
  const counts = countIn(memory.counts, { atMs, withinMs: when.withinMs, bad: isBad });
  const { all, bad } = sums(counts);
  // A good event never makes a share too large; it only completes the sample.
  const hit = all >= when.minSamples && bad / all > when.over && (isBad || all === when.minSamples);
  return {
    memory: { kind: "ratio", counts },
    hit,
    counts: isBad,
    ends: null,
    mine: true,
    reason: hit ? `${percent(bad / all)} of ${all} events within ${spanWords(when.withinMs)}` : "",
    earlier: hit ? instantsOf(counts, "bad") : null,
  };
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
