/**
 * The indexes of a database: those schema/schema.json lists, and some that are made when what they serve is first used.
 *
 * Indexes other programs made stay as they are. A server that cannot make one is used without it.
 */
import type { Collection, CreateIndexesOptions } from "mongodb";
import { NESTED_TYPE, WRAPPED_TYPE } from "./activity-filter.ts";
import { type EventDocument, OPAQUE_FIELD } from "./document.ts";
import type { Connection } from "./driver.ts";
import { LANES, PLACE } from "./marks.ts";
import type { Notes } from "./notes.ts";
import type { Records } from "./records.ts";
import { hasForeign } from "./room.ts";
import { COLLECTIONS } from "./schema.ts";

interface IndexPlan {
  readonly key: Record<string, 1 | -1>;
  readonly options?: CreateIndexesOptions;
  /** What is slow without it. */
  readonly serves: string;
}

/** Those the schema file lists. */
const INDEXES: readonly IndexPlan[] = (COLLECTIONS.events ?? []).map(({ keys, sparse, serves = "searches" }) => ({
  key: Object.fromEntries(keys),
  ...(sparse ? { options: { sparse } } : {}),
  serves,
}));

/** Only where other programs' documents are: puts them in the order of their text without a look at ours. */
const FOREIGN_INDEX: IndexPlan = { key: { ts: 1, event_timestamp: 1 }, serves: "documents other programs wrote" };

/** Made when somebody first follows the arrivals; until then no append pays for it. */
const ARRIVAL_INDEX: IndexPlan = { key: { received_at: 1, _id: 1 }, serves: "following the arrivals" };

/** Made for the first lane; it holds only the events that wait. */
const MARK_INDEX: IndexPlan = {
  key: { [LANES]: 1, received_at: 1, [PLACE]: 1, _id: 1 },
  options: { partialFilterExpression: { [LANES]: { $exists: true } } },
  serves: "events that wait for alerting",
};

/** Made for the first report: they hold the events whose payload says what is meant, and those whose payload is text. */
const ACTIVITY_INDEXES: readonly IndexPlan[] = [
  partial(WRAPPED_TYPE, { [WRAPPED_TYPE]: 1, ts: -1, _id: -1 }),
  partial(NESTED_TYPE, { [NESTED_TYPE]: 1, ts: -1, _id: -1 }),
  partial(OPAQUE_FIELD, { ts: 1, _id: 1 }),
];

function partial(field: string, key: IndexPlan["key"]): IndexPlan {
  return { key, options: { partialFilterExpression: { [field]: { $exists: true } } }, serves: "reports" };
}

/** Of each kind of record. */
const RECORD_INDEXES: readonly IndexPlan[] = [
  { key: { due: 1, _id: 1 }, serves: "alerts whose time has come" },
  { key: { updated: -1, _id: -1 }, serves: "lists of alerts" },
  { key: { state: 1 }, serves: "counts of alerts" },
];

const DUPLICATE_KEY = 11000;

/** Creates what is missing. */
export async function prepareDatabase(
  connection: Connection,
  events: Collection<EventDocument>,
  notes: Notes,
): Promise<void> {
  if (!connection.readsIndexes) return;
  const foreign = await hasForeign({ connection, events });
  await createMissing([...INDEXES, ...(foreign ? [FOREIGN_INDEX] : [])], connection, events, notes);
}

/** What following the arrivals reads by. Waits until it is built. */
export async function prepareArrivals(
  connection: Connection,
  events: Collection<EventDocument>,
  notes: Notes,
): Promise<void> {
  if (connection.readsIndexes) await createMissing([ARRIVAL_INDEX], connection, events, notes);
}

/** What reports read by. Waits until it is built. */
export async function prepareActivities(
  connection: Connection,
  events: Collection<EventDocument>,
  notes: Notes,
): Promise<void> {
  if (connection.readsIndexes) await createMissing(ACTIVITY_INDEXES, connection, events, notes);
}

/** What marks are read by. Waits until it is built. */
export async function prepareMarks(
  connection: Connection,
  events: Collection<EventDocument>,
  notes: Notes,
): Promise<void> {
  if (connection.readsIndexes) await createMissing([MARK_INDEX], connection, events, notes);
}

/** What records of one kind are read by. */
export async function prepareRecords(connection: Connection, records: Records, notes: Notes): Promise<void> {
  if (connection.readsIndexes) await createMissing(RECORD_INDEXES, connection, records, notes);
}

type AnyCollection = Collection<EventDocument> | Records;

async function createMissing(
  plans: readonly IndexPlan[],
  connection: Connection,
  events: AnyCollection,
  notes: Notes,
): Promise<void> {
  const existing = await existingKeys(connection, events);
  const missing = plans.filter(({ key }) => !existing.has(JSON.stringify(key)));
  const specs = missing.map(({ key, options }) => ({ key, ...options }));
  if (missing.length === 0 || (await succeeds(connection, () => events.createIndexes(specs)))) return;
  for (const { key, options, serves } of missing) {
    await orWarn(connection, notes, `make the index for ${serves}`, () => events.createIndex(key, options));
  }
}

/** Keys of the indexes that are there; a collection that is not there has none. */
async function existingKeys(connection: Connection, events: AnyCollection): Promise<ReadonlySet<string>> {
  const indexes = await connection
    .attempt(() => events.indexes())
    .catch((error: unknown) => {
      if (typeof (error as { code?: unknown }).code === "number") return [];
      return connection.call("list its indexes", () => Promise.reject(error));
    });
  return new Set(indexes.map(({ key }) => JSON.stringify(key)));
}

/**
 * False when the server refused, or hung up (FerretDB does when another program has just made several of them).
 * @throws EventStoreError when it is gone
 */
async function succeeds(connection: Connection, run: () => Promise<unknown>): Promise<boolean> {
  try {
    await connection.attempt(run);
    return true;
  } catch (error) {
    if (typeof (error as { code?: unknown }).code !== "number") await connection.ping();
    return false;
  }
}

async function orWarn(connection: Connection, notes: Notes, what: string, run: () => Promise<unknown>): Promise<void> {
  try {
    await connection.attempt(run);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === DUPLICATE_KEY) return;
    if (typeof code !== "number") await connection.call(what, () => Promise.reject(error));
    notes.once(what, `MongoDB at ${connection.place} could not ${what} (code ${code}); going on without it`);
  }
}
