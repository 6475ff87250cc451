/**
 * Make: a backup that was looked at before older ones go for it.
 *
 *   made ─ looked through, or restored into a scratch database ─ older ones rotated
 *                     ├ not good: it is deleted, and nothing else
 *                     └ the scratch database fails: it stays, whole but untested, and so do all others
 */
import { EventStoreError } from "../errors.ts";
import { deleteBackup } from "./catalogue.ts";
import { createBackup } from "./create.ts";
import { rotateBackups } from "./rotate.ts";
import type { BackupInfo, BackupVerdict, MakeBackupOptions } from "./types.ts";
import { verifyBackup } from "./verify.ts";

/** @throws EventStoreError as `createBackup`, and `EVT_BACKEND_UNAVAILABLE` where what was made is not good @since 0.1.0 */
export async function makeBackup(options: MakeBackupOptions): Promise<BackupInfo> {
  const { keep = 0, isChecked = true, ...others } = options;
  const made = await createBackup(others);
  if (isChecked) await check(made, options);
  await rotate(made, keep, options);
  return made;
}

async function check({ path }: BackupInfo, options: MakeBackupOptions): Promise<void> {
  const { valid, reason } = await verdictOn(path, options);
  if (valid) return;
  await deleteBackup(path);
  throw failed(options, reason ?? "unknown reason");
}

async function verdictOn(path: string, options: MakeBackupOptions): Promise<BackupVerdict> {
  const { scratch, onProgress, signal, onStep, warn } = options;
  const common = { ...(onProgress && { onProgress }), ...(signal && { signal }), ...(onStep && { onStep }) };
  try {
    return await verifyBackup(path, { ...common, ...(warn && { warn }), scratch });
  } catch (error) {
    if (signal?.aborted || !(error instanceof EventStoreError)) throw error;
    throw failed(options, `${error.message}; ${path} was not tested, it stays`, error);
  }
}

function failed({ scratch }: MakeBackupOptions, reason: string, cause?: unknown): EventStoreError {
  const test = scratch === undefined ? "check" : "restore test";
  return new EventStoreError("EVT_BACKEND_UNAVAILABLE", `Backup ${test} failed: ${reason}`, { cause });
}

/** The backup is made: what goes wrong here is reported and does not undo it. */
async function rotate({ path, database }: BackupInfo, keep: number, { dir, warn }: MakeBackupOptions): Promise<void> {
  try {
    await rotateBackups({ dir, database, keep, made: path });
  } catch (error) {
    warn?.(`older backups of ${database} could not be deleted: ${(error as Error).message}`);
  }
}
