/**
 * One writer per file. The lock is an exclusive transaction on a tiny database beside it, `<file>.lock`: the operating
 * system releases it with the process, however that ends, so there is nothing stale to clean up.
 *
 * The lock file stays behind empty; deleting it would open a gap between two writers.
 */
import { EventStoreError } from "../../errors.ts";
import { loadDriver, type SqliteDatabase } from "./driver.ts";
import { isBusy, openFailure } from "./failure.ts";

export interface WriterLock {
  /** Lets the next writer in. */
  close(): void;
}

/** @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` at once when another writer holds the file. */
export async function lockForWriting(path: string): Promise<WriterLock> {
  const Database = await loadDriver();
  let database: SqliteDatabase | undefined;
  try {
    database = new Database(`${path}.lock`);
    database.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE;");
  } catch (error) {
    database?.close();
    throw isBusy(error) ? alreadyOpen(path, error) : openFailure(error, path);
  }
  const held = database;
  // The connection must stay reachable: collecting it as garbage would let go of the lock.
  return { close: () => held.close() };
}

function alreadyOpen(path: string, cause: unknown): EventStoreError {
  const fix = "stop it, or talk to its server, or open it read-only";
  const message = `${path} is already open for writing by another process; ${fix}`;
  return new EventStoreError("EVT_BACKEND_UNAVAILABLE", message, { cause });
}
