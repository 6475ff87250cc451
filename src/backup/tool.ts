/** What can be done with backups, as one object: callers that only pass it on need not know the parts. */
import { deleteBackup, isBackupValid, listBackups } from "./catalogue.ts";
import { createBackup } from "./create.ts";
import { makeBackup } from "./make.ts";
import { restoreBackup } from "./restore.ts";
import type { BackupTool } from "./types.ts";
import { verifyBackup } from "./verify.ts";

/** @since 0.1.0 */
export const backupTool: BackupTool = Object.freeze({
  create: createBackup,
  make: makeBackup,
  list: listBackups,
  isValid: (backup) => isBackupValid(backup),
  verify: verifyBackup,
  restore: restoreBackup,
  delete: deleteBackup,
} satisfies BackupTool);
