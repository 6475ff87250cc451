/**
 * Dump: events as BSON documents outside a database, as `mongodump` writes and `mongorestore` reads them.
 *
 * Reading takes the documents of every MADSci version (read.ts); writing makes the documents our stores hold
 * (document.ts), so that a restored database is one of ours and MADSci's server reads it too.
 */
import type { Event, StoredEvent } from "../../event/event.ts";
import { type Instant, toMs } from "../../event/instant.ts";
import type { PreparedEvent } from "../../event/parse.ts";
import { parseTimestamp } from "../../event/timestamp.ts";
import type { ZoneReader } from "../../event/zone.ts";
import { encodeEvent } from "./document.ts";
import { loadDriver } from "./driver.ts";
import { shapeOf } from "./payload.ts";
import { readDocument } from "./read.ts";

/** A document read. */
interface DumpedEvent {
  readonly event: StoredEvent;
  /** Fields that had to be repaired. */
  readonly repaired: readonly string[];
}

export interface DumpCodec {
  /** @throws Error where the bytes are no BSON document */
  read(bytes: Uint8Array): DumpedEvent;
  write(event: StoredEvent): Uint8Array;
  /** The record of the schema version MADSci's server looks for. */
  versionRecord(now: Date): Uint8Array;
}

/** As `mongodump` lists them; MADSci's server makes these. */
const EVENT_INDEXES = [["event_timestamp"], ["log_level"], ["archived"], ["archived", "archived_at"]];

/** @throws EventStoreError `EVT_MISSING_DRIVER` where the package `mongodb` is not installed */
export async function dumpCodec(zone: ZoneReader): Promise<DumpCodec> {
  const driver = await loadDriver(true);
  const { BSON } = driver as NonNullable<typeof driver>;
  return {
    read(bytes) {
      const { event, repaired } = readDocument(BSON.deserialize(bytes), zone);
      return { event, repaired };
    },
    write: (event) => BSON.serialize(documentOf(event, zone)),
    versionRecord: (now) =>
      BSON.serialize({
        _id: new BSON.ObjectId(),
        version: "1.0.0",
        applied_at: now,
        migration_notes: "Auto-initialized schema version 1.0.0",
      }),
  };
}

/** What lies beside the documents of a collection: its options and indexes, as Extended JSON. */
export function dumpMetadata(collection: string, kind: "events" | "schema_versions"): string {
  const int = (value: number) => ({ $numberInt: String(value) });
  const index = (fields: readonly string[], name: string, order = 1, more: object = {}) => ({
    v: int(2),
    key: Object.fromEntries(fields.map((field) => [field, int(order)])),
    name,
    ...more,
  });
  const own =
    kind === "events"
      ? EVENT_INDEXES.map((fields) => index(fields, fields.map((field) => `${field}_1`).join("_")))
      : [index(["version"], "version_unique", 1, { unique: true }), index(["applied_at"], "applied_at_desc", -1)];
  return JSON.stringify({
    options: {},
    indexes: [index(["_id"], "_id_"), ...own],
    collectionName: collection,
    type: "collection",
  });
}

function documentOf(event: StoredEvent, zone: ZoneReader): Record<string, unknown> {
  const shape = shapeOf(event.event_data);
  const payload = shape.unfit ? "opaque" : shape.wide ? "wide" : "plain";
  const received = event.received_at === null ? undefined : instantIn(event.received_at, zone);
  const instant = instantIn(event.event_timestamp, zone) ?? 0n;
  const prepared = { event: event as Event, instant } as PreparedEvent;
  const { archived, archived_at } = event;
  const archivedAt = archived_at === null ? undefined : instantIn(archived_at, zone);
  return {
    ...encodeEvent(prepared, received ?? instant, payload),
    ...(received === undefined ? { received_at: null, skew_ms: null } : {}),
    archived,
    archived_at: archivedAt === undefined ? null : new Date(toMs(archivedAt)),
  };
}

function instantIn(text: string, zone: ZoneReader): Instant | undefined {
  const time = parseTimestamp(text, zone);
  return typeof time === "string" ? undefined : time.instant;
}
