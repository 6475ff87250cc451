/** ReportDesk: what commands ask of reports, whoever makes them: this process from a store, or a server. */
import { EventStoreError } from "../errors.ts";
import type { PeriodsOptions, PeriodsReport, SessionsReport, UsersReport } from "../report/index.ts";
import type { ReportWish } from "./report-flags.ts";

/** What only reports by period are asked. */
export interface PeriodsWish extends ReportWish {
  readonly by: NonNullable<PeriodsOptions["analysisType"]>;
  readonly includeUsers: boolean;
  readonly experimentsLimit: number | undefined;
  readonly experimentsOffset: number | undefined;
}

export interface ReportDesk extends AsyncDisposable {
  sessions(wish: ReportWish): Promise<SessionsReport>;
  periods(wish: PeriodsWish): Promise<PeriodsReport>;
  users(wish: ReportWish): Promise<UsersReport>;
}

const UNITS = { hourly: "hour", daily: "day", weekly: "week", monthly: "month" } as const;

/** The library says `analysis_type "hourly"` where the user said `--by hour`. */
export function inWordsOfFlags(error: unknown): never {
  if (!(error instanceof EventStoreError && error.code === "EVT_INVALID_OPTION")) throw error;
  const message = error.message
    .replace(/analysis_type "(hourly|daily|weekly|monthly)"/g, (_, type: keyof typeof UNITS) => `--by ${UNITS[type]}`)
    .replaceAll("user_timezone", "--tz");
  throw new EventStoreError(error.code, message, { cause: error });
}
