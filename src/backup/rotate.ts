/**
 * Rotation: the newest backups of a database are kept, older ones go.
 *
 * It touches folders only that are named as its backups and say they are; no links, nothing of other databases. One that
 * is whole always stays: where none of those kept is, the newest of the others that is. What was left half written a day
 * ago goes too.
 */
import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { deleteBackup, isBackupValid, listBackups, newestValid } from "./catalogue.ts";
import { onDisk } from "./disk.ts";
import { isBackupName, isPartialName } from "./names.ts";
import type { BackupInfo } from "./types.ts";

const DAY_MS = 86_400_000;

export interface RotateOptions {
  readonly dir: string;
  readonly database: string;
  /** Backups that stay; 0 for all. */
  readonly keep: number;
  /** Path of one just made: it stays, and is whole. */
  readonly made?: string | undefined;
}

/** Paths of the backups it deleted. @since 0.1.0 */
export async function rotateBackups({ dir, database, keep, made }: RotateOptions): Promise<readonly string[]> {
  if (keep <= 0) return [];
  const all = (await listBackups(dir, database)).filter(({ name }) => isBackupName(name, database));
  const isMade = ({ path }: BackupInfo) => path === made;
  const byAge = [...all.filter(isMade), ...all.filter((backup) => !isMade(backup))];
  const [kept, old] = [byAge.slice(0, keep), byAge.slice(keep)];
  if (old.length === 0) return [];
  const spared = kept.some(isMade) || (await someValid(kept)) ? undefined : await newestValid(old);
  const removed = old.filter((backup) => backup !== spared).map(({ path }) => path);
  // The oldest first: whenever this ends early, the newest are those that are left.
  for (const path of removed.toReversed()) await deleteBackup(path);
  return removed;
}

async function someValid(backups: readonly BackupInfo[]): Promise<boolean> {
  for (const backup of backups) if (await isBackupValid(backup)) return true;
  return false;
}

/** Removes what backups and deletions that died left half done more than a day ago; says which. */
export async function removeLeftovers(dir: string, database: string, now: Date): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const name of await onDisk(dir, () => readdir(dir))) {
    if (!isPartialName(name, database)) continue;
    const path = join(dir, name);
    const stat = await lstat(path).catch(() => undefined);
    if (!stat?.isDirectory() || now.getTime() - stat.mtimeMs < DAY_MS) continue;
    await onDisk(path, () => rm(path, { recursive: true, force: true }));
    removed.push(path);
  }
  return removed;
}
