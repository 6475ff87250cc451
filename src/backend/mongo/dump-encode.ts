/** Makes the documents a database of ours in MongoDB would hold, out of rows of SQLite; see dump-encoder.ts. */
import { createHash } from "node:crypto";
import type { Event } from "../../event/event.ts";
import { toMs } from "../../event/instant.ts";
import type { PreparedEvent } from "../../event/parse.ts";
import type { CollectionMetadata } from "../dump-contract.ts";
import type { AlertRow, DumpEncoder, EventRow, VersionRow } from "../dump-encoder.ts";
import { encodeEvent } from "./document.ts";
import { loadDriver } from "./driver.ts";
import { dumpMetadata } from "./dump.ts";
import { markField } from "./marks.ts";
import { shapeOf } from "./payload.ts";

/** Columns that are booleans elsewhere. */
const FLAGS = new Set(["breaking"]);

/** @throws EventStoreError `EVT_MISSING_DRIVER` where the package `mongodb`, which writes BSON, is not installed */
export async function dumpEncoder(): Promise<DumpEncoder> {
  const driver = await loadDriver(true);
  const { BSON } = driver as NonNullable<typeof driver>;
  return {
    event: (row) => BSON.serialize(eventDocument(row)),
    alert: (row) => BSON.serialize(alertDocument(row)),
    version: (row) => BSON.serialize({ _id: new BSON.ObjectId(versionId(row)), ...versionFields(row) }),
    metadata: metadataOf,
  };
}

function eventDocument({ event, instant, received, archivedAt, marks, seq }: EventRow): Record<string, unknown> {
  const shape = shapeOf(event.event_data);
  const payload = shape.unfit ? "opaque" : shape.wide ? "wide" : "plain";
  const prepared = { event: event as Event, instant } as PreparedEvent;
  return {
    ...encodeEvent(prepared, received, payload),
    archived: archivedAt !== undefined,
    archived_at: archivedAt === undefined ? null : new Date(toMs(archivedAt)),
    ...(marks === undefined ? {} : markField(marks, seq)),
  };
}

function alertDocument({ id, version, state, due, updated, body }: AlertRow): Record<string, unknown> {
  return { _id: id, version, state, due: due === null ? null : new Date(due), updated: new Date(updated), body };
}

function versionFields(row: VersionRow): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    if (value === null) continue;
    if (name === "applied_at") fields[name] = new Date(String(value));
    else fields[name] = FLAGS.has(name) ? Boolean(value) : value;
  }
  return fields;
}

/** The same for the same record, so that restoring twice adds it once. */
function versionId(row: VersionRow): string {
  const seconds = Math.floor(Date.parse(String(row.applied_at)) / 1000) || 0;
  const hash = createHash("sha256").update(JSON.stringify([row.version, row.applied_at]));
  return (seconds >>> 0).toString(16).padStart(8, "0") + hash.digest("hex").slice(0, 16);
}

function metadataOf(collection: string): CollectionMetadata {
  const kind = collection === "events" || collection === "schema_versions" ? collection : undefined;
  const metadata = JSON.parse(dumpMetadata(collection, kind ?? "events")) as CollectionMetadata;
  return kind === undefined ? { ...metadata, indexes: metadata.indexes.slice(0, 1) } : metadata;
}
