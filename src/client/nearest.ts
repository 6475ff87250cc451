/** The option somebody probably meant: same letters in another notation, a part of it, or a slip of the fingers. */

/** @param known names as they are documented */
export function nearestOption(given: string, known: readonly string[]): string | undefined {
  const word = bare(given);
  const same = known.find((name) => bare(name) === word);
  if (same !== undefined) return same;
  const near = known.map((name) => [distance(word, bare(name)), name] as const).sort(([a], [b]) => a - b)[0];
  if (near !== undefined && near[0] <= Math.max(1, Math.floor(word.length / 4))) return near[1];
  return word.length < 3 ? undefined : known.find((name) => bare(name).includes(word) || word.includes(bare(name)));
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** Insertions, deletions and replacements that lead from `a` to `b` (Levenshtein). */
function distance(a: string, b: string): number {
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    last = row;
  }
  return last[b.length] ?? 0;
}
