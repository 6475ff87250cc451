/**
 * Grep: does any text in an event's data hold what a person looks for?
 *
 * It looks at the message and every other key and value of `event_data`, each on its own and as `key=value`. MongoDB's language has no words
 * for "any value", so this runs here, over what the other conditions select. Patterns run in linear time, as everywhere.
 */
import type { StoredEvent } from "../event/event.ts";
import { parseSelector } from "../event/selector/parse.ts";
import { compileRegex } from "../event/selector/regex.ts";
import { usageError } from "./exit.ts";

/** Whether an event is wanted. */
export type Accepts = (event: Pick<StoredEvent, "event_data">) => boolean;

const PATTERN = /^\/(.+)\/([a-z]*)$/s;

/**
 * @param wanted text in any case, or `/pattern/flags` (RE2 syntax; flags i, m and s)
 * @throws EventStoreError `EVT_INVALID_OPTION`, `EVT_INVALID_SELECTOR`
 */
export function grep(wanted: string): Accepts {
  if (wanted === "") throw usageError("--grep takes the text to look for, or /pattern/");
  const pattern = PATTERN.exec(wanted);
  const holds = pattern ? patternTest(pattern[1] as string, pattern[2] as string) : textTest(wanted);
  return (event) => someText(event.event_data, holds);
}

type TextTest = (text: string) => boolean;

function textTest(wanted: string): TextTest {
  const needle = wanted.toLowerCase();
  return (text) => text.toLowerCase().includes(needle);
}

/** Through the guard of selectors, for its limits and its words. */
function patternTest($regex: string, $options: string): TextTest {
  const { root } = parseSelector({ event_data: { $regex, $options } });
  const regex = root.op === "field" && root.test.op === "regex" ? root.test.regex : undefined;
  if (regex === undefined) throw new TypeError("a selector with one pattern became something else");
  return compileRegex(regex);
}

/** Keys, values, and both as rows show them: `key=value`. An event's data is at most 32 levels deep. */
function someText(value: unknown, holds: TextTest): boolean {
  if (typeof value !== "object" || value === null) return value !== undefined && holds(String(value));
  if (Array.isArray(value)) return value.some((item) => someText(item, holds));
  return Object.entries(value).some(
    ([key, item]) => holds(key) || someText(item, holds) || (typeof item !== "object" && holds(`${key}=${item}`)),
  );
}
