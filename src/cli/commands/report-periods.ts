/** `report periods`: use by hour, day, week or month. */
import { Command } from "commander";
import { type PeriodsReport, periodsCsv } from "../../report/index.ts";
import { usageError } from "../exit.ts";
import { booleanOption, wholeNumberFlag } from "../flags.ts";
import type { Io } from "../io.ts";
import type { PeriodsWish } from "../report-desk.ts";
import { addReportFlags } from "../report-flags.ts";
import { periodsText } from "../report-periods-text.ts";
import { type ReportKind, runReport } from "../report-run.ts";

/** What `--by` takes: the unit, or MADSci's word. */
const TYPES = new Map<string, PeriodsWish["by"]>([
  ...(["hourly", "daily", "weekly", "monthly"] as const).map((type) => [type, type] as const),
  ["hour", "hourly"],
  ["day", "daily"],
  ["week", "weekly"],
  ["month", "monthly"],
]);

interface Flags {
  readonly by?: string;
  readonly includeUsers?: string;
  readonly experimentsLimit?: string;
  readonly experimentsOffset?: string;
}

export function periodsCommand(io: Io): Command {
  const command = new Command("periods")
    .summary("use by hour, day, week or month")
    .description("Tells for each period of the local calendar how long the lab was there, and how long it was used.")
    .option("--by <unit>", "hour, day, week or month; default: day")
    .addOption(booleanOption("include-users", "users too; default: yes"))
    .option("--experiments-limit <n>", "most experiments in the list; default 50")
    .option("--experiments-offset <n>", "experiments left out before those");
  return addReportFlags(command).action(() => runReport(periodsKind(command.opts<Flags>()), command, io));
}

function periodsKind(flags: Flags): ReportKind<PeriodsWish, PeriodsReport> {
  return {
    wish: (common) => ({ ...common, ...periodsFlags(flags) }),
    make: (desk, wish) => desk.periods(wish),
    text: periodsText,
    csv: periodsCsv,
    skipped: ({ summary_metadata }) => summary_metadata.skipped_events,
  };
}

function periodsFlags({ by = "day", includeUsers, experimentsLimit, experimentsOffset }: Flags) {
  const type = TYPES.get(by.trim().toLowerCase());
  if (type === undefined) throw usageError("--by takes hour, day, week or month");
  return {
    by: type,
    includeUsers: includeUsers !== "false",
    experimentsLimit: wholeNumberFlag("experiments-limit", experimentsLimit),
    experimentsOffset: wholeNumberFlag("experiments-offset", experimentsOffset),
  };
}
