/** The known name a mistyped one probably meant. */

/** The candidate nearest to `word`, if it is near enough to be a slip of the fingers. */
export function nearestName(word: string, candidates: Iterable<string>): string | undefined {
  const bound = word.length >= 8 ? 2 : word.length >= 4 ? 1 : 0;
  return nearestWithin(word, candidates, bound);
}

/** The candidate nearest to `word` within `bound` edits. */
export function nearestWithin(word: string, candidates: Iterable<string>, bound: number): string | undefined {
  let best: string | undefined;
  let least = bound + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word, candidate);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from `a` to `b` (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(at(row, j), at(beforeLast, j - 2) + 1);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
