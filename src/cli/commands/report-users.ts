/** `report users`: whose workflows ran, and for how long. */
import { Command } from "commander";
import { type UsersReport, usersCsv } from "../../report/index.ts";
import type { Io } from "../io.ts";
import { addReportFlags, type ReportWish } from "../report-flags.ts";
import { type ReportKind, runReport } from "../report-run.ts";
import { usersText } from "../report-users-text.ts";

const USERS: ReportKind<ReportWish, UsersReport> = {
  wish: (common) => common,
  make: (desk, wish) => desk.users(wish),
  text: usersText,
  csv: usersCsv,
  skipped: ({ report_metadata }) => report_metadata.skipped_events,
};

export function usersCommand(io: Io): Command {
  const command = new Command("users")
    .alias("user")
    .summary("workflows by author")
    .description("Lists who had workflows run, how many, how long, and how they ended.");
  return addReportFlags(command).action(() => runReport(USERS, command, io));
}
