/** `report sessions`: each session of a lab or workcell, and the nodes in it. */
import { Command } from "commander";
import { type SessionsReport, sessionsCsv } from "../../report/index.ts";
import type { Io } from "../io.ts";
import { addReportFlags, type ReportWish } from "../report-flags.ts";
import { type ReportKind, runReport } from "../report-run.ts";
import { sessionsText } from "../report-sessions-text.ts";

const SESSIONS: ReportKind<ReportWish, SessionsReport> = {
  wish: (common) => common,
  make: (desk, wish) => desk.sessions(wish),
  text: sessionsText,
  csv: sessionsCsv,
  skipped: ({ report_metadata }) => report_metadata.skipped_events,
};

export function sessionsCommand(io: Io): Command {
  const command = new Command("sessions")
    .summary("each session, its experiments and nodes")
    .description(
      "Lists the sessions of workcells and labs, how long experiments ran in them, and how busy nodes were.",
    );
  return addReportFlags(command).action(() => runReport(SESSIONS, command, io));
}
