/**
 * Threshold: at least `count` events within `withinMs`.
 *
 * Exact up to 1000: the instants of the newest `count` events are kept, and they either span the window or not. Above
 * that, counts in 60 buckets.
 */
import { nothing, type Outcome, type Seen } from "./outcome.ts";
import type { When } from "./rule.ts";
import { countIn, endsMs, instantsOf, rewindWindow, sums, type Window, windowAfter } from "./window.ts";
import { spanWords } from "./words.ts";

const EXACT_COUNT = 1000;

export interface ThresholdMemory {
  readonly kind: "threshold";
  /** Oldest first, at most `count`. */
  readonly stamps: readonly number[];
  /** In place of stamps where `count` is beyond 1000. */
  readonly counts: Window | null;
}

type Threshold = Extract<When, { readonly kind: "threshold" }>;

export function rememberStamp(memory: ThresholdMemory, when: Threshold, seen: Seen): Outcome<ThresholdMemory> {
  if (!when.select.matches(seen.event)) return nothing(memory);
  return when.count <= EXACT_COUNT ? exact(memory, when, seen.atMs) : bucketed(memory, when, seen.atMs);
}

function exact(memory: ThresholdMemory, when: Threshold, atMs: number): Outcome<ThresholdMemory> {
  const stamps = inserted(memory.stamps, atMs).slice(-when.count);
  const spanMs = (stamps.at(-1) as number) - (stamps[0] as number);
  const holds = stamps.length >= when.count && spanMs <= when.withinMs;
  const earlier = holds ? stamps.map((stamp) => [stamp, 1] as const) : null;
  return outcome({ kind: "threshold", stamps, counts: null }, { holds, events: stamps.length, when, earlier });
}

function bucketed(memory: ThresholdMemory, when: Threshold, atMs: number): Outcome<ThresholdMemory> {
  const counts = countIn(memory.counts ?? { widthMs: 1, buckets: [] }, { atMs, withinMs: when.withinMs, bad: false });
  const events = sums(counts).all;
  const holds = events >= when.count;
  const earlier = holds ? instantsOf(counts, "all") : null;
  return outcome({ kind: "threshold", stamps: [], counts }, { holds, events, when, earlier });
}

function outcome(
  memory: ThresholdMemory,
  found: { holds: boolean; events: number; when: Threshold; earlier: Outcome<ThresholdMemory>["earlier"] },
): Outcome<ThresholdMemory> {
  const { holds, events, when, earlier } = found;
  const reason = holds ? `${events} events within ${spanWords(when.withinMs)}` : "";
  return { memory, hit: holds, counts: true, ends: null, fails: !holds, mine: true, reason, earlier };
}

/** Nearly always the newest. */
function inserted(stamps: readonly number[], atMs: number): number[] {
  let at = stamps.length;
  while (at > 0 && (stamps[at - 1] as number) > atMs) at--;
  return [...stamps.slice(0, at), atMs, ...stamps.slice(at)];
}

/** Without those up to `upToMs`. */
export function thresholdAfter(memory: ThresholdMemory, upToMs: number): ThresholdMemory {
  const counts = memory.counts && windowAfter(memory.counts, upToMs);
  return { ...memory, stamps: memory.stamps.filter((stamp) => stamp > upToMs), counts };
}

/** First ms at which there are too few again, if no more come. */
export function thresholdEndsMs({ stamps, counts }: ThresholdMemory, when: Threshold): number {
  if (counts !== null) return endsMs(counts, ({ all }) => all >= when.count);
  const oldest = stamps.at(-when.count);
  return oldest === undefined ? Number.NEGATIVE_INFINITY : oldest + when.withinMs + 1;
}

export function rewindThreshold(memory: ThresholdMemory, nowMs: number): ThresholdMemory {
  const counts = memory.counts && rewindWindow(memory.counts, nowMs);
  return { ...memory, stamps: memory.stamps.map((stamp) => Math.min(stamp, nowMs)), counts };
}
