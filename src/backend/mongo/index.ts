/**
 * Events in MongoDB, in MADSci's own collection and documents, beside whatever its servers wrote there.
 *
 * What differs on FerretDB 1.x, where the tests run: see test/backend/mongo/deviations.ts.
 */
import { EventStoreError } from "../../errors.ts";
import type { Backend, BackendOptions } from "../backend.ts";
import { admitAny } from "../schema-records.ts";
import type { EventDocument } from "./document.ts";
import { type Connection, connect } from "./driver.ts";
import { prepareDatabase } from "./indexes.ts";
import { MongoBackend } from "./mongo-backend.ts";
import { Notes } from "./notes.ts";
import { OddTimes } from "./odd-times.ts";
import { readFacts, writeVersions } from "./schema.ts";

/** @since 0.1.0 */
export interface MongoOptions extends BackendOptions {
  /** A MongoClient of the host's, used as it is and never closed. */
  readonly client?: unknown;
  /** @default the URL's, else "madsci_events" */
  readonly database?: string | undefined;
  /** @default "events" */
  readonly collection?: string | undefined;
  /** A server silent for this long, in milliseconds, counts as gone. @default 4_000 */
  readonly timeoutMs?: number | undefined;
}

/** Survives the loss of a minority of the servers. */
const DURABLE = { w: "majority", wtimeoutMS: 10_000 } as const;

/**
 * Connects, and on a writable handle creates the indexes and, where `admit` is given, a new database's version records.
 * @throws EventStoreError `EVT_MISSING_DRIVER`, `EVT_INVALID_OPTION`, `EVT_BACKEND_UNAVAILABLE`, and what `admit` throws.
 * @since 0.1.0
 */
export async function openMongo(url: string, options: MongoOptions): Promise<Backend> {
  const { client, database, collection = "events", timeoutMs = 4_000 } = options;
  checkNames(database, collection);
  const connection = await connect(url, { client, database, timeoutMs });
  const notes = new Notes(options.warn);
  const events = connection.db.collection<EventDocument>(collection, { writeConcern: DURABLE });
  try {
    await admit(connection, options);
    if (!options.readOnly) await prepareDatabase(connection, events, notes);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return new MongoBackend(
    { connection, events, notes, zone: options.zone, oddTimes: new OddTimes() },
    { now: options.now, readOnly: options.readOnly },
  );
}

/** The host's own client is the host's business; a database that is new is told its version all the same. */
async function admit(connection: Connection, { admit, client, readOnly, now }: MongoOptions): Promise<void> {
  const facts = await readFacts(connection);
  const isOthers = client !== undefined && facts.collections.length + facts.versions.length > 0;
  const records = isOthers ? [] : (admit ?? admitAny(now))(facts);
  if (!readOnly) await writeVersions(connection, records);
}

/** https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions */
function checkNames(database: string | undefined, collection: string): void {
  if (database !== undefined && !/^[^/\\. "$*<>:|?\0]{1,63}$/.test(database)) {
    throw new EventStoreError("EVT_INVALID_OPTION", `database: ${JSON.stringify(database)} is not a database name`);
  }
  if (!/^(?!system\.)[^$\0]{1,200}$/.test(collection)) {
    throw new EventStoreError(
      "EVT_INVALID_OPTION",
      `collection: ${JSON.stringify(collection)} is not a collection name`,
    );
  }
}
