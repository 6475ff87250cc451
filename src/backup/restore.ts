/**
 * Restore: a backup into a database.
 *
 *   look at all of it ─ add to what is there, ids that are there stay           (default)
 *                     └ beside what is there ─ count ─ change places            (drop)
 *
 * A backup that is damaged or hostile is refused before anything is written. Whatever fails afterwards, or however the
 * process ends: what was there is still there, or the whole new one is.
 */
import { checkBackup, type OpenedBackup, openBackup } from "./inspect.ts";
import { type RestoreContentOptions, restoreContent } from "./restore-content.ts";
import { restoreFile } from "./restore-file.ts";
import type { RestoreBackupOptions, RestoreReport } from "./types.ts";

/** @throws EventStoreError `EVT_INVALID_OPTION` for a backup that is not taken, and as the target @since 0.1.0 */
export async function restoreBackup(path: string, options: RestoreBackupOptions): Promise<RestoreReport> {
  const backup = await openBackup(path, { expectDatabase: options.expectDatabase, warn: options.warn });
  const documents = await checkBackup(backup, options);
  await options.onStep?.("checked");
  return restoreChecked({ backup, documents }, options);
}

export interface CheckedBackup {
  readonly backup: OpenedBackup;
  readonly documents: Readonly<Record<string, number>>;
}

export async function restoreChecked(
  { backup, documents }: CheckedBackup,
  options: RestoreContentOptions,
): Promise<RestoreReport> {
  const { content } = backup;
  if (content === undefined) return restoreFile(backup, options);
  return restoreContent({ path: backup.path, content, documents }, options);
}
