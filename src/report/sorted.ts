/** Sorted lists: finding a place in one, and making one of several. */

/** How many of `items` come before the first that is not `before`; those that are must come first. Found by halving. */
export function countUntil<T>(items: ArrayLike<T>, before: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(items[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The numbers of all lists in order; each list is in order by itself. */
export function mergeNumbers(lists: readonly (readonly number[])[]): ArrayLike<number> {
  const [a, b, ...more] = lists.filter((list) => list.length > 0);
  if (a === undefined || b === undefined) return a ?? [];
  // Typed arrays sort by value without asking back, many times as fast.
  return more.length === 0 ? mergedPair(a, b) : Float64Array.from([a, b, ...more].flat()).sort();
}

function mergedPair(a: readonly number[], b: readonly number[]): Float64Array {
  const merged = new Float64Array(a.length + b.length);
  let [i, j] = [0, 0];
  for (let k = 0; k < merged.length; k++) {
    const next = j >= b.length || (i < a.length && a[i]! <= b[j]!) ? a[i++] : b[j++];
    merged[k] = next!;
  }
  return merged;
}
