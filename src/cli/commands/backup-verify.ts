/** `backup verify`: whether a backup is whole, and restores to what it holds. */
import { Command } from "commander";
import { openScratch } from "../../backup/scratch.ts";
import { verifyBackup } from "../../backup/verify.ts";
import { addBackupFlags, backupPath, backupPlace } from "../backup-flags.ts";
import { backupProgress, documentsText, factsText, failingAs } from "../backup-report.ts";
import { CommandFailure } from "../exit.ts";
import { booleanOption } from "../flags.ts";
import { type Io, warn } from "../io.ts";
import { untilSignal } from "../shutdown.ts";

const EXAMPLES = `
Checks the checksum and every document, restores into a scratch database beside the one of --url (for a file, a temporary
one), compares counts and a sample, and removes it again.`;

export function backupVerifyCommand(io: Io): Command {
  const command = new Command("verify")
    .alias("validate")
    .summary("check a backup")
    .description("Checks whether a backup is whole and can be restored.")
    .argument("<backup>", "its path, or its name in the folder of backups")
    .addOption(booleanOption("restore-test", "restore it into a scratch database to compare; default: true"))
    .addHelpText("after", EXAMPLES);
  return addBackupFlags(command).action((given: string) => verify(command, given, io));
}

async function verify(command: Command, given: string, io: Io): Promise<void> {
  const around = backupPlace(command, io);
  const { place, config, database } = around;
  const path = backupPath(given, around, io);
  const signal = untilSignal();
  const say = (message: string) => warn(io, message);
  const naiveTimezone = config.settings.naive_timezone ?? undefined;
  const scratch = () => openScratch(place.url, { database, naiveTimezone, warn: say });
  const isTested = command.opts<{ restoreTest?: string }>().restoreTest !== "false";
  await failingAs("Backup validation failed", { io, signal }, async () => {
    const common = { signal, warn: say, onProgress: backupProgress(io) };
    const verdict = await verifyBackup(path, { ...common, scratch: isTested ? scratch : undefined });
    if (!verdict.valid)
      throw new CommandFailure(`Backup validation failed: ${verdict.reason ?? "it is not a whole backup"}`);
    io.progress?.("");
    const checked = verdict.restored ? "restored into a scratch database and compared" : "checksum and every document";
    const facts = { path, holds: documentsText(verdict.documents), checked };
    await io.out.write(factsText("Backup validation successful", facts));
  });
}
