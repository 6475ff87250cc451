/**
 * Version records in MongoDB, in MADSci's collection: reading them, and writing those of a new database.
 *
 * A new database has its records before it has any other collection, so that whoever starts at the same time sees either
 * nothing or all of it.
 */
import type { Db } from "mongodb";
import schema from "../../../schema/schema.json" with { type: "json" };
import { type CollectionPlans, type SchemaFacts, STATE, VERSIONS, type VersionRecord } from "../schema-records.ts";
import type { Connection } from "./driver.ts";
import { assertNotHalf, isRestores } from "./restore-swap.ts";

const DUPLICATE_KEY = 11000;

/** What the package's own schema file says of collections. */
export const COLLECTIONS: CollectionPlans = Object.fromEntries(
  Object.entries(schema.collections).map(([name, { indexes }]) => [name, indexes as never]),
);

export async function readFacts(connection: Connection): Promise<SchemaFacts> {
  const { db, place } = connection;
  const list = () => db.listCollections({}, { nameOnly: true }).toArray();
  const names = (await connection.call("list its collections", list)).map(({ name }) => name);
  assertNotHalf(names, db.databaseName);
  const isOthers = (name: string) => name !== VERSIONS && name !== STATE && !name.startsWith("system.");
  const collections = names.filter((name) => isOthers(name) && !isRestores(name));
  const versions = names.includes(VERSIONS) ? await readVersions(connection) : [];
  const url = place.replace(/^(mongodb(?:\+srv)?:\/\/[^/]*).*$/s, "$1");
  return { kind: "mongo", database: db.databaseName, place: url, collections: collections.sort(), versions };
}

/** Applied last first. A record without a date was applied before all others. */
async function readVersions(connection: Connection): Promise<VersionRecord[]> {
  const found = await connection.call("read", () => connection.db.collection(VERSIONS).find({}).toArray());
  const records = found.map(recordOf);
  return records.sort((a, b) => b.applied_at.getTime() - a.applied_at.getTime());
}

function recordOf(document: Record<string, unknown>): VersionRecord {
  const { version, applied_at, migration_notes, name, checksum, breaking, duration_ms, host } = document;
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  return {
    version: String(version),
    applied_at: applied_at instanceof Date ? applied_at : new Date(0),
    migration_notes: text(migration_notes) ?? null,
    name: text(name),
    checksum: text(checksum),
    breaking: typeof breaking === "boolean" ? breaking : undefined,
    duration_ms: typeof duration_ms === "number" ? duration_ms : undefined,
    host: text(host),
  };
}

/** The index that keeps versions unique is made first. @returns how many were written; those of known versions are not */
export async function writeVersions(connection: Connection, records: readonly VersionRecord[]): Promise<number> {
  if (records.length === 0) return 0;
  const versions = connection.db.collection(VERSIONS, { writeConcern: { w: "majority", wtimeoutMS: 10_000 } });
  await makeIndexes(connection.db);
  const documents = records.map((record) =>
    Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)),
  );
  return connection.call("record its schema version", async () => {
    try {
      return (await versions.insertMany(documents, { ordered: false })).insertedCount;
    } catch (error) {
      const { code, result } = error as { code?: unknown; result?: { insertedCount?: number } };
      if (code !== DUPLICATE_KEY) throw error;
      return result?.insertedCount ?? 0;
    }
  });
}

export async function removeVersion(connection: Connection, version: string): Promise<void> {
  await connection.call("store", () => connection.db.collection(VERSIONS).deleteOne({ version }));
}

export async function removeVersions(connection: Connection): Promise<void> {
  await connection.call("store", () => connection.db.collection(VERSIONS).deleteMany({}));
  await removeCursors(connection);
}

/** The lease of whoever does this stays. */
export async function removeCursors(connection: Connection): Promise<void> {
  const cursors = { record: { $regex: "^cursor:" } };
  await connection.call("store", () => connection.db.collection(STATE).deleteMany(cursors));
}

/** A server that cannot make them goes without, like MADSci. */
async function makeIndexes(db: Db): Promise<void> {
  for (const { name, keys, unique } of COLLECTIONS[VERSIONS] ?? []) {
    const options = unique ? { name, unique } : { name };
    await db
      .collection(VERSIONS)
      .createIndex(Object.fromEntries(keys), options)
      .catch(() => {});
  }
}
