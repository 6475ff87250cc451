/**
 * Intervals: half-open spans of time, and lists of them. The one algebra every report is made of.
 *
 * A list (`Spans`) is in order: its intervals do not touch and none is empty. It is a view of pairs of numbers, sixteen bytes
 * for each interval; what is cut out of it is another view of the same. Each function passes over its lists once; `cut` finds
 * its place by halving.
 */
import type { Interval, Micros, Spans } from "./types.ts";

const EVER: Interval = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };

/** Numbers from one pair up to another, cut to a window that each of them meets. */
class Pairs implements Spans {
  readonly length: number;
  readonly #numbers: ArrayLike<Micros>;
  readonly #from: number;
  readonly #start: Micros;
  readonly #end: Micros;

  constructor(numbers: ArrayLike<Micros>, from: number, length: number, { start, end }: Interval) {
    this.#numbers = numbers;
    this.#from = from;
    this.length = length;
    this.#start = start;
    this.#end = end;
  }

  start(index: number): Micros {
    return Math.max(this.#numbers[2 * (this.#from + index)]!, this.#start);
  }

  end(index: number): Micros {
    return Math.min(this.#numbers[2 * (this.#from + index) + 1]!, this.#end);
  }

  cut(window: Interval): Spans {
    if (window.end <= window.start) return NOTHING;
    const first = this.#until((index) => this.end(index) <= window.start, 0);
    const after = this.#until((index) => this.start(index) < window.end, first);
    if (first === after) return NOTHING;
    if (after - first === this.length && this.start(0) >= window.start && this.end(after - 1) <= window.end)
      return this;
    const [start, end] = [Math.max(window.start, this.#start), Math.min(window.end, this.#end)];
    return new Pairs(this.#numbers, this.#from + first, after - first, { start, end });
  }

  *[Symbol.iterator](): Generator<Interval> {
    for (let i = 0; i < this.length; i++) yield { start: this.start(i), end: this.end(i) };
  }

  /** Index of the first pair, `low` or later, that is not `before`. */
  #until(before: (index: number) => boolean, low: number): number {
    let [from, to] = [low, this.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (before(middle)) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

const NOTHING: Spans = new Pairs([], 0, 0, EVER);

/** What pairs of start and end cover, in whatever order; those that are a list as they stand are kept and must not change. */
export function spansOf(pairs: readonly Micros[]): Spans {
  if (pairs.length === 0) return NOTHING;
  const numbers = isList(pairs) ? pairs : united(pairs);
  return new Pairs(numbers, 0, numbers.length / 2, EVER);
}

/** What any of `intervals` covers; they may come in any order, overlap, touch, or be empty. */
export function union(intervals: readonly Interval[]): Spans {
  const pairs: Micros[] = [];
  for (const { start, end } of intervals) pairs.push(start, end);
  return spansOf(pairs);
}

/** What any of `lists` covers. */
export function unionOf(lists: readonly Spans[]): Spans {
  const [only = NOTHING, ...more] = lists.filter(({ length }) => length > 0);
  if (more.length === 0) return only;
  const pairs: Micros[] = [];
  for (const list of lists) for (let i = 0; i < list.length; i++) pairs.push(list.start(i), list.end(i));
  return spansOf(pairs);
}

/** Adds an interval to pairs: joined with the last ones where they meet, so that pairs added in order of their ends are a list. */
export function join(pairs: Micros[], start: Micros, end: Micros): void {
  let [from, to] = [start, end];
  for (let last = pairs.length - 1; last > 0 && pairs[last]! >= from && pairs[last - 1]! <= to; last -= 2) {
    to = Math.max(to, pairs.pop()!);
    from = Math.min(from, pairs.pop()!);
  }
  pairs.push(from, to);
}

function isList(pairs: readonly Micros[]): boolean {
  for (let i = 0, reached = Number.NEGATIVE_INFINITY; i < pairs.length; i += 2) {
    if (pairs[i + 1]! <= pairs[i]! || (i > 0 && pairs[i]! <= reached)) return false;
    reached = pairs[i + 1]!;
  }
  return true;
}

/** Starts and ends are put in order apart: the intervals so begun are all over where as many have ended. */
function united(pairs: readonly Micros[]): Micros[] {
  const [starts, ends] = [new Float64Array(pairs.length / 2), new Float64Array(pairs.length / 2)];
  let count = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i + 1]! <= pairs[i]!) continue;
    starts[count] = pairs[i]!;
    ends[count++] = pairs[i + 1]!;
  }
  starts.subarray(0, count).sort();
  ends.subarray(0, count).sort();
  const merged: Micros[] = [];
  for (let i = 0, first = 0; i < count; i++) {
    if (i + 1 < count && starts[i + 1]! <= ends[i]!) continue;
    merged.push(starts[first]!, ends[i]!);
    first = i + 1;
  }
  return merged;
}

/** The part of `spans` within `window`. */
export function cut(spans: Spans, window: Interval): Spans {
  return spans.cut(window);
}

/** What both cover. */
export function intersect(a: Spans, b: Spans): Spans {
  if (b.length === 1) return a.cut({ start: b.start(0), end: b.end(0) });
  const common: Micros[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const start = Math.max(a.start(i), b.start(j));
    const end = Math.min(a.end(i), b.end(j));
    if (start < end) common.push(start, end);
    if (a.end(i) <= b.end(j)) i++;
    else j++;
  }
  return spansOf(common);
}

/** What `a` covers and `b` does not. */
export function subtract(a: Spans, b: Spans): Spans {
  const rest: Micros[] = [];
  let j = 0;
  for (let i = 0; i < a.length; i++) {
    const [start, end] = [a.start(i), a.end(i)];
    while (j < b.length && b.end(j) <= start) j++;
    let reached = start;
    for (let k = j; k < b.length && b.start(k) < end; k++) {
      if (b.start(k) > reached) rest.push(reached, b.start(k));
      reached = b.end(k);
      // The next of `a` may lie under this one too, but under none before it.
      j = k;
    }
    if (reached < end) rest.push(reached, end);
  }
  return spansOf(rest);
}

/** Length of all of a list together. */
export function total(spans: Spans): Micros {
  let sum = 0;
  for (let i = 0; i < spans.length; i++) sum += spans.end(i) - spans.start(i);
  return sum;
}
