/** What the MongoDB suites share: a backend over a database of its own, the raw driver beside it, and short searches. */
import type { MongoClient } from "mongodb";
import type { Backend, BackendOptions, FindQuery, Position } from "../../../src/backend/backend.ts";
import { openMongo } from "../../../src/backend/mongo/index.ts";
import type { EventInput, StoredEvent } from "../../../src/event/event.ts";
import type { Instant } from "../../../src/event/instant.ts";
import { type PreparedEvent, parseContext, prepareEvent } from "../../../src/event/parse.ts";
import { parseSelector } from "../../../src/event/selector/parse.ts";
import type { Selector } from "../../../src/event/selector/selector.ts";
import { parseTimestamp, type Timestamp } from "../../../src/event/timestamp.ts";
import { zoneReader } from "../../../src/event/zone.ts";
import { testOptions } from "../../helpers/backends.ts";
import { dropDatabase, mongoUrl, newDatabase, rawClient } from "../../helpers/mongo.ts";

export const RECEIVED = at("2025-06-01T00:00:00Z");
const context = parseContext({ naiveTimezone: "UTC" });

export function at(text: string): Instant {
  return (parseTimestamp(text, zoneReader("UTC")) as Timestamp).instant;
}

export function prepare(input: EventInput): PreparedEvent {
  return prepareEvent(input, context);
}

/** One database: our backend and the raw driver on it. */
export interface Place {
  readonly database: string;
  readonly client: MongoClient;
  readonly backend: Backend;
  readonly warnings: string[];
  /** Drops the database and lets go of everything. */
  leave(): Promise<void>;
}

/** @param seed documents to be there before the backend opens */
export async function enter(seed: readonly object[] = [], options: Partial<BackendOptions> = {}): Promise<Place> {
  const database = newDatabase();
  const client = await rawClient();
  if (seed.length > 0)
    await client
      .db(database)
      .collection("events")
      .insertMany([...seed]);
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const backend = await openMongo(String(mongoUrl), testOptions({ warn, database, ...options }));
  const leave = async (): Promise<void> => {
    await backend.close();
    await client.close();
    await dropDatabase(database);
  };
  return { database, client, backend, warnings, leave };
}

export interface Search extends Partial<Omit<FindQuery, "selector">> {
  readonly where?: Selector;
}

export async function find(backend: Backend, { where, ...rest }: Search = {}): Promise<StoredEvent[]> {
  const query: FindQuery = { selector: selectorOf(where), by: "event_timestamp", order: "oldest", ...rest };
  const events: StoredEvent[] = [];
  for await (const page of backend.find(query)) events.push(...page.events);
  return events;
}

export function selectorOf(where: Selector = {}) {
  return parseSelector(where, { naiveTimezone: "UTC" });
}

/** The same search in steps of `limit`, each continued from where the last one ended. */
export async function findInSteps(backend: Backend, limit: number, search: Search = {}): Promise<string[]> {
  const { where, ...rest } = search;
  const query: FindQuery = { selector: selectorOf(where), by: "event_timestamp", order: "oldest", ...rest, limit };
  const ids: string[] = [];
  for (let after: Position | undefined, steps = 0; steps < 1000; steps++) {
    let position: Position | undefined;
    for await (const page of backend.find({ ...query, after })) {
      ids.push(...page.events.map(({ _id }) => _id));
      position = page.position;
    }
    if (position === undefined) return ids;
    after = position;
  }
  throw new Error("paging does not end");
}

export function idsOf(events: readonly StoredEvent[]): string[] {
  return events.map(({ _id }) => _id);
}
