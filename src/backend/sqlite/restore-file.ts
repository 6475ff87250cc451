/**
 * One database file in the place of another, so that at every moment the name leads to a whole one.
 *
 * A file that is there is not renamed over: SQLite would read the old one's write-ahead log into it, and a process that has
 * it open would go on with the old one. Its content is replaced in one transaction instead.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { constants, copyFile, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { EventStoreError } from "../../errors.ts";
import { Connection } from "./connection.ts";
import { loadModule } from "./driver.ts";
import { failure, openFailure } from "./failure.ts";
import { checkForeign, quickCheck } from "./foreign-file.ts";
import { countsIn } from "./restore-rows.ts";
import { checkSchema, ensureSchema } from "./schema.ts";

/** SQLite's code for a file that is no longer a whole database. */
const DAMAGED = 11;
const PAGES_PER_STEP = 4096;
const SIDES = ["", "-journal", "-wal", "-shm"];

export function stagedFile(file: string): string {
  return `${file}.restoring`;
}

/** A database and what SQLite keeps beside it. */
export async function removeFile(file: string): Promise<void> {
  for (const side of SIDES) await rm(file + side, { force: true });
}

/**
 * A copy of a file that came from outside, ready to be used; returns documents by collection.
 * @throws EventStoreError where it is damaged, not ours, or holds what could act by itself
 */
export async function adoptFile(from: string, to: string): Promise<Readonly<Record<string, number>>> {
  await removeFile(to);
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    const copy = await Connection.open(to);
    try {
      await checkForeign(copy, from);
      copy.exec("PRAGMA journal_mode = DELETE");
      ensureSchema(copy, []);
      newOrigin(copy);
      return countsIn(copy);
    } finally {
      copy.close();
    }
  } catch (error) {
    await removeFile(to);
    throw adoptFailure(error, from, to);
  }
}

/** A file that is damaged is no fault of the disk it was copied to, and the other way round. */
function adoptFailure(error: unknown, from: string, to: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (isDamaged(error)) return new EventStoreError("EVT_INVALID_OPTION", `${from} is damaged`, { cause: error });
  if (error instanceof EventStoreError || !/^E[A-Z]+$/.test(String(code))) return openFailure(error, from);
  const text = code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG" ? "there is no room" : "it failed";
  const message = `${from} could not be copied to ${to}: ${text} (${code})`;
  return new EventStoreError("EVT_BACKEND_UNAVAILABLE", message, { cause: error });
}

/** Places in the arrivals of the file as it was would lead to other events now. */
export function newOrigin(writer: Connection): void {
  writer.run("update origin set id = ?", [randomBytes(5).toString("hex")]);
}

/** Puts the staged file in the place of the old one; the caller holds the lock. */
export async function putInPlace(file: string, warn: (message: string) => void): Promise<void> {
  if (existsSync(file) && (await isWhole(file))) return copyInto(file);
  await written(stagedFile(file));
  if (existsSync(file)) await setAside(file, warn);
  await rename(stagedFile(file), file);
  await written(dirname(file));
  await settle(file);
}

/** SQLite's own backup, in one transaction: whoever reads the file sees all of the old or all of the new one. */
async function copyInto(file: string): Promise<void> {
  const { DatabaseSync, backup } = await loadModule();
  if (backup === undefined) {
    const fix = "install the package @photostructure/sqlite, or use Node 22.16 or newer";
    throw new EventStoreError("EVT_MISSING_DRIVER", `this SQLite driver cannot replace the file ${file}: ${fix}`);
  }
  const staged = new DatabaseSync(stagedFile(file), { readOnly: true });
  try {
    await backup(staged, file, { rate: PAGES_PER_STEP });
  } catch (error) {
    throw failure(error, file);
  } finally {
    staged.close();
  }
  await settle(file);
  await removeFile(stagedFile(file));
}

/** As a writer leaves it behind: with an empty write-ahead log, so that readers and a writer do not meet. */
async function settle(file: string): Promise<void> {
  const connection = await Connection.open(file);
  try {
    connection.exec("PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    connection.close();
  }
}

/** Written through to the disk. */
async function written(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** False for a damaged file. @throws EventStoreError for one of another program */
async function isWhole(file: string): Promise<boolean> {
  let old: Connection | undefined;
  try {
    old = await Connection.open(file);
    checkSchema(old);
    return quickCheck(old) === undefined;
  } catch (error) {
    // One of a newer version may be replaced too.
    if (error instanceof EventStoreError && error.code === "EVT_SCHEMA_MISMATCH") return true;
    if (isDamaged(error)) return false;
    throw openFailure(error, file);
  } finally {
    old?.close();
  }
}

/** A damaged file is what backups are for; it is kept, since somebody may yet read something in it. */
async function setAside(file: string, warn: (message: string) => void): Promise<void> {
  const aside = `${file}.damaged-${randomBytes(4).toString("hex")}`;
  for (const side of SIDES) if (existsSync(file + side)) await rename(file + side, aside + side);
  warn(`${file} was damaged; it is kept as ${aside}`);
}

function isDamaged(error: unknown): boolean {
  const { cause = error } = error as { readonly cause?: unknown };
  const { errcode } = cause as { readonly errcode?: unknown };
  return typeof errcode === "number" && (errcode & 0xff) === DAMAGED;
}
