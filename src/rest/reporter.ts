/** Reporter: who makes the reports of the routes, where that is not the process that answers. */
import type { CsvOptions, PeriodsOptions, ReportOptions } from "../report/index.ts";

/** @since 0.1.0 */
export type ReportName = "sessions" | "periods" | "users";

/** What a report is asked for, and when, as it can be sent elsewhere. @since 0.1.0 */
export type ReportWish = Omit<PeriodsOptions & ReportOptions, "signal" | "now"> & { readonly at: Date };

/** What its text is to be. @since 0.1.0 */
export type ReportForm = "json" | CsvOptions;

/** A report as text, which is made while it is read. @since 0.1.0 */
export interface ReportText {
  /** Name of the file the server saves, without its date and ending. */
  readonly savedName: string;
  readonly pieces: AsyncGenerator<string>;
}

/** @since 0.1.0 */
export interface Reporter {
  /**
   * The report of that name, as the library makes it; undefined where this reporter cannot read the store, and whoever
   * asked is to make it. `signal` ends its text too.
   * @throws EventStoreError what the library's function throws; the signal's reason when it is aborted
   */
  make(name: ReportName, form: ReportForm, wish: ReportWish, signal: AbortSignal): Promise<ReportText | undefined>;
  /** Ends what it has begun. Safe to call twice. */
  close(): Promise<void>;
}
