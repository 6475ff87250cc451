/**
 * Rotation: the newest backups of a database are kept, older ones go.
 *
 * It touches folders only that are named as its backups and say they are; no links, nothing of other databases. Those of
 * some collections only are counted by themselves: they replace none of all. One that is undamaged always stays: where none
 * of those kept is, the newest of the others that is. What was left half written a day ago goes too.
 */
import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { deleteBackup, isBackupValid, listBackups, newestValid } from "./catalogue.ts";
import { onDisk } from "./disk.ts";
import { holdsAll } from "./metadata.ts";
import { isBackupName, isPartialName } from "./names.ts";
import type { BackupInfo } from "./types.ts";

const DAY_MS = 86_400_000;

export interface RotateOptions {
  readonly dir: string;
  readonly database: string;
  /** Backups that stay of either kind; 0 for all. */
  readonly keep: number;
  /** Path of one just made: it stays, and is undamaged. */
  readonly made?: string | undefined;
}

/** Paths of the backups it deleted. @since 0.1.0 */
export async function rotateBackups({ dir, database, keep, made }: RotateOptions): Promise<readonly string[]> {
  if (keep <= 0) return [];
  const all = (await listBackups(dir, database)).filter(({ name }) => isBackupName(name, database));
  const removed: string[] = [];
  for (const kind of [true, false]) {
    const ofKind = all.filter(({ metadata }) => holdsAll(metadata) === kind);
    for (const path of await outdated(ofKind, keep, made)) {
      await deleteBackup(path);
      removed.push(path);
    }
  }
  return removed;
}

/** The oldest first: whenever deleting ends early, the newest are those that are left. */
async function outdated(all: readonly BackupInfo[], keep: number, made: string | undefined): Promise<string[]> {
  const isMade = ({ path }: BackupInfo) => path === made;
  const byAge = [...all.filter(isMade), ...all.filter((backup) => !isMade(backup))];
  const [kept, old] = [byAge.slice(0, keep), byAge.slice(keep)];
  if (old.length === 0) return [];
  const spared = kept.some(isMade) || (await someValid(kept)) ? undefined : await newestValid(old);
  return old
    .filter((backup) => backup !== spared)
    .map(({ path }) => path)
    .toReversed();
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
