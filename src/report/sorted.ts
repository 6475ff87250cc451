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
  const filled = lists.filter((list) => list.length > 0);
  if (filled.length === 1) return filled[0]!;
  // Typed arrays sort by value without asking back, many times as fast.
  const all = new Float64Array(filled.reduce((length, list) => length + list.length, 0));
  let at = 0;
  for (const list of filled) {
    all.set(list, at);
    at += list.length;
  }
  return all.sort();
}
