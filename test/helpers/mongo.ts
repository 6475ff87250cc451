/**
 * The run's MongoDB server, for suites. One per test run, started by global-setup.ts (test/mongo/README.md says which).
 * A test takes a database name of its own and drops it afterwards.
 */
import { randomUUID } from "node:crypto";
import { MongoClient } from "mongodb";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Undefined when no server is to be had. */
    mongoUrl: string | undefined;
    mongoServer: string;
  }
}

/** URL of the run's server, or undefined: then `mongoSkip` says why. */
export const mongoUrl: string | undefined = inject("mongoUrl");

/** Name of the run's server ("mongod", "FerretDB" …), or the reason why there is none. */
export const mongoServer: string = inject("mongoServer");

/** Why MongoDB tests are skipped; undefined when they run. */
export const mongoSkip: string | undefined = mongoUrl === undefined ? mongoServer : undefined;

/** A database name no other test uses. */
export function newDatabase(): string {
  return `test_${randomUUID().replaceAll("-", "").slice(0, 16)}`;
}

/** Connects the raw driver, to write what another program would have written. */
export async function rawClient(url: string | undefined = mongoUrl): Promise<MongoClient> {
  return new MongoClient(String(url), { serverSelectionTimeoutMS: 3000 }).connect();
}

/** Drops a test's database. */
export async function dropDatabase(name: string): Promise<void> {
  const client = await rawClient();
  await client.db(name).dropDatabase();
  await client.close();
}
