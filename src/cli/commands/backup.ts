/** `backup`: makes, lists, checks, restores and deletes backups, and says when they are made by themselves. */
import { Command } from "commander";
import type { Io } from "../io.ts";
import { backupCreateCommand } from "./backup-create.ts";
import { backupDeleteCommand } from "./backup-delete.ts";
import { backupListCommand } from "./backup-list.ts";
import { backupRestoreCommand } from "./backup-restore.ts";
import { backupScheduleCommand } from "./backup-schedule.ts";
import { backupVerifyCommand } from "./backup-verify.ts";

const EXAMPLES = `
Examples:
  madsci-events backup create --label before_upgrade
  madsci-events backup list
  madsci-events backup verify madsci_events_backup_…
  madsci-events backup restore madsci_events_backup_… --into madsci_events_copy
  madsci-events backup delete madsci_events_backup_… --force

No other program is needed: MongoDB backups are what mongodump writes, and its backups and MADSci's are restored too.
Exit codes: 0 done, 1 failed, 2 usage.`;

export function backupCommand(io: Io): Command {
  const command = new Command("backup")
    .summary("back up and restore the database")
    .description("Backs up the database of events, and restores it.")
    .addHelpText("after", EXAMPLES);
  const looking = [backupListCommand(io), backupVerifyCommand(io), backupScheduleCommand(io)];
  const changing = [backupRestoreCommand(io), backupDeleteCommand(io)];
  for (const inner of [backupCreateCommand(io), ...looking, ...changing]) command.addCommand(inner);
  return command;
}
