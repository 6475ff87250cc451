/**
 * Window: counts of the last `withinMs` in 60 buckets. What is older than the window is known to within a sixtieth.
 */
export interface Window {
  readonly widthMs: number;
  /** Number of the bucket since the epoch, and two counts; oldest first, at most 60. */
  readonly buckets: readonly (readonly [index: number, all: number, bad: number])[];
}

const BUCKETS = 60;

/** One more event; one older than the window is left out. A window of another length starts anew. */
export function countIn(window: Window, at: { atMs: number; withinMs: number; bad: boolean }): Window {
  const widthMs = Math.max(1, Math.ceil(at.withinMs / BUCKETS));
  const old = window.widthMs === widthMs ? window.buckets : [];
  const index = Math.floor(at.atMs / widthMs);
  const newest = Math.max(index, old.at(-1)?.[0] ?? index);
  const known = old.find(([i]) => i === index) ?? [index, 0, 0];
  const buckets = old.filter(([i]) => i !== index);
  buckets.push([index, known[1] + 1, known[2] + (at.bad ? 1 : 0)]);
  return {
    widthMs,
    buckets: buckets.filter(([i]) => i > newest - BUCKETS).sort((a, b) => a[0] - b[0]),
  };
}

export function sums({ buckets }: Window): { readonly all: number; readonly bad: number } {
  let all = 0;
  let bad = 0;
  for (const [, a, b] of buckets) {
    all += a;
    bad += b;
  }
  return { all, bad };
}

/** First ms at which `holds` is not true any more as buckets leave the window, if no more events come. */
export function endsMs({ widthMs, buckets }: Window, holds: (left: ReturnType<typeof sums>) => boolean): number {
  if (!holds(sums({ widthMs, buckets }))) return Number.NEGATIVE_INFINITY;
  const gone = buckets.findIndex((_, i) => !holds(sums({ widthMs, buckets: buckets.slice(i + 1) })));
  const leaving = buckets[gone];
  return leaving === undefined ? Number.POSITIVE_INFINITY : (leaving[0] + BUCKETS) * widthMs;
}

/** Without the events up to `upToMs`, and the rest of that instant's bucket. */
export function windowAfter(window: Window, upToMs: number): Window {
  const last = Math.floor(upToMs / window.widthMs);
  return { ...window, buckets: window.buckets.filter(([i]) => i > last) };
}

/** No bucket later than `nowMs`: the clock went back. */
export function rewindWindow(window: Window, nowMs: number): Window {
  const last = Math.floor(nowMs / window.widthMs);
  if ((window.buckets.at(-1)?.[0] ?? last) <= last) return window;
  const kept = window.buckets.filter(([i]) => i < last);
  const later = window.buckets.filter(([i]) => i >= last);
  const merged = later.reduce(([, all, bad], [, a, b]) => [last, all + a, bad + b] as const, [last, 0, 0] as const);
  return { ...window, buckets: [...kept, merged].slice(-BUCKETS) };
}

/** Middle of each bucket with its count of `bad` ones or of all. */
export function instantsOf(window: Window, which: "all" | "bad"): (readonly [number, number])[] {
  return window.buckets
    .map(([i, all, bad]) => [Math.floor((i + 0.5) * window.widthMs), which === "all" ? all : bad] as const)
    .filter(([, count]) => count > 0);
}
