/** `backup delete`: deletes one backup, after a person or `--force` has agreed. */
import { Command } from "commander";
import { deleteBackup, describeBackup } from "../../backup/catalogue.ts";
import { addBackupFlags, backupPath, backupPlace } from "../backup-flags.ts";
import { createdText, failingAs, sizeText } from "../backup-report.ts";
import { answered } from "../confirm.ts";
import { usageError } from "../exit.ts";
import { booleanOption } from "../flags.ts";
import type { Io } from "../io.ts";

export function backupDeleteCommand(io: Io): Command {
  const command = new Command("delete")
    .summary("delete a backup")
    .description("Deletes a backup for good.")
    .argument("<backup>", "its path, or its name in the folder of backups")
    .addOption(booleanOption("force", "do it without asking"))
    .addOption(booleanOption("yes", "the same").hideHelp());
  return addBackupFlags(command).action((given: string) => remove(command, given, io));
}

async function remove(command: Command, given: string, io: Io): Promise<void> {
  const { force, yes } = command.opts<{ force?: string; yes?: string }>();
  const path = backupPath(given, backupPlace(command, io), io);
  const backup = await failingAs("Deletion failed", { io }, () => describeBackup(path));
  const what = `delete ${backup.name} (${createdText(backup)}, ${sizeText(backup.size_bytes)})`;
  if (force !== "true" && yes !== "true" && !(await agreed(what, io)))
    return void (await io.out.write("Deletion cancelled\n"));
  await failingAs("Deletion failed", { io }, () => deleteBackup(path));
  await io.out.write(`Backup deleted successfully: ${backup.path}\n`);
}

async function agreed(what: string, io: Io): Promise<boolean> {
  const answer = await answered(what, io);
  if (answer === undefined) throw usageError(`this would ${what}; add --force to do it`);
  return answer;
}
