/** What a caller asks for → the query a backend understands. Bad options are refused by name before anything is read. */
import type { ArchiveTarget, CountQuery, FindQuery } from "../backend/backend.ts";
import { EventStoreError } from "../errors.ts";
import { EVENT_FIELDS } from "../event/event.ts";
import { type Instant, instantOf } from "../event/instant.ts";
import type { ParseContext } from "../event/parse.ts";
import { parseSelector } from "../event/selector/parse.ts";
import { DateValue, type Node, type ParsedSelector, type Selector } from "../event/selector/selector.ts";
import { parseTimestamp } from "../event/timestamp.ts";
import { assertKnown, assertOneOf, assertTexts } from "./known.ts";
import { decodeCursor } from "./position.ts";

/** How naive timestamps are read. */
export type Zone = Pick<ParseContext, "naiveTimezone" | "zone">;

/** A point in time as a caller may give it. @since 0.1.0 */
export type TimeInput = Date | string | number;

/** @since 0.1.0 */
export interface FindOptions {
  /** @default {} (everything) */
  readonly selector?: Selector | undefined;
  /** Event time bounds, both inclusive. */
  readonly from?: TimeInput | undefined;
  readonly to?: TimeInput | undefined;
  /** Archived events too. @default false, or true when the selector names `archived` or `archived_at` */
  readonly includeArchived?: boolean | undefined;
  /** By event time, then id. @default "newest" */
  readonly order?: "newest" | "oldest" | undefined;
  /** `archived_at` lists archived events only. @default "event_timestamp" */
  readonly by?: "event_timestamp" | "archived_at" | undefined;
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
  /** From `EventCursor.cursor` of the same search. */
  readonly cursor?: string | undefined;
  /** Top-level fields to return. @default all */
  readonly fields?: readonly string[] | undefined;
  /** @default the store's `findTimeoutMs` */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @since 0.1.0 */
export type CountOptions = Pick<
  FindOptions,
  "selector" | "from" | "to" | "includeArchived" | "limit" | "timeoutMs" | "signal"
>;

/** Which events to archive: by id, or all older than an instant and/or accepted by a selector. @since 0.1.0 */
export interface ArchiveOptions {
  readonly ids?: readonly string[];
  readonly before?: TimeInput;
  readonly selector?: Selector;
  /** When they were archived, for events that come from another archive. @default now */
  readonly at?: TimeInput;
  /** Events per durable step. @default 1000 */
  readonly batchSize?: number;
  /** Most steps. @default unlimited */
  readonly maxBatches?: number;
}

const COUNT_OPTIONS = new Set(["selector", "from", "to", "includeArchived", "limit", "timeoutMs", "signal"]);
const FIND_OPTIONS = new Set([...COUNT_OPTIONS, "order", "by", "offset", "cursor", "fields"]);
const ARCHIVE_OPTIONS = new Set(["ids", "before", "selector", "at", "batchSize", "maxBatches"]);
const ORDERS = ["newest", "oldest"] as const;
const TIMES = ["event_timestamp", "archived_at"] as const;

export function countQuery(options: CountOptions, zone: Zone): CountQuery {
  assertKnown("count", options, COUNT_OPTIONS);
  return conditionOf(options, zone);
}

function conditionOf(options: CountOptions, zone: Zone): CountQuery {
  const selector = parseSelector(options.selector ?? {}, { naiveTimezone: zone.naiveTimezone });
  return {
    selector,
    from: options.from === undefined ? undefined : toInstant("from", options.from, zone),
    to: options.to === undefined ? undefined : toInstant("to", options.to, zone),
    archived: archivedFilter(options, selector),
    signal: options.signal,
    limit: wholeNumber("limit", options.limit),
  };
}

export function findQuery(options: FindOptions, zone: Zone): FindQuery {
  assertKnown("find", options, FIND_OPTIONS);
  assertOneOf("order", options.order, ORDERS);
  assertOneOf("by", options.by, TIMES);
  checkFields(options.fields);
  const scope = { by: options.by ?? "event_timestamp", order: options.order ?? "newest" } as const;
  const condition = conditionOf(options, zone);
  return {
    ...condition,
    ...scope,
    archived: scope.by === "archived_at" ? true : condition.archived,
    after: options.cursor === undefined ? undefined : decodeCursor(options.cursor, scope),
    skip: wholeNumber("offset", options.offset),
  };
}

/** Archived events are left out unless asked for, or the selector itself speaks of them. */
function archivedFilter(options: CountOptions, selector: ParsedSelector): boolean | undefined {
  const named = selector.fields.has("archived") || selector.fields.has("archived_at");
  return (options.includeArchived ?? named) ? undefined : false;
}

/** The steps of an archive call: slices of its ids, or one condition to repeat until nothing is left. */
export function archiveTargets(options: ArchiveOptions, batch: number, zone: Zone): ArchiveTarget[] {
  assertKnown("archive", options, ARCHIVE_OPTIONS);
  if (options.ids !== undefined) {
    assertTexts("ids", options.ids);
    const ids = [...new Set(options.ids)];
    const parts = Math.ceil(ids.length / batch);
    return Array.from({ length: parts }, (_, i) => ({ ids: ids.slice(i * batch, (i + 1) * batch) }));
  }
  const selector = parseSelector(options.selector ?? {}, { naiveTimezone: zone.naiveTimezone });
  if (options.before === undefined) {
    if (options.selector) return [{ selector }];
    throw new EventStoreError("EVT_INVALID_OPTION", "archive needs ids, before or selector");
  }
  const value = new DateValue(toInstant("before", options.before, zone));
  const older: Node = { op: "field", path: ["event_timestamp"], test: { op: "lt", value } };
  const fields = new Set([...selector.fields, "event_timestamp"]);
  return [{ selector: { root: { op: "and", children: [older, selector.root] }, fields } }];
}

export function toInstant(name: string, time: TimeInput, zone: Zone): Instant {
  if (time instanceof Date && !Number.isNaN(time.getTime())) return instantOf(time);
  const isText = typeof time === "string" || typeof time === "number";
  const parsed = isText ? parseTimestamp(time, zone.zone) : "not a valid date";
  if (typeof parsed !== "string") return parsed.instant;
  throw new EventStoreError("EVT_INVALID_OPTION", `${name}: ${parsed}`);
}

export function wholeNumber(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= 0)) return value;
  throw new EventStoreError("EVT_INVALID_OPTION", `${name} must be a whole number, 0 or more`);
}

function checkFields(fields: readonly string[] | undefined): void {
  if (fields !== undefined) assertTexts("fields", fields);
  const known = new Set<string>([...EVENT_FIELDS, "received_at", "skew_ms"]);
  const unknown = fields?.find((field) => !known.has(field));
  if (unknown !== undefined)
    throw new EventStoreError("EVT_INVALID_OPTION", `fields: an event has no field "${unknown}"`);
}
