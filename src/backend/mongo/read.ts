/**
 * readDocument: any document of the collection → an event with every field valid. Never throws.
 *
 * Our own documents need no repair. MADSci's have fewer fields and other notations, which is no repair either. A field no
 * event can have (`event_type: 5`, `source: null`, a timestamp that is none) becomes its default or the nearest sensible
 * value, and the document counts as repaired.
 *
 * A document's instant is its `ts`; else its timestamp's; else the time in its ULID; else 1970.
 */
import type { Event, Source, StoredEvent } from "../../event/event.ts";
import { SOURCE_FIELDS } from "../../event/event.ts";
import { canonicalType } from "../../event/event-types.ts";
import { isUlid } from "../../event/id.ts";
import { formatInstant, type Instant, instantOf } from "../../event/instant.ts";
import { type Json, parseJson } from "../../event/json.ts";
import { LEVEL, parseLevel } from "../../event/levels.ts";
import { parseBool } from "../../event/parse.ts";
import { parseTimestamp, type Timestamp } from "../../event/timestamp.ts";
import type { ZoneReader } from "../../event/zone.ts";
import { OPAQUE_FIELD } from "./document.ts";
import { type Bson, toJson } from "./payload.ts";

/** A document as the driver returns it. */
export type RawDocument = Record<string, unknown>;

export interface ReadEvent {
  readonly event: StoredEvent;
  readonly instant: Instant;
  /** Instant of archiving; undefined where there is none. */
  readonly archivedAt: Instant | undefined;
  /** Fields that had to be repaired. */
  readonly repaired: readonly string[];
}

/** @param zone of timestamps without offset in documents without `ts` */
export function readDocument(doc: RawDocument, zone: ZoneReader): ReadEvent {
  const repaired: string[] = [];
  const id = idOf(doc._id);
  const ts = instantOfTs(doc.ts);
  const time = timeOf(doc.event_timestamp, zone) ?? ownTime(doc, ts, id, repaired);
  const archivedAt = archivedAtOf(doc.archived_at, repaired);
  const event: StoredEvent = {
    _id: id,
    event_type: typeOf(doc.event_type, repaired),
    log_level: levelOf(doc.log_level, repaired),
    alert: boolOf("alert", doc.alert, repaired),
    event_timestamp: time.text,
    source: sourceOf(doc.source, repaired),
    event_data: dataOf(doc, repaired),
    trace_id: textOf("trace_id", doc.trace_id, repaired),
    span_id: textOf("span_id", doc.span_id, repaired),
    archived: boolOf("archived", doc.archived, repaired),
    archived_at: archivedAt === undefined ? null : formatInstant(archivedAt),
    received_at: isDate(doc.received_at) ? formatInstant(instantOf(doc.received_at)) : null,
    skew_ms: typeof doc.skew_ms === "number" ? doc.skew_ms : null,
  };
  return { event, instant: ts ?? time.instant, archivedAt, repaired };
}

/** An id as text: object ids as hex digits. */
export function idOf(id: unknown): string {
  if (typeof id === "string") return id;
  const plain = toJson(id);
  return typeof plain === "string" ? plain : String(plain);
}

/** `ts` of a document of ours; undefined for any other value. */
export function instantOfTs(ts: unknown): Instant | undefined {
  if (typeof ts === "number") return Number.isFinite(ts) ? BigInt(Math.trunc(ts)) : undefined;
  if (typeof ts === "object" && ts !== null && (ts as Bson)._bsontype === "Long") return BigInt(String(ts));
  return typeof ts === "bigint" ? ts : undefined;
}

/** The instant of a stored `archived_at`; text without offset is UTC, as MADSci's server writes it. */
export function archivedInstant(value: unknown): Instant | undefined {
  if (isDate(value)) return instantOf(value);
  if (typeof value !== "string") return undefined;
  const time = parseTimestamp(value, (wallMs) => wallMs);
  return typeof time === "string" ? undefined : time.instant;
}

function isDate(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime());
}

function timeOf(value: unknown, zone: ZoneReader): Timestamp | undefined {
  if (typeof value === "string" || typeof value === "number") {
    const time = parseTimestamp(value, zone);
    return typeof time === "string" ? undefined : time;
  }
  if (!isDate(value) || !isYear(value.getUTCFullYear())) return undefined;
  return at(instantOf(value));
}

function isYear(year: number): boolean {
  return year >= 1 && year <= 9999;
}

/** The time of a document whose timestamp is unreadable. */
function ownTime(doc: RawDocument, ts: Instant | undefined, id: string, repaired: string[]): Timestamp {
  repaired.push("event_timestamp");
  return at(ts ?? dayOf(doc.event_timestamp) ?? (isUlid(id) ? ulidInstant(id) : 0n));
}

function at(instant: Instant): Timestamp {
  return { text: formatInstant(instant), instant };
}

/** A day that does not exist (29 February) → the last one before it. */
function dayOf(value: unknown): Instant | undefined {
  const match = typeof value === "string" ? /^(\d{4}-\d\d-)(?:29|3[01])T\d\d:\d\d:\d\d/.exec(value) : null;
  if (!match) return undefined;
  const time = parseTimestamp(`${match[1]}28T23:59:59.999999Z`, (wallMs) => wallMs);
  return typeof time === "string" ? undefined : time.instant;
}

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The milliseconds in the first ten characters of a ULID. */
function ulidInstant(id: string): Instant {
  let ms = 0;
  for (const letter of id.slice(0, 10)) ms = ms * 32 + CROCKFORD.indexOf(letter);
  return isYear(new Date(ms).getUTCFullYear()) ? BigInt(ms) * 1000n : 0n;
}

function typeOf(value: unknown, repaired: string[]): string {
  if (typeof value === "string" && value !== "") return canonicalType(value);
  repaired.push("event_type");
  return "unknown";
}

/** A level between two is the lower of them. */
function levelOf(value: unknown, repaired: string[]): Event["log_level"] {
  const level = parseLevel(value);
  if (level !== undefined) return level;
  repaired.push("log_level");
  if (typeof value !== "number" || !Number.isFinite(value)) return LEVEL.INFO;
  return Object.values(LEVEL).findLast((known) => known <= value) ?? LEVEL.NOTSET;
}

function boolOf(name: string, value: unknown, repaired: string[]): boolean {
  if (typeof value === "boolean") return value;
  if (value === undefined || value === null) return false;
  repaired.push(name);
  return parseBool(value) ?? false;
}

function sourceOf(value: unknown, repaired: string[]): Source {
  const source: Record<string, string> = {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    if (value !== undefined) repaired.push("source");
    return source;
  }
  for (const field of SOURCE_FIELDS) {
    const id = (value as Record<string, unknown>)[field];
    if (typeof id === "string" && isUlid(id)) source[field] = id;
    else if (id !== undefined && id !== null) repaired.push(`source.${field}`);
  }
  return source;
}

function dataOf(doc: RawDocument, repaired: string[]): Json {
  const text = doc[OPAQUE_FIELD];
  if (typeof text !== "string") return doc.event_data === undefined ? {} : toJson(doc.event_data);
  try {
    return parseJson(text);
  } catch {
    repaired.push("event_data");
    return {};
  }
}

function textOf(name: string, value: unknown, repaired: string[]): string | null {
  if (typeof value === "string") return value;
  if (value !== undefined && value !== null) repaired.push(name);
  return null;
}

function archivedAtOf(value: unknown, repaired: string[]): Instant | undefined {
  const instant = archivedInstant(value);
  if (instant === undefined && value !== undefined && value !== null) repaired.push("archived_at");
  return instant;
}
