/** The backups in a folder: which there are, whether they are whole, and deleting one. */
import { lstat, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { EventStoreError } from "../errors.ts";
import { checksumOf } from "./checksum.ts";
import { onDisk } from "./disk.ts";
import { readChecksum, readMetadata } from "./metadata.ts";
import { checkDatabase, partialName } from "./names.ts";
import type { BackupInfo } from "./types.ts";

/**
 * Newest first; of one database where it is named. A folder nobody understands is left out, and what is a link.
 * @throws EventStoreError where the folder itself cannot be read; one that is not there has none
 * @since 0.1.0
 */
export async function listBackups(dir: string, database?: string): Promise<readonly BackupInfo[]> {
  const found: BackupInfo[] = [];
  for (const name of await foldersIn(dir)) {
    const backup = await describeBackup(join(dir, name)).catch(() => undefined);
    if (backup && (database === undefined || backup.database === database)) found.push(backup);
  }
  return found.sort(newestFirst);
}

async function foldersIn(dir: string): Promise<readonly string[]> {
  try {
    const entries = await onDisk(dir, () => readdir(dir, { withFileTypes: true }));
    return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith(".")).map(({ name }) => name);
  } catch (error) {
    if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return [];
    throw error;
  }
}

/**
 * What a backup says of itself.
 * @throws EventStoreError `EVT_INVALID_OPTION` where the path is none
 * @since 0.1.0
 */
export async function describeBackup(path: string): Promise<BackupInfo> {
  const folder = resolve(path);
  await assertFolder(folder);
  const metadata = await readMetadata(folder);
  const database = checkDatabase(metadata.database_name);
  await assertFolder(join(folder, database));
  const { timestamp: created_at, backup_size: size_bytes } = metadata;
  return { path: folder, name: basename(folder), database, created_at, size_bytes, metadata };
}

async function assertFolder(path: string): Promise<void> {
  const stat = await onDisk(path, () => lstat(path));
  if (stat.isDirectory()) return;
  const what = stat.isSymbolicLink() ? "is a link" : "is not a folder";
  throw new EventStoreError("EVT_INVALID_OPTION", `${path} ${what}; name the folder of a backup`);
}

/**
 * True where its documents are those its checksum was made of.
 * @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` where the disk fails
 * @since 0.1.0
 */
export async function isBackupValid({ path, database, metadata }: BackupInfo, signal?: AbortSignal): Promise<boolean> {
  try {
    const beside = await readChecksum(path);
    const expected = metadata.checksum.toLowerCase();
    if (beside !== undefined && beside !== expected) return false;
    return (await checksumOf(join(path, database), signal)) === expected;
  } catch (error) {
    if (error instanceof EventStoreError && error.code === "EVT_INVALID_OPTION") return false;
    throw error;
  }
}

/** The newest whose documents are whole. */
export async function newestValid(backups: readonly BackupInfo[]): Promise<BackupInfo | undefined> {
  for (const backup of backups.toSorted(newestFirst)) if (await isBackupValid(backup)) return backup;
  return undefined;
}

/**
 * Deletes a backup. It loses its name first: what is half deleted is never listed.
 * @throws EventStoreError `EVT_INVALID_OPTION` where the path is none
 * @since 0.1.0
 */
export async function deleteBackup(path: string): Promise<void> {
  const { path: folder, name } = await describeBackup(path);
  await onDisk(folder, async () => {
    const hidden = join(dirname(folder), partialName(name));
    await rm(hidden, { recursive: true, force: true });
    await rename(folder, hidden);
    await rm(hidden, { recursive: true, force: true });
  });
}

function newestFirst(a: BackupInfo, b: BackupInfo): number {
  const [ours, others] = [instantMs(a), instantMs(b)];
  if (ours !== others) return others - ours;
  return instantText(a) < instantText(b) ? 1 : -1;
}

function instantMs({ metadata }: BackupInfo): number {
  return Date.parse(metadata.created_utc ?? metadata.timestamp) || 0;
}

/** For what milliseconds do not tell. */
function instantText({ metadata, name }: BackupInfo): string {
  const [time = "", fraction = ""] = metadata.timestamp.split(".");
  return `${time}.${fraction.padEnd(6, "0")} ${name}`;
}
