/**
 * openTestStore: a store for a user's own tests, empty at the start and gone at the end.
 *
 * `memory` needs nothing. `mongo` takes, in this order: `TEST_MONGODB_URL`; a mongod that `mongodb-memory-server`
 * (installed by the user) finds or can fetch. It uses a database of its own and drops it on close.
 */
import { randomUUID } from "node:crypto";
import { EventStoreError } from "../errors.ts";
import type { EventStoreOptions } from "./options.ts";
import { EventStore } from "./store.ts";

/** @since 0.1.0 */
export interface TestStoreOptions extends EventStoreOptions {
  /** @default "memory" */
  readonly engine?: "memory" | "mongo";
}

/**
 * Opens an empty store; `close()` (or `await using`) leaves nothing behind.
 * @throws EventStoreError `EVT_MISSING_DRIVER` when no MongoDB server can be had.
 * @since 0.1.0
 */
export async function openTestStore(options: TestStoreOptions = {}): Promise<EventStore> {
  const { engine = "memory", ...rest } = options;
  if (engine === "memory") return EventStore.open("memory:", rest);
  const server = await mongoServer();
  const database = `madsci_test_${randomUUID().replaceAll("-", "").slice(0, 12)}`;
  const store = await EventStore.open(server.url, { ...rest, database });
  return closingWith(store, async () => {
    await dropDatabase(server.url, database);
    await server.stop();
  });
}

interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

/** The parts of mongodb-memory-server this file uses; users install it themselves. */
interface MemoryServerModule {
  MongoMemoryServer: { create(): Promise<{ getUri(): string; stop(): Promise<unknown> }> };
}

async function mongoServer(): Promise<Server> {
  const url = process.env.TEST_MONGODB_URL;
  if (url) return { url, stop: async () => {} };
  try {
    const name = "mongodb-memory-server";
    const { MongoMemoryServer } = (await import(name)) as MemoryServerModule;
    const server = await MongoMemoryServer.create();
    return { url: server.getUri(), stop: async () => void (await server.stop()) };
  } catch (cause) {
    const how = "set TEST_MONGODB_URL, or install mongodb-memory-server where it finds or can fetch a mongod";
    throw new EventStoreError("EVT_MISSING_DRIVER", `no MongoDB server for tests: ${how}`, { cause });
  }
}

async function dropDatabase(url: string, database: string): Promise<void> {
  const { MongoClient } = await import("mongodb");
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 3000 });
  try {
    await client.db(database).dropDatabase();
  } finally {
    await client.close();
  }
}

/** The same store, which does `after` once when it has closed. */
function closingWith(store: EventStore, after: () => Promise<void>): EventStore {
  let closing: Promise<void> | undefined;
  const close = store.close.bind(store);
  store.close = () => {
    closing ??= close().then(after);
    return closing;
  };
  return store;
}
