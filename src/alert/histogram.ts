/**
 * Histogram: how many events when, over a life of unknown length, in a bounded number of bins.
 *
 * When an event falls behind the last bin, pairs of bins become one of twice the width. A sparkline is cut from it
 * later; its sum is always the number of events.
 */
export interface Histogram {
  readonly startMs: number;
  readonly widthMs: number;
  readonly counts: readonly number[];
}

const BINS = 96;
const FIRST_WIDTH_MS = 250;
const SPARKS = 12;

export function startHistogram(atMs: number): Histogram {
  return { startMs: atMs, widthMs: FIRST_WIDTH_MS, counts: [] };
}

/** An event before the start counts in the first bin. */
export function addTo(histogram: Histogram, atMs: number, events: number): Histogram {
  let { widthMs } = histogram;
  let counts = [...histogram.counts];
  while (atMs - histogram.startMs >= BINS * widthMs) {
    counts = pairs(counts);
    widthMs *= 2;
  }
  const bin = Math.max(0, Math.floor((atMs - histogram.startMs) / widthMs));
  while (counts.length <= bin) counts.push(0);
  counts[bin] = (counts[bin] as number) + events;
  return { startMs: histogram.startMs, widthMs, counts };
}

function pairs(counts: readonly number[]): number[] {
  const half: number[] = [];
  for (let i = 0; i < counts.length; i += 2) half.push((counts[i] ?? 0) + (counts[i + 1] ?? 0));
  return half;
}

/** Twelve counts over `fromMs` … `toMs`. */
export function sparkline({ startMs, widthMs, counts }: Histogram, fromMs: number, toMs: number): number[] {
  const sparks = new Array<number>(SPARKS).fill(0);
  const lifeMs = Math.max(1, toMs - fromMs);
  counts.forEach((count, bin) => {
    const middle = startMs + (bin + 0.5) * widthMs;
    const spark = Math.floor(((middle - fromMs) / lifeMs) * SPARKS);
    const index = Math.min(SPARKS - 1, Math.max(0, spark));
    sparks[index] = (sparks[index] as number) + count;
  });
  return sparks;
}
