/** Options as a caller may write them: an object with known names, one of several words, a list of texts. */
import { EventStoreError } from "../errors.ts";

/** @throws EventStoreError `EVT_INVALID_OPTION` for what is no object, or has a name that is not known. */
export function assertKnown(call: string, options: unknown, known: ReadonlySet<string>): void {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw invalid(`${call} takes an object of options`);
  const unknown = Object.keys(options).find((key) => !known.has(key));
  if (unknown !== undefined)
    throw invalid(`unknown option "${unknown}" of ${call}; known ones are ${[...known].join(", ")}`);
}

/** @throws EventStoreError `EVT_INVALID_OPTION` */
export function assertOneOf(name: string, value: unknown, words: readonly string[]): void {
  if (value === undefined || words.includes(value as string)) return;
  throw invalid(`${name} must be ${words.map((word) => `"${word}"`).join(" or ")}`);
}

/** @throws EventStoreError `EVT_INVALID_OPTION` */
export function assertTexts(name: string, value: unknown): asserts value is readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return;
  throw invalid(`${name} must be a list of texts`);
}

function invalid(message: string): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", message);
}
