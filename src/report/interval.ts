/**
 * Intervals: half-open spans of time, and lists of them. The one algebra every report is made of.
 *
 * A list is *sorted* when its intervals come in order, do not touch and none is empty: the form every function here returns,
 * and, but for `union`, expects. Each passes over its lists once; `cut` finds its place by halving.
 */
import type { Interval, Micros } from "./types.ts";

/** What any of `intervals` covers; they may come in any order, overlap, touch, or be empty. */
export function union(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  let last: Interval | undefined;
  for (const next of inOrder(intervals)) {
    if (next.end <= next.start) continue;
    if (last === undefined || next.start > last.end) merged.push(next);
    else if (next.end > last.end) merged[merged.length - 1] = { start: last.start, end: next.end };
    last = merged[merged.length - 1];
  }
  return merged;
}

/** Sorts only where it must: most lists come in order of time. */
function inOrder(intervals: readonly Interval[]): readonly Interval[] {
  for (let i = 1; i < intervals.length; i++) {
    if (intervals[i]!.start < intervals[i - 1]!.start) return [...intervals].sort((a, b) => a.start - b.start);
  }
  return intervals;
}

/** The part of sorted `intervals` within `window`. */
export function cut(intervals: readonly Interval[], window: Interval): Interval[] {
  const parts: Interval[] = [];
  if (window.end <= window.start) return parts;
  for (let i = firstEndingAfter(intervals, window.start); i < intervals.length; i++) {
    const next = intervals[i]!;
    if (next.start >= window.end) break;
    const whole = next.start >= window.start && next.end <= window.end;
    parts.push(whole ? next : { start: Math.max(next.start, window.start), end: Math.min(next.end, window.end) });
  }
  return parts;
}

function firstEndingAfter(intervals: readonly Interval[], instant: Micros): number {
  let low = 0;
  let high = intervals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (intervals[middle]!.end <= instant) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What both sorted lists cover. */
export function intersect(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const common: Interval[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [left, right] = [a[i]!, b[j]!];
    const start = Math.max(left.start, right.start);
    const end = Math.min(left.end, right.end);
    if (start < end) common.push({ start, end });
    if (left.end <= right.end) i++;
    else j++;
  }
  return common;
}

/** What sorted `a` covers and sorted `b` does not. */
export function subtract(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const rest: Interval[] = [];
  let j = 0;
  for (const { start, end } of a) {
    while (j < b.length && b[j]!.end <= start) j++;
    let reached = start;
    for (let k = j; k < b.length && b[k]!.start < end; k++) {
      if (b[k]!.start > reached) rest.push({ start: reached, end: b[k]!.start });
      reached = b[k]!.end;
      // The next of `a` may lie under this one too, but under none before it.
      j = k;
    }
    if (reached < end) rest.push({ start: reached, end });
  }
  return rest;
}

/** Length of all of a sorted list together. */
export function total(intervals: readonly Interval[]): Micros {
  let sum = 0;
  for (const { start, end } of intervals) sum += end - start;
  return sum;
}
