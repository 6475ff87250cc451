/**
 * Readers of what mongodump writes, made from the descriptions of its formats and npm's BSON: nothing here is the
 * package's own, so that they can tell whether what it writes is what others read.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { BSON } from "mongodb";

export type Dumped = Record<string, unknown>;

export interface DumpedCollection {
  readonly metadata: Dumped;
  readonly documents: readonly Dumped[];
}

const KEEP = { promoteValues: false, promoteLongs: false } as const;

/** Documents that lie behind each other. */
function readBson(bytes: Buffer): Dumped[] {
  const documents: Dumped[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readInt32LE(at);
    documents.push(BSON.deserialize(bytes.subarray(at, at + length), KEEP));
    at += length;
  }
  return documents;
}

/** A database's folder, as `mongorestore --dir` goes through it. */
export function readFolder(folder: string): Map<string, DumpedCollection> {
  const read = (name: string) => {
    const bytes = readFileSync(join(folder, name));
    return name.endsWith(".gz") ? gunzipSync(bytes) : bytes;
  };
  const found = new Map<string, DumpedCollection>();
  const names = readdirSync(folder);
  for (const name of names) {
    const [, file, packed = ""] = /^(.+)\.bson(\.gz)?$/.exec(name) ?? [];
    if (file === undefined) continue;
    const metadata = JSON.parse(read(`${file}.metadata.json${packed}`).toString()) as Dumped;
    const collection = String(metadata.collectionName ?? decodeURIComponent(file));
    found.set(collection, { metadata, documents: readBson(read(name)) });
  }
  return found;
}

/** `prelude.json` of a folder. */
export function readPrelude(folder: string): Dumped {
  const packed = readdirSync(folder).find((name) => name.startsWith("prelude.json")) ?? "";
  const bytes = readFileSync(join(folder, packed));
  return JSON.parse((packed.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString()) as Dumped;
}

export interface Archive {
  readonly header: Dumped;
  readonly collections: Map<string, DumpedCollection>;
}

interface Namespace {
  readonly db: string;
  readonly collection: string;
  readonly EOF: boolean;
  readonly CRC: bigint;
}

/** mongo-tools, common/archive/spec.md. Checks magic, ends and CRCs. */
export function readArchive(file: Buffer): Archive {
  const bytes = file[0] === 0x1f && file[1] === 0x8b ? gunzipSync(file) : file;
  if (bytes.readUInt32LE(0) !== 0x8199e26d) throw new Error("no magic number");
  let at = 4;
  const terminated = () => bytes.readInt32LE(at) === -1;
  const next = () => {
    const length = bytes.readInt32LE(at);
    at += length;
    return bytes.subarray(at - length, at);
  };
  const header = BSON.deserialize(next());
  const collections = new Map<string, DumpedCollection & { readonly documents: Dumped[] }>();
  for (; !terminated(); ) {
    const { collection, metadata } = BSON.deserialize(next());
    collections.set(collection, { metadata: JSON.parse(metadata), documents: [] });
  }
  at += 4;
  const crcs = new Map<string, bigint>();
  const ended = new Set<string>();
  while (at < bytes.length) {
    const { collection, EOF, CRC } = BSON.deserialize(next(), { useBigInt64: true }) as Namespace;
    if (ended.has(collection)) throw new Error(`${collection} goes on behind its end`);
    for (; !terminated(); ) {
      const document = next();
      crcs.set(collection, slowCrc64(document, crcs.get(collection)));
      collections.get(collection)?.documents.push(BSON.deserialize(document, KEEP));
    }
    at += 4;
    if (!EOF) continue;
    ended.add(collection);
    const crc = BigInt.asIntN(64, crcs.get(collection) ?? 0n);
    if (crc !== CRC) throw new Error(`CRC of ${collection}: ${crc} is not ${CRC}`);
  }
  if (ended.size !== collections.size) throw new Error("not all collections have an end");
  return { header, collections };
}

/** Bit by bit, as the definition has it. */
export function slowCrc64(bytes: Uint8Array, before = 0n): bigint {
  let crc = before ^ 0xffffffffffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0xc96c5795d7870f42n : crc >> 1n;
  }
  return crc ^ 0xffffffffffffffffn;
}
