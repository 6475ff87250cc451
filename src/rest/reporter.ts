/** Reporter: who makes the reports of the routes, where that is not the process that answers. */
import type { PeriodsOptions, ReportOptions } from "../report/index.ts";

/** @since 0.1.0 */
export type ReportName = "sessions" | "periods" | "users";

/** What a report is asked for, as it can be sent elsewhere. */
export type ReportWish = Omit<PeriodsOptions & ReportOptions, "signal" | "now">;

/** @since 0.1.0 */
export interface Reporter {
  /**
   * The report of that name, as the library makes it.
   * @throws EventStoreError what the library's function throws; the signal's reason when it is aborted
   */
  make(name: ReportName, wish: ReportWish, signal: AbortSignal): Promise<unknown>;
  /** Ends what it has begun. Safe to call twice. */
  close(): Promise<void>;
}
