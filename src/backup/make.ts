/**
 * Make: a backup that was looked at before older ones go for it.
 *
 *   made ─ looked through, or restored into a scratch database ─ older ones rotated
 *                     └ not good: it is deleted, and nothing else
 */
import type { DumpTarget } from "../backend/dump-contract.ts";
import { EventStoreError } from "../errors.ts";
import { deleteBackup } from "./catalogue.ts";
import { createBackup } from "./create.ts";
import { rotateBackups } from "./rotate.ts";
import type { BackupInfo, CreateBackupOptions } from "./types.ts";
import { verifyBackup } from "./verify.ts";

export interface MakeBackupOptions extends CreateBackupOptions {
  /** False: it is taken as it was written. @default true */
  readonly isChecked?: boolean;
  /** Where it is restored for comparison; without it, checksum and every document are looked at. */
  readonly scratch?: (() => Promise<DumpTarget>) | undefined;
}

/** @throws EventStoreError as `createBackup`, and `EVT_BACKEND_UNAVAILABLE` where what was made is not good */
export async function makeBackup(options: MakeBackupOptions): Promise<BackupInfo> {
  const { keep = 0, isChecked = true, ...others } = options;
  const made = await createBackup(others);
  if (isChecked) await check(made, options);
  await rotate(made, keep, options);
  return made;
}

async function check({ path }: BackupInfo, options: MakeBackupOptions): Promise<void> {
  const { scratch, onProgress, signal, onStep, warn } = options;
  const common = { ...(onProgress && { onProgress }), ...(signal && { signal }), ...(onStep && { onStep }) };
  const { valid, reason } = await verifyBackup(path, { ...common, ...(warn && { warn }), scratch });
  if (valid) return;
  await deleteBackup(path);
  const test = scratch === undefined ? "check" : "restore test";
  throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", `Backup ${test} failed: ${reason ?? "unknown reason"}`);
}

/** The backup is made: what goes wrong here is reported and does not undo it. */
async function rotate({ path, database }: BackupInfo, keep: number, { dir, warn }: MakeBackupOptions): Promise<void> {
  try {
    await rotateBackups({ dir, database, keep, made: path });
  } catch (error) {
    warn?.(`older backups of ${database} could not be deleted: ${(error as Error).message}`);
  }
}
