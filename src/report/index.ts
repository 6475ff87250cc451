/** `madsci-events/report`: what the events say about the use of a lab. */
import { bucketsInTurns } from "./calendar.ts";
import { tell } from "./history.ts";
import { type PeriodsOptions, type ReportOptions, resolveOptions, resolvePeriods } from "./options.ts";
import { periodsReport } from "./periods-report.ts";
import type { PeriodsReport } from "./periods-shape.ts";
import { sessionsReport } from "./sessions-report.ts";
import type { SessionsReport } from "./sessions-shape.ts";
import { openSource, type ReportSource } from "./source.ts";
import { usersReport } from "./users-report.ts";
import type { UsersReport } from "./users-shape.ts";
import { intervalOf } from "./window.ts";

export type { Activity } from "../event/activity.ts";
export type { CsvOptions } from "./csv.ts";
export type { PeriodsOptions, ReportOptions, ReportTime } from "./options.ts";
export { periodsCsv } from "./periods-csv.ts";
export type {
  AnalysisType,
  ExperimentRow,
  KeyMetrics,
  NodePeriod,
  PeriodNodeTotals,
  PeriodsReport,
  PeriodUsers,
  PeriodWorkcellTotals,
  SystemPeriod,
  Trend,
  WorkcellPeriod,
} from "./periods-shape.ts";
export { sessionsCsv } from "./sessions-csv.ts";
export type {
  DurationParts,
  NodeDetails,
  NodeTotals,
  OverallSummary,
  SessionDetails,
  SessionsReport,
} from "./sessions-shape.ts";
export type { ActivityStore, ReportSource } from "./source.ts";
export { usersCsv } from "./users-csv.ts";
export type { UserRow, UsersReport, WorkflowRow, WorkflowTotals } from "./users-shape.ts";

/**
 * Sessions of labs and workcells in a window, with their experiments and nodes.
 *
 * @throws EventStoreError `EVT_INVALID_OPTION` for a bad option (`issues[0].loc[0]` names it) for events out of order, and for more
 * than 250 000 nodes and experiments in the sessions of the window;
 * what the store throws; the signal's reason.
 * @since 0.1.0
 */
export async function sessions(source: ReportSource, options: ReportOptions = {}): Promise<SessionsReport> {
  const resolved = resolveOptions("sessions", options);
  return sessionsReport(await tell(await openSource(source, resolved), resolved, "lab"));
}

/**
 * Use by hour, day, week or month of the local calendar. It fails as {@link sessions} does, for more than 10 000 periods, and for more than
 * 500 000 rows of nodes and workcells.
 * @since 0.1.0
 */
export async function periods(source: ReportSource, options: PeriodsOptions = {}): Promise<PeriodsReport> {
  const resolved = resolvePeriods(options);
  const open = await openSource(source, resolved);
  // Too many periods, or an unknown zone, are refused before anything is read.
  const calendar = await bucketsInTurns(intervalOf(open), resolved);
  return periodsReport(await tell(open, resolved, resolved.includeUsers ? "all" : "lab"), calendar, resolved);
}

/**
 * Workflows by author. It fails as {@link sessions} does.
 * @since 0.1.0
 */
export async function users(source: ReportSource, options: ReportOptions = {}): Promise<UsersReport> {
  const resolved = resolveOptions("users", options);
  return usersReport(await tell(await openSource(source, resolved), resolved, "workflows"));
}
