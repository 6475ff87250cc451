/** Dumps as other programs write them, made with npm's BSON and nothing of ours; hostile ones are made from them. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { BSON, Long } from "mongodb";
import { slowCrc64 } from "./independent-dump.ts";

type Documents = readonly Record<string, unknown>[];
export type Collections = Readonly<Record<string, Documents>>;

export interface DumpOptions {
  /** @default "lab" */
  readonly database?: string;
  readonly isPacked?: boolean;
  /** Beside the plain index of `_id`. */
  readonly indexes?: Readonly<Record<string, readonly Record<string, unknown>[]>>;
}

const ID_INDEX = { v: { $numberInt: "2" }, key: { _id: { $numberInt: "1" } }, name: "_id_" };

export const bsonOf = (documents: Documents) => Buffer.concat(documents.map((document) => BSON.serialize(document)));

/** `<folder>/<database>/…`; returns the database's folder. */
export function writeDump(folder: string, collections: Collections, options: DumpOptions = {}): string {
  const { database = "lab", isPacked = false, indexes = {} } = options;
  const inside = join(folder, database);
  mkdirSync(inside, { recursive: true });
  const write = (name: string, bytes: Buffer) =>
    writeFileSync(join(inside, isPacked ? `${name}.gz` : name), isPacked ? gzipSync(bytes) : bytes);
  for (const [name, documents] of Object.entries(collections)) {
    write(`${name}.bson`, bsonOf(documents));
    write(`${name}.metadata.json`, Buffer.from(JSON.stringify(metadata(name, indexes[name]))));
  }
  return inside;
}

function metadata(collectionName: string, indexes: readonly Record<string, unknown>[] = []) {
  return { options: {}, indexes: [ID_INDEX, ...indexes], uuid: "0".repeat(32), collectionName, type: "collection" };
}

/** What MADSci's tool puts beside a dump; returns the backup's folder. */
export function writeBackup(folder: string, collections: Collections, options: DumpOptions = {}): string {
  const { database = "lab" } = options;
  writeDump(folder, collections, options);
  describe(folder, checksumOf(collections), { database, count: Object.keys(collections).length });
  return folder;
}

function checksumOf(collections: Collections): string {
  const names = Object.keys(collections).sort((a, b) => (`${a}.bson` < `${b}.bson` ? -1 : 1));
  const hash = createHash("sha256");
  for (const name of names) hash.update(bsonOf(collections[name] ?? []));
  return hash.digest("hex");
}

function describe(folder: string, checksum: string, { database = "lab", count = 1 } = {}): void {
  const told = { timestamp: "2026-01-02T03:04:05.678901", database_version: null, backup_size: 1, checksum };
  const fields = { ...told, database_name: database, collections_count: count };
  writeFileSync(join(folder, "backup_metadata.json"), JSON.stringify(fields, null, 2));
  writeFileSync(join(folder, "backup.checksum"), checksum);
}

const TERMINATOR = Buffer.from([0xff, 0xff, 0xff, 0xff]);

export interface ArchiveOptions {
  readonly database?: string;
  /** Documents of a stretch: collections take turns. */
  readonly stretch?: number;
  /** Changes the documents that describe things, for damage. */
  readonly change?: (described: Record<string, unknown>) => Record<string, unknown> | undefined;
}

/** The bytes of `mongodump --archive`. */
export function archiveOf(collections: Collections, options: ArchiveOptions = {}): Buffer {
  const { database: db = "lab", stretch = 2, change = (described) => described } = options;
  const told = (described: Record<string, unknown>) => {
    const changed = change(described);
    return changed === undefined ? [] : [BSON.serialize(changed)];
  };
  const parts: Uint8Array[] = [Buffer.from([0x6d, 0xe2, 0x99, 0x81])];
  parts.push(...told({ concurrent_collections: 4, version: "0.1", server_version: "7.0.5", tool_version: "100.9.4" }));
  for (const collection of Object.keys(collections)) {
    const text = JSON.stringify(metadata(collection));
    parts.push(...told({ db, collection, metadata: text, size: 0, type: "collection" }));
  }
  parts.push(TERMINATOR);
  const rounds = Math.max(1, ...Object.values(collections).map(({ length }) => Math.ceil(length / stretch)));
  for (let round = 0; round < rounds; round++) {
    for (const [collection, documents] of Object.entries(collections)) {
      const some = documents.slice(round * stretch, (round + 1) * stretch);
      if (some.length === 0) continue;
      const head = told({ db, collection, EOF: false, CRC: Long.ZERO });
      if (head.length > 0) parts.push(...head, bsonOf(some), TERMINATOR);
    }
  }
  for (const [collection, documents] of Object.entries(collections)) {
    const CRC = Long.fromBigInt(BigInt.asIntN(64, documents.length === 0 ? 0n : slowCrc64(bsonOf(documents))));
    const head = told({ db, collection, EOF: true, CRC });
    if (head.length > 0) parts.push(...head, TERMINATOR);
  }
  return Buffer.concat(parts);
}
