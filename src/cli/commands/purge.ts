/** `purge --older-than TIME`: deletes archived events for good, after a person or `--yes` has agreed to their number. */
import { Command, Option } from "commander";
import { NO_TIME_LIMIT_MS } from "../choice.ts";
import { confirmed } from "../confirm.ts";
import { counted, usageError } from "../exit.ts";
import { booleanOption, wholeNumberFlag } from "../flags.ts";
import type { Io } from "../io.ts";
import { addAccessFlags, openAccess } from "../open-access.ts";
import { timeArgument } from "../time.ts";

const EXAMPLES = `
Examples:
  madsci-events purge --older-than 365d --dry-run
  madsci-events purge --older-than 90d --yes

Only archived events are deleted, by the time at which they were archived: archive first. 0d means all of them.`;

const DAY_MS = 86_400_000;

export function purgeCommand(io: Io): Command {
  const command = new Command("purge")
    .summary("delete archived events for good")
    .description("Deletes the events that were archived longer ago than this.")
    .option("--older-than <time>", "archived longer ago than 365d, 52w …, or a date")
    .addOption(new Option("--older-than-days <n>", "the same in days").hideHelp())
    .addOption(booleanOption("yes", "do it without asking"))
    .addOption(booleanOption("dry-run", "print the number and change nothing"))
    .addHelpText("after", EXAMPLES);
  return addAccessFlags(command).action(() => purge(command, io));
}

interface Flags {
  readonly olderThan?: string;
  readonly olderThanDays?: string;
  readonly yes?: string;
  readonly dryRun?: string;
  readonly server?: string;
}

async function purge(command: Command, io: Io): Promise<void> {
  const flags = command.opts<Flags>();
  const ageMs = ageOf(flags, new Date());
  const isDry = flags.dryRun === "true";
  if (flags.server !== undefined && ageMs % DAY_MS !== 0)
    throw usageError("a server purges by whole days; give --older-than in days, like 90d");
  await using access = await openAccess(command, io, { readOnly: isDry });
  const selector = { archived: true, archived_at: { $lte: new Date(Date.now() - ageMs) } };
  const found = await access.count({ selector, includeArchived: true, timeoutMs: NO_TIME_LIMIT_MS });
  if (isDry) return void (await io.out.write(`${counted(found, "event")} would be deleted\n`));
  if (found > 0) await confirmed({ what: `delete ${counted(found, "event")} for good`, yes: flags.yes === "true" }, io);
  await io.out.write(`${counted(found === 0 ? 0 : await access.purge(ageMs), "event")} deleted\n`);
}

/** How long ago events must have been archived, in ms. @throws EventStoreError `EVT_INVALID_OPTION` */
function ageOf({ olderThan, olderThanDays }: Flags, now: Date): number {
  const days = wholeNumberFlag("older-than-days", olderThanDays);
  if ((days === undefined) === (olderThan === undefined))
    throw usageError("purge needs --older-than with a time, like --older-than 365d");
  if (days !== undefined) return days * DAY_MS;
  const given = timeArgument(olderThan, now);
  const time = given instanceof Date ? given : new Date(/^\d{4}-/.test(given ?? "") ? (given as string) : Number.NaN);
  if (time.getTime() <= now.getTime()) return now.getTime() - time.getTime();
  throw usageError("--older-than takes a length of time like 365d, 52w or 12h, or a past date like 2025-01-31");
}
