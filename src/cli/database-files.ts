/**
 * Database files: tells whether a file a command is about to write holds events already, in the database in use or in
 * another one. Links are followed; a file that is not there yet is known by its folder. It only looks.
 */
import { closeSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** What SQLite and its writer keep beside a database. */
const BESIDE = ["", "-wal", "-shm", "-journal", ".lock"] as const;
const MARK = "SQLite format 3\0";

/** True for the database, for a file that belongs to it, and for any other SQLite database and what belongs to that. */
export function isDatabaseFile(path: string, database: string | undefined): boolean {
  if (database !== undefined && BESIDE.some((end) => isSameFile(path, database + end))) return true;
  const real = realPath(path);
  return BESIDE.some((end) => real.endsWith(end) && hasMark(real.slice(0, real.length - end.length)));
}

/** True when both names lead to one file, by whatever links. */
export function isSameFile(one: string, other: string): boolean {
  if (realPath(one) === realPath(other)) return true;
  const [a, b] = [one, other].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return a?.isFile() === true && a.dev === b?.dev && a.ino === b.ino;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPath(folder), basename(path));
  }
}

function hasMark(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    return false;
  }
  try {
    const head = Buffer.alloc(MARK.length);
    return readSync(fd, head, 0, head.length, 0) === head.length && head.toString("latin1") === MARK;
  } finally {
    closeSync(fd);
  }
}
