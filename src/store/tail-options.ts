/** What a caller asks of a tail → the checked form it works with. */
import { EventStoreError } from "../errors.ts";
import type { ParseContext } from "../event/parse.ts";
import { compileMatcher, type EventMatcher } from "../event/selector/matches.ts";
import { parseSelector } from "../event/selector/parse.ts";
import type { ParsedSelector, Selector } from "../event/selector/selector.ts";
import { assertKnown } from "./known.ts";

/** @since 0.1.0 */
export interface TailOptions {
  /** Go on right behind this arrival (an item's `cursor`): nothing missed, nothing repeated. @default from now on */
  readonly cursor?: string | undefined;
  /** First the last so many matching events, by event time, oldest of them first; 0 to 10 000, not with `cursor`. @default 0 */
  readonly backfill?: number | undefined;
  /** Archived events among those of `backfill`. @default false, or true when the selector names `archived` */
  readonly includeArchived?: boolean | undefined;
  /** A consumer that falls further behind loses events, counted and told as a gap; 1 to 100 000. @default 1000 */
  readonly maxQueuedEvents?: number | undefined;
  /** Ends the tail. */
  readonly signal?: AbortSignal | undefined;
}

/** A tail's order, checked. */
export interface TailSpec {
  readonly selector: ParsedSelector;
  readonly matches: EventMatcher;
  readonly cursor: string | undefined;
  readonly backfill: number;
  /** As in FindQuery, for the backfill. */
  readonly archived: false | undefined;
  readonly maxQueuedEvents: number;
  readonly signal: AbortSignal | undefined;
}

const TAIL_OPTIONS = new Set(["cursor", "backfill", "includeArchived", "maxQueuedEvents", "signal"]);
const MAX_BACKFILL = 10_000;
const MAX_QUEUED = 100_000;
const DEFAULT_QUEUED = 1000;
/** Unreserved characters of a URL; what a backend's cursors are made of. */
const CURSOR = /^[\w.~-]{1,4096}$/;

/** @throws EventStoreError `EVT_INVALID_SELECTOR`, `EVT_INVALID_OPTION` naming the option. */
export function tailSpec(selector: Selector, options: TailOptions, context: ParseContext): TailSpec {
  assertKnown("tail", options, TAIL_OPTIONS);
  const { cursor, signal, includeArchived } = options;
  // Checked before anything is registered: a tail that cannot be made must leave no trace.
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalid("signal must be an AbortSignal, such as that of an AbortController");
  if (includeArchived !== undefined && typeof includeArchived !== "boolean")
    throw invalid("includeArchived must be true or false");
  const parsed = parseSelector(selector, { naiveTimezone: context.naiveTimezone });
  if (cursor !== undefined && !(typeof cursor === "string" && CURSOR.test(cursor)))
    throw invalid("cursor: not a cursor of a tail; give back one as it came, or none to begin now");
  const backfill = numberIn("backfill", options.backfill, [0, MAX_BACKFILL]) ?? 0;
  if (cursor !== undefined && backfill > 0) throw invalid("backfill and cursor do not go together; leave out one");
  const named = parsed.fields.has("archived") || parsed.fields.has("archived_at");
  return {
    selector: parsed,
    matches: compileMatcher(parsed, context.zone),
    cursor,
    backfill,
    archived: (includeArchived ?? named) ? undefined : false,
    maxQueuedEvents: numberIn("maxQueuedEvents", options.maxQueuedEvents, [1, MAX_QUEUED]) ?? DEFAULT_QUEUED,
    signal,
  };
}

function numberIn(name: string, value: number | undefined, [least, most]: readonly [number, number]) {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return value;
  throw invalid(`${name} must be a whole number from ${least} to ${most}`);
}

function invalid(message: string): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", message);
}
