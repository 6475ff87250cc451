/** The known word a mistyped one probably meant, for "did you mean". */
import { nearestWithin } from "../event/nearest.ts";

/** Longer ones are not words; the work grows with the length. */
const MAX_LENGTH = 64;

/** The known word within two edits (one for short words), as `; did you mean …?`, or an empty text. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const found = nearestWord(word, known);
  return found === undefined ? "" : `; did you mean ${found}?`;
}

/** Whatever the case of the letters. */
export function nearestWord(word: string, known: Iterable<string>): string | undefined {
  if (word.length > MAX_LENGTH) return undefined;
  const byLower = new Map([...known].map((name) => [name.toLowerCase(), name]));
  const found = nearestWithin(word.toLowerCase(), byLower.keys(), word.length >= 8 ? 2 : word.length >= 3 ? 1 : 0);
  return found === undefined ? undefined : byLower.get(found);
}
