/** `backup list`: the backups in a folder, newest first. */
import { Command } from "commander";
import { listBackups } from "../../backup/catalogue.ts";
import { addBackupFlags, backupPlace } from "../backup-flags.ts";
import { backupRows, failingAs } from "../backup-report.ts";
import { booleanOption } from "../flags.ts";
import type { Io } from "../io.ts";

export function backupListCommand(io: Io): Command {
  const command = new Command("list")
    .summary("list the backups there are")
    .description("Lists backups, the newest first; with --database those of one database.")
    .addOption(booleanOption("json", "one JSON object a line"));
  return addBackupFlags(command).action(() => list(command, io));
}

async function list(command: Command, io: Io): Promise<void> {
  const { dir, database } = backupPlace(command, io);
  const backups = await failingAs("Backups cannot be listed", { io }, () => listBackups(dir, database));
  if (command.opts().json === "true")
    return void (await io.out.write(backups.map((backup) => `${JSON.stringify(backup)}\n`).join("")));
  const text = backups.length === 0 ? `No backups found in ${dir}\n` : backupRows(backups, io.columns);
  await io.out.write(text);
}
