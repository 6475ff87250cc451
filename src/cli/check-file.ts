/** What `doctor` says of an SQLite file: there, readable, writable, whose, intact, and whether its disk has room. */
import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Connection } from "../backend/sqlite/connection.ts";
import { loadDriver } from "../backend/sqlite/driver.ts";
import { bytesText, type Check, doubt, failed, ok } from "./check.ts";
import { oneLine } from "./exit.ts";

/** Larger files are read through only on demand. */
const MAX_QUICK_BYTES = 4 * 1024 ** 3;
const LEAST_FREE = { bytes: 1024 ** 3, share: 0.05, warnShare: 0.15 } as const;

export interface FileCheckOptions {
  /** Look at every index entry, and at files of any size. */
  readonly full: boolean;
}

/** Whether the file can be had for reading and writing. Nothing is written to find out. */
export async function fileChecks(path: string): Promise<Check[]> {
  const file = resolve(path);
  if (!existsSync(file)) return [absent(file)];
  const unwritable = [file, dirname(file)].find((one) => !isAllowed(one, constants.R_OK | constants.W_OK));
  if (unwritable !== undefined)
    return [failed("writing", `this user may not read and write ${unwritable}`, `give it the right, or use its owner`)];
  if (await isLocked(file))
    return [
      ok("writing", "a writer has the file open (a running server?); append and archive need --server meanwhile"),
    ];
  return [ok("writing", "the file is free for a writer")];
}

function absent(file: string): Check {
  const folder = nearestFolder(dirname(file));
  if (isAllowed(folder, constants.W_OK)) return ok("writing", `${file} is not there yet; serve makes it`);
  return failed("writing", `${file} is not there, and this user may not write to ${folder}`, "give it the right");
}

/** Pages and, with `full`, indexes; a damaged file is a failure. */
export async function integrityCheck(path: string, { full }: FileCheckOptions): Promise<Check> {
  const size = sizeOf(path) + sizeOf(`${path}-wal`);
  if (!full && size > MAX_QUICK_BYTES)
    return ok("integrity", `not checked, ${bytesText(size)} take a while; doctor --full does it`);
  const pragma = full ? "integrity_check" : "quick_check";
  const connection = await Connection.open(path, true);
  try {
    const found = connection.all<Record<string, string>>(`PRAGMA ${pragma}(3)`).map((row) => Object.values(row)[0]);
    if (found.length === 1 && found[0] === "ok")
      return ok("integrity", `${pragma} of ${bytesText(size)} found nothing`);
    return damaged(oneLine(found.join("; ")));
  } catch (error) {
    return damaged(oneLine(error instanceof Error ? error.message : String(error)));
  } finally {
    connection.close();
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function damaged(detail: string): Check {
  return failed("integrity", detail, "stop the server, keep a copy, save what query --limit 0 still reads");
}

/** Room on the disks of files and folders; each disk once. */
export function diskChecks(paths: readonly string[]): Check[] {
  const folders = paths.map((path) => nearestFolder(resolve(path)));
  const byDisk = new Map(folders.map((folder) => [statSync(folder).dev, folder]));
  return [...byDisk.values()].map((folder) => {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return roomCheck({ folder, free: bavail * bsize, all: blocks * bsize });
  });
}

/** @param room bytes */
export function roomCheck({ folder, free, all }: { folder: string; free: number; all: number }): Check {
  const share = all === 0 ? 0 : free / all;
  const detail = `${bytesText(free)} free (${Math.round(share * 100)} %) at ${folder}`;
  const fix = "make room: archive and purge, or move the file to a larger disk";
  if (free < LEAST_FREE.bytes || share < LEAST_FREE.share) return failed("disk", detail, fix);
  return share < LEAST_FREE.warnShare ? doubt("disk", detail, fix) : ok("disk", detail);
}

function nearestFolder(path: string): string {
  for (let at = path; ; at = dirname(at)) {
    if (statSync(at, { throwIfNoEntry: false })?.isDirectory() || at === dirname(at)) return at;
  }
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** A writer holds an exclusive lock beside the file (backend/sqlite/lock.ts); reading there tells, and changes nothing. */
async function isLocked(file: string): Promise<boolean> {
  const lock = `${file}.lock`;
  if (!existsSync(lock)) return false;
  const Database = await loadDriver();
  const database = new Database(lock, { readOnly: true });
  try {
    database.exec("PRAGMA busy_timeout = 0");
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
    return false;
  } catch {
    return true;
  } finally {
    database.close();
  }
}
