/**
 * Map modules: a function of the user's own that has the last word on an event.
 *
 * Whatever it answers or throws, an event or a problem comes out. A field of its answer that does not fit stays as it
 * was mapped, and so do type, level and time where the answer has none, because a store would make them up.
 */
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { EventStoreError } from "../errors.ts";
import type { EventInput } from "../event/event.ts";
import { SOURCE_FIELDS } from "../event/event.ts";
import { readTraceId, readType, readUlid } from "../event/line-field.ts";
import { fieldLevel, levelTable } from "../event/line-level.ts";
import { timeText } from "../event/line-time.ts";
import { plain } from "../event/line-value.ts";
import { parseBool } from "../event/parse.ts";

/**
 * The default export of a map module: an event for the event given, `null` to drop it on purpose, `undefined` to leave
 * it as it was. `line` is what the line parsed to, or its text.
 * @since 0.1.0
 */
export type MapModule = (event: EventInput, line: unknown) => EventInput | null | undefined;

/**
 * Loads a map module by its absolute path or `file:` URL.
 * @throws EventStoreError `EVT_INVALID_OPTION` when it cannot be loaded or its default export is no function.
 * @since 0.1.0
 */
export async function loadMapModule(path: string): Promise<MapModule> {
  const isUrl = typeof path === "string" && path.startsWith("file:");
  if (!isUrl && !isAbsolute(path)) throw invalid("must be an absolute path or a file: URL");
  let loaded: { default?: unknown };
  try {
    loaded = await import(isUrl ? path : pathToFileURL(path).href);
  } catch (error) {
    throw invalid(`cannot be loaded: ${reasonOf(error)}`, error);
  }
  const found = unwrapped(loaded);
  if (typeof found !== "function") throw invalid("must have a function as its default export");
  return found as MapModule;
}

/** CommonJS and transpiled modules wrap their default export once more. */
function unwrapped(loaded: unknown): unknown {
  let found = loaded;
  for (let level = 0; level < 3 && typeof found === "object" && found !== null; level++)
    found = (found as { default?: unknown }).default;
  return found;
}

/** What came of asking a module: a plain copy of its answer, `null`, `undefined`, or why there is none. */
export type Answer = { readonly given: Answered | null | undefined } | { readonly problem: string };
/** Plain JSON under any keys. */
export type Answered = Readonly<Record<string, unknown>>;

/** Never throws. */
export function askModule(module: MapModule, event: EventInput, line: unknown): Answer {
  try {
    const answer: unknown = module(event, line);
    if (answer === null || answer === undefined) return { given: answer };
    if (answer instanceof Error) return { problem: `mapModule answered an error: ${answer.message}` };
    if (isPromise(answer)) return { problem: "mapModule answered a promise; it must answer at once" };
    const given = typeof answer === "object" ? plain(answer) : undefined;
    if (typeof given === "object" && given !== null && !Array.isArray(given)) return { given: given as Answered };
    return { problem: "mapModule must answer an event, null or undefined" };
  } catch (error) {
    return { problem: `mapModule failed: ${reasonOf(error)}` };
  }
}

/** Also takes charge of a rejection, which would end the process. */
function isPromise(answer: unknown): boolean {
  if (typeof (answer as { then?: unknown }).then !== "function") return false;
  Promise.resolve(answer).catch(() => {});
  return true;
}

const NO_LEVELS = levelTable();
const READERS = {
  event_type: readType,
  log_level: (value: unknown) => fieldLevel(value, NO_LEVELS),
  alert: parseBool,
  event_timestamp: timeText,
  source: sourceOf,
  trace_id: readTraceId,
  span_id: readTraceId,
} as const;
const REQUIRED: readonly string[] = ["event_type", "log_level", "event_timestamp"];

/** The event an answer means, and the names of fields that did not fit; `mapped` says what the event was before. */
export function eventOf(given: Answered, id: string, mapped: () => EventInput) {
  const unfit: string[] = [];
  const event: Record<string, unknown> = { _id: readUlid(given._id) ?? readUlid(given.event_id) ?? id };
  for (const [field, read] of Object.entries(READERS)) {
    const value = given[field] ?? undefined;
    const fit = value === undefined ? undefined : read(value);
    if (value !== undefined && fit === undefined) unfit.push(field);
    const kept = fit === undefined && (value !== undefined || REQUIRED.includes(field));
    const chosen = kept ? mapped()[field as keyof EventInput] : fit;
    if (chosen !== undefined) event[field] = chosen;
  }
  event.event_data = dataOf(given.event_data);
  return { event: event as EventInput, unfit };
}

function sourceOf(value: unknown): Record<string, string> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const source: Record<string, string> = {};
  for (const field of SOURCE_FIELDS) {
    const given = (value as Answered)[field] ?? undefined;
    const id = readUlid(given);
    if (given !== undefined && id === undefined) return undefined;
    if (id !== undefined) source[field] = id;
  }
  return source;
}

/** Where an event stood must have a place in it, so anything but an object is put into one. */
function dataOf(value: unknown): Record<string, unknown> {
  if (value === undefined) return {};
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : { value };
}

/** Never throws either: a module may throw what cannot be written. */
function reasonOf(error: unknown): string {
  try {
    return (error instanceof Error ? error.message : String(error)).slice(0, 500);
  } catch {
    return "an error that cannot be read";
  }
}

function invalid(what: string, cause?: unknown): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", `mapModule ${what}`, { cause });
}
