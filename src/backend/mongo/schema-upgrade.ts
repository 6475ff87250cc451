/**
 * A document of MADSci 0.6 or 0.7 → what to set in it so that it is one of ours.
 *
 * `ts` says that a document reads exactly as it stands, which is what searches rely on. So it is given only where every
 * field already is what the reader makes of it; the fields MADSci 0.6 did not have are filled in with 0.7's defaults.
 * Any other document stays another program's and is read as before. In both, text in `archived_at` becomes a date and
 * an old name of an event type today's: MADSci's server reads either.
 *
 * `received_at` becomes the time in the ULID, which is where such an event stands among the arrivals anyway.
 */
import { canonicalType } from "../../event/event-types.ts";
import { isUlid, timeOfId } from "../../event/id.ts";
import { toMs } from "../../event/instant.ts";
import type { Json } from "../../event/json.ts";
import type { ZoneReader } from "../../event/zone.ts";
import { shapeOf, toJson } from "./payload.ts";
import { archivedInstant, instantOfTs, type RawDocument, readDocument } from "./read.ts";

/** Fields MADSci 0.6 did not write, and the two that tell an arrival. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  alert: false,
  trace_id: null,
  span_id: null,
  archived: false,
  archived_at: null,
};
/** Fields that must read as they stand. */
const FIELDS = ["event_type", "log_level", "alert", "event_timestamp", "source", "event_data", "trace_id", "span_id"];

/** Fields to set; undefined where there is nothing to do. @param zone of timestamps without offset */
export function upgrade(doc: RawDocument, zone: ZoneReader): RawDocument | undefined {
  const set = renamed(doc);
  if (instantOfTs(doc.ts) === undefined) Object.assign(set, derived({ ...doc, ...set }, zone));
  return Object.keys(set).length > 0 ? set : undefined;
}

/** What changes in every document. */
function renamed({ event_type, archived_at }: RawDocument): RawDocument {
  const set: RawDocument = {};
  if (typeof event_type === "string" && canonicalType(event_type) !== event_type) {
    set.event_type = canonicalType(event_type);
  }
  const instant = typeof archived_at === "string" ? archivedInstant(archived_at) : undefined;
  if (instant !== undefined) set.archived_at = new Date(toMs(instant));
  return set;
}

/** What makes it one of ours; nothing where it does not read as it stands. */
function derived(doc: RawDocument, zone: ZoneReader): RawDocument {
  const missing = Object.entries(DEFAULTS).filter(([name]) => doc[name] === undefined);
  const filled: RawDocument = { ...doc, ...Object.fromEntries(missing) };
  const { event, instant, repaired } = readDocument(structuredCopy(filled), zone);
  const isPlain = typeof doc._id === "string" && repaired.length === 0 && filled.archived !== null;
  if (!isPlain || !FIELDS.every((name) => isAsItStands(filled[name], (event as unknown as RawDocument)[name])))
    return {};
  if (shapeOf(event.event_data).unfit) return {};
  const received_at = isUlid(event._id) ? new Date(timeOfId(event._id)) : null;
  return { ...Object.fromEntries(missing), ts: instant, received_at, skew_ms: null };
}

/** The reader replaces values inside what it is given. */
function structuredCopy(doc: RawDocument): RawDocument {
  return { ...doc, event_data: copy(doc.event_data) };
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)]));
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** True where the stored value is the JSON value that was read; integers of any width are the same number. */
function isAsItStands(stored: unknown, read: unknown): boolean {
  if (Array.isArray(stored)) {
    return (
      Array.isArray(read) && stored.length === read.length && stored.every((one, at) => isAsItStands(one, read[at]))
    );
  }
  if (isPlainObject(stored)) {
    if (!isPlainObject(read)) return false;
    const keys = Object.keys(stored);
    return (
      keys.length === Object.keys(read).length &&
      keys.every((key) => Object.hasOwn(read, key) && isAsItStands(stored[key], read[key]))
    );
  }
  if (isInteger(stored)) return toJson(stored) === (read as Json);
  return stored === read;
}

function isInteger(value: unknown): boolean {
  return (value as { readonly _bsontype?: unknown } | null)?._bsontype === "Long";
}
