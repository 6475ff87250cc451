/** Backups nobody should trust, each with the reason it is refused for. */
import { execFileSync } from "node:child_process";
import { readFileSync, renameSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { BSON } from "mongodb";
import { crafted, lengthOf, nested } from "./crafted-bson.ts";
import { HOSTILE_FILES } from "./hostile-files.ts";
import { archiveOf, bsonOf, writeBackup, writeDump } from "./outside-dump.ts";

export const event = (n: number) => ({
  _id: `e${n}`,
  event_type: "log_info",
  log_level: 20,
  event_data: { n, text: "x".repeat(50) },
});
export const EVENTS = { events: [event(1), event(2), event(3)] };
const inside = (path: string) => join(path, "lab", "events.bson");

export interface Hostile {
  /** Makes it in the folder; returns its path. */
  make(folder: string): string | Promise<string>;
  readonly reason: RegExp;
}

function changed(change: (path: string) => unknown): Hostile["make"] {
  return (folder) => {
    const path = writeBackup(join(folder, "b"), EVENTS);
    change(path);
    return path;
  };
}

/** A dump without checksum, whose documents are these bytes. */
const dumped =
  (bytes: Buffer): Hostile["make"] =>
  (folder) => {
    const database = writeDump(join(folder, "b"), EVENTS);
    writeFileSync(join(database, "events.bson"), bytes);
    return database;
  };

/** Packed, in little time: gzip files behind each other unpack to one stream. */
const packed = (megabytes: number, byte: string | number) =>
  Buffer.concat(Array<Buffer>(megabytes).fill(gzipSync(Buffer.alloc(1_000_000, byte))));

const metadataWith = (fields: object) => (path: string) => {
  const file = join(path, "backup_metadata.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...fields }));
};

const besideWith = (fields: object) => (path: string) =>
  writeFileSync(join(path, "lab", "events.metadata.json"), JSON.stringify({ options: {}, indexes: [], ...fields }));

const archive =
  (bytes: Buffer): Hostile["make"] =>
  (folder) => {
    writeFileSync(join(folder, "lab.archive"), bytes);
    return join(folder, "lab.archive");
  };

/** A list of collections, more than a stack has room for calls, and nothing of them. */
function manyCollections(count: number): Buffer {
  const listed = Array.from({ length: count }, (_, n) => ({ db: "lab", collection: `c${n}`, metadata: "" }));
  const head = Buffer.from([0x6d, 0xe2, 0x99, 0x81]);
  return Buffer.concat([head, bsonOf([{ version: "0.1" }, ...listed]), Buffer.alloc(4, 0xff)]);
}

export const HOSTILE: Readonly<Record<string, Hostile>> = {
  "a wrong checksum": {
    make: changed((path) => writeFileSync(inside(path), bsonOf([event(9)]))),
    reason: /wrong checksum/,
  },
  "a checksum file that differs": {
    make: changed((path) => writeFileSync(join(path, "backup.checksum"), "0".repeat(64))),
    reason: /backup\.checksum says 0000/,
  },
  "a checksum that is none": {
    make: changed((path) => writeFileSync(join(path, "backup.checksum"), "ok")),
    reason: /backup\.checksum/,
  },
  "documents cut off": {
    make: (folder) => {
      const database = writeDump(join(folder, "b"), EVENTS);
      truncateSync(join(database, "events.bson"), 200);
      return database;
    },
    reason: /events\.bson: is damaged at byte \d+: the last document is cut off/,
  },
  "a length of 2 GiB": { make: dumped(Buffer.from([0xff, 0xff, 0xff, 0x7f, 0])), reason: /is no length of a document/ },
  "a negative length": { make: dumped(Buffer.from([0xff, 0xff, 0xff, 0xff, 0])), reason: /-1 is no length/ },
  "a text longer than its document": { make: dumped(crafted(2, lengthOf(200))), reason: /byte 0 is damaged.*beyond/ },
  "a document within longer than its document": {
    make: dumped(crafted(3, lengthOf(200))),
    reason: /beyond its document/,
  },
  "a type that does not exist": { make: dumped(crafted(0x55, Buffer.alloc(0))), reason: /unknown type 85/ },
  "text that is no UTF-8": { make: dumped(crafted(2, Buffer.from([3, 0, 0, 0, 0xc3, 0x28, 0]))), reason: /not UTF-8/ },
  "documents nested without end": { make: dumped(nested(300)), reason: /nested deeper/ },
  "a document without _id": { make: dumped(bsonOf([{ a: 1 }])), reason: /document at byte 0 has no _id/ },
  "a packed file cut off": {
    make: (folder) => {
      const database = writeDump(join(folder, "b"), EVENTS, { isPacked: true });
      truncateSync(join(database, "events.bson.gz"), 60);
      return database;
    },
    reason: /events\.bson\.gz: is damaged: no whole gzip file/,
  },
  "zeros packed a thousandfold": {
    make: (folder) => {
      const database = writeDump(join(folder, "b"), {});
      writeFileSync(join(database, "events.bson.gz"), packed(300, 0));
      return database;
    },
    reason: /0 is no length/,
  },
  "metadata that unpack to gigabytes": {
    make: (folder) => {
      const database = writeDump(join(folder, "b"), EVENTS);
      renameSync(join(database, "events.metadata.json"), join(folder, "aside"));
      writeFileSync(join(database, "events.metadata.json.gz"), packed(100, " "));
      return database;
    },
    reason: /metadata\.json\.gz: is larger than/,
  },
  "metadata of 1 GB": {
    make: changed((path) => truncateSync(join(path, "backup_metadata.json"), 1_000_000_000)),
    reason: /larger/,
  },
  "metadata that are no JSON": {
    make: changed((path) => writeFileSync(join(path, "backup_metadata.json"), "{")),
    reason: /not JSON/,
  },
  "metadata that are a list": {
    make: changed((path) => writeFileSync(join(path, "backup_metadata.json"), "[]")),
    reason: /no JSON object/,
  },
  "a database elsewhere": { make: changed(metadataWith({ database_name: "../../etc" })), reason: /name of a database/ },
  "a database with an absolute name": {
    make: changed(metadataWith({ database_name: "/etc" })),
    reason: /name of a database/,
  },
  "a database with NUL": { make: changed(metadataWith({ database_name: "lab\0" })), reason: /name of a database/ },
  "a database that is not there": { make: changed(metadataWith({ database_name: "lib" })), reason: /does not exist/ },
  "a collection too many": { make: changed(metadataWith({ collections_count: 2 })), reason: /says 2/ },
  "fewer documents than it says": {
    make: changed(metadataWith({ documents: { events: 4 } })),
    reason: /3 document\(s\).*says 4/,
  },
  "a collection elsewhere": {
    make: changed(besideWith({ collectionName: "../../etc/passwd" })),
    reason: /is no name of a collection/,
  },
  "another collection's name": {
    make: changed(besideWith({ collectionName: "plans" })),
    reason: /of another collection/,
  },
  "a view in place of a collection": {
    make: changed(besideWith({ options: { viewOn: "secrets" } })),
    reason: /no plain collection/,
  },
  "a collection of another kind": { make: changed(besideWith({ type: "timeseries" })), reason: /kind of collection/ },
  "options nested without end": {
    make: changed((path) => {
      const deep = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
      writeFileSync(join(path, "lab", "events.metadata.json"), `{"options":{"validator":${deep}},"indexes":[]}`);
    }),
    reason: /events\.metadata\.json: is nested too deep/,
  },
  "more indexes than there can be": {
    make: changed(besideWith({ indexes: Array.from({ length: 100 }, (_, n) => ({ key: { a: 1 }, name: `i${n}` })) })),
    reason: /more than 64 indexes/,
  },
  "an archive of twelve thousand collections": {
    make: archive(manyCollections(12_000)),
    reason: /the end of lab\.c0 is missing/,
  },
  "indexes that are none": { make: changed(besideWith({ indexes: [{ key: 1 }] })), reason: /no list of indexes/ },
  "a file name with a way out": {
    make: (folder) => {
      const database = writeDump(join(folder, "b"), EVENTS);
      renameSync(join(database, "events.bson"), join(database, "..%2F..%2Fevents.bson"));
      return database;
    },
    reason: /is no name of a collection/,
  },
  "a collection of the system": {
    make: (folder) => writeDump(join(folder, "b"), { "system.js": [{ _id: 1 }] }),
    reason: /is no name/,
  },
  "a link in place of documents": {
    make: changed((path) => {
      writeFileSync(join(path, "secret"), bsonOf([event(1)]));
      renameSync(inside(path), join(path, "aside"));
      symlinkSync(join(path, "secret"), inside(path));
    }),
    reason: /events\.bson: is a symbolic link/,
  },
  "a link in place of the database's folder": {
    make: changed((path) => {
      renameSync(join(path, "lab"), join(path, "other"));
      symlinkSync(join(path, "other"), join(path, "lab"));
    }),
    reason: /lab: is a symbolic link/,
  },
  "a link in place of the backup": {
    make: (folder) => {
      symlinkSync(writeBackup(join(folder, "b"), EVENTS), join(folder, "link"));
      return join(folder, "link");
    },
    reason: /symbolic link/,
  },
  "a pipe that nobody writes to": {
    make: (folder) => {
      const database = writeDump(join(folder, "b"), EVENTS);
      execFileSync("mkfifo", [join(database, "more.bson")]);
      return database;
    },
    reason: /more\.bson: is neither a file nor a folder/,
  },
  "the same collection twice": {
    make: (folder) => {
      writeDump(join(folder, "b"), EVENTS, { isPacked: true });
      return writeDump(join(folder, "b"), EVENTS);
    },
    reason: /is there twice/,
  },
  "an archive with a wrong CRC": {
    make: archive(
      archiveOf(EVENTS, { change: (head) => (head.EOF ? { ...head, CRC: BSON.Long.fromNumber(5) } : head) }),
    ),
    reason: /wrong CRC of lab\.events/,
  },
  "an archive cut off": { make: archive(archiveOf(EVENTS).subarray(0, -20)), reason: /cut off/ },
  "an archive without its ends": {
    make: archive(archiveOf(EVENTS, { change: (head) => (head.EOF === true ? undefined : head) })),
    reason: /the end of lab\.events is missing/,
  },
  "an archive with documents of nowhere": {
    make: archive(
      archiveOf(EVENTS, { change: (head) => (head.EOF === false ? { ...head, collection: "plans" } : head) }),
    ),
    reason: /documents of lab\.plans/,
  },
  "an archive with a way out": {
    make: archive(archiveOf(EVENTS, { change: (head) => ({ ...head, ...(head.db ? { db: "../lab" } : {}) }) })),
    reason: /name of a database/,
  },
  "an archive that names a collection twice": {
    make: archive(
      archiveOf(
        { ...EVENTS, plans: [] },
        { change: (head) => ({ ...head, ...(head.db ? { collection: "events", metadata: "{}" } : {}) }) },
      ),
    ),
    reason: /twice/,
  },
  "an archive of another version": {
    make: archive(archiveOf(EVENTS, { change: (head) => (head.version ? { ...head, version: "9.0" } : head) })),
    reason: /unknown version 9\.0/,
  },
  "something else altogether": {
    make: archive(Buffer.from("hello world, this is text")),
    reason: /no mongodump archive/,
  },
  "a folder of something else": { make: (folder) => folder, reason: /is no backup/ },
  "a path that leads nowhere": { make: (folder) => join(folder, "gone"), reason: /gone: does not exist/ },
  ...HOSTILE_FILES,
};
