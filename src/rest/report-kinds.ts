/** The three reports as their routes know them: how each is made, told as CSV, named, and refused. */
import {
  type CsvOptions,
  type PeriodsOptions,
  type PeriodsReport,
  periods,
  periodsCsv,
  type ReportOptions,
  type SessionsReport,
  sessions,
  sessionsCsv,
  type UsersReport,
  users,
  usersCsv,
} from "../report/index.ts";
import type { EventStore } from "../store/store.ts";
import { type ReportRequest, readPeriods, readReport } from "./report-query.ts";
import type { ReportName } from "./reporter.ts";

export interface ReportKind<Report, Options extends ReportOptions> {
  readonly name: ReportName;
  read(url: string): ReportRequest<Options>;
  make(store: EventStore, options: Options): Promise<Report>;
  csv(report: Report, options: CsvOptions): Iterable<string>;
  /** Name of the file a browser saves. */
  readonly download: string;
  /** Name of the file the server saves, without its date and ending. */
  saved(report: Report): string;
  /** As an answer about a saved file says it. */
  readonly type: string;
  /** How its failure begins, with a 200. */
  readonly failed: string;
}

export const SESSIONS: ReportKind<SessionsReport, ReportOptions> = {
  name: "sessions",
  read: readReport,
  make: sessions,
  csv: sessionsCsv,
  download: "session_utilization_report.csv",
  saved: () => "madsci_utilization_report_basic",
  type: "session_utilization",
  failed: "Failed to generate report",
};

export const PERIODS: ReportKind<PeriodsReport, PeriodsOptions> = {
  name: "periods",
  read: readPeriods,
  make: periods,
  csv: periodsCsv,
  download: "utilization_periods_report.csv",
  saved: ({ summary_metadata }) => `madsci_utilization_periods_${summary_metadata.analysis_type}`,
  type: "utilization_periods",
  failed: "Failed to generate utilization report",
};

export const USERS: ReportKind<UsersReport, ReportOptions> = {
  name: "users",
  read: readReport,
  make: users,
  csv: usersCsv,
  download: "user_utilization_report.csv",
  saved: () => "madsci_user_utilization_detailed",
  type: "user_utilization",
  failed: "Failed to generate report",
};
