/**
 * Ratio: more than `over` of the events within `withinMs` are bad, of at least `minSamples`. Counts in 60 buckets.
 * The incident counts the bad ones. It is judged at each event, a good one too: the good ones before it may have aged out.
 */
import { nothing, type Outcome, type Seen } from "./outcome.ts";
import type { When } from "./rule.ts";
import { countIn, endsMs, instantsOf, sums, type Window } from "./window.ts";
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
  const hit = isTooLarge(when, { all, bad });
  return {
    memory: { kind: "ratio", counts },
    hit,
    counts: isBad,
    ends: null,
    fails: !hit,
    mine: true,
    reason: hit ? `${percent(bad / all)} of ${all} events within ${spanWords(when.withinMs)}` : "",
    earlier: hit ? instantsOf(counts, "bad") : null,
  };
}

function isTooLarge(when: Ratio, { all, bad }: { readonly all: number; readonly bad: number }): boolean {
  return all >= when.minSamples && bad / all > when.over;
}

/** First ms at which the share is not too large any more, or of too few events, if no more come. */
export function ratioEndsMs({ counts }: RatioMemory, when: Ratio): number {
  return endsMs(counts, (left) => isTooLarge(when, left));
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
