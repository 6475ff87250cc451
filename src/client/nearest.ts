/** The option somebody probably meant: same letters in another notation, a part of it, or a slip of the fingers. */
import { nearestWithin } from "../event/nearest.ts";

/** @param known names as they are documented */
export function nearestOption(given: string, known: readonly string[]): string | undefined {
  const word = bare(given);
  const same = known.find((name) => bare(name) === word);
  if (same !== undefined) return same;
  const near = nearestWithin(word, known.map(bare), Math.max(1, Math.floor(word.length / 4)));
  if (near !== undefined) return known.find((name) => bare(name) === near);
  return word.length < 3 ? undefined : known.find((name) => bare(name).includes(word) || word.includes(bare(name)));
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}
