/** How events are written to an export: NDJSON, or the documents and folders of mongodump. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { dumpCodec, dumpMetadata } from "../backend/mongo/dump.ts";
import type { StoredEvent } from "../event/event.ts";
import { stringifyJson } from "../event/json.ts";
import type { ZoneReader } from "../event/zone.ts";

export const EXPORT_FORMATS = ["ndjson", "mongodump"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Events → the bytes of a file. */
export type Encode = (events: readonly StoredEvent[]) => Uint8Array[];

export function ndjson(events: readonly StoredEvent[]): Uint8Array[] {
  return [Buffer.from(events.map((event) => `${stringifyJson(event)}\n`).join(""))];
}

/** A dump's folder: `<folder>/<database>/<collection>.bson` and what lies beside it. */
export interface Dump {
  readonly folder: string;
  readonly collection: string;
  readonly isPacked: boolean;
}

const VERSIONS = "schema_versions";

/** File of the events' documents. */
export function dumpFile({ folder, collection, isPacked }: Dump): string {
  return join(folder, `${collection}.bson${isPacked ? ".gz" : ""}`);
}

/** @throws EventStoreError `EVT_MISSING_DRIVER` */
export async function documents(zone: ZoneReader): Promise<Encode> {
  const codec = await dumpCodec(zone);
  return (events) => events.map((event) => codec.write(event));
}

/** What makes the folder a whole database: metadata, and the schema version MADSci's server looks for. */
export async function writeBeside(dump: Dump, now: Date): Promise<void> {
  const { folder, collection, isPacked } = dump;
  const write = (name: string, bytes: Uint8Array | string) => {
    const [end, body] = isPacked ? [".gz", gzipSync(bytes)] : ["", bytes];
    writeFileSync(join(folder, name + end), body);
  };
  const { versionRecord } = await dumpCodec((wallMs) => wallMs);
  mkdirSync(folder, { recursive: true });
  write(`${collection}.metadata.json`, dumpMetadata(collection, "events"));
  write(`${VERSIONS}.bson`, versionRecord(now));
  write(`${VERSIONS}.metadata.json`, dumpMetadata(VERSIONS, "schema_versions"));
}
