/** `backup schedule`: what the settings say of backups that `serve` makes by itself, and when the next ones are. */
import { Command } from "commander";
import { nextTimes, zonedText } from "../../backup/schedule.ts";
import { addBackupFlags, backupPlace } from "../backup-flags.ts";
import { backupDoubts } from "../backup-serve.ts";
import { usageError } from "../exit.ts";
import { addSettingFlags, wholeNumberFlag } from "../flags.ts";
import { type Io, warn } from "../io.ts";

const EXAMPLES = `
Examples:
  madsci-events backup schedule
  madsci-events backup schedule --backup-schedule "0 3 * * *" --next 10
  madsci-events serve --backup-enabled --backup-schedule "0 3 * * *"

This prints only; madsci-events serve makes the backups.`;

const MOST = 1000;
const SETTINGS = ["backup_enabled", "backup_schedule"];

export function backupScheduleCommand(io: Io): Command {
  const command = new Command("schedule")
    .summary("say when backups are made by themselves")
    .description("Prints what the settings say of scheduled backups, and their next times.")
    .option("--next <n>", "how many times; default: 5")
    .addHelpText("after", EXAMPLES);
  addSettingFlags(command, SETTINGS, new Set(SETTINGS));
  return addBackupFlags(command, ["backup_dir", "backup_max_count"]).action(() => show(command, io));
}

async function show(command: Command, io: Io): Promise<void> {
  const count = wholeNumberFlag("next", command.opts<{ next?: string }>().next) ?? 5;
  if (count < 1 || count > MOST) throw usageError(`--next takes a number from 1 to ${MOST}`);
  const { config, dir } = backupPlace(command, io);
  const { backup_enabled, backup_schedule: cron, backup_max_count, naive_timezone } = config.settings;
  for (const message of backupDoubts(config.settings)) warn(io, message);
  const zone = naive_timezone ?? "UTC";
  const times = cron === null ? [] : nextTimes(cron, zone, { from: new Date(), count });
  const lines = [
    `enabled    ${backup_enabled ? "yes" : "no"}`,
    `schedule   ${cron === null ? "none" : `"${cron}" (${zone})`}`,
    `folder     ${dir}`,
    `kept       ${backup_max_count}`,
    ...times.map((time, at) => `${at === 0 ? "next" : ""}`.padEnd(11) + zonedText(time, zone)),
  ];
  await io.out.write(`${lines.join("\n")}\n`);
}
