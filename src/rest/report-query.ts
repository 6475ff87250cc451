/**
 * Parameters of the reports' routes, with MADSci's names → options of the reports.
 *
 * Times without an offset are UTC, as they are in the answers. What a report itself has to refuse (times, zone, kind of
 * period) is left to it; booleans and numbers that are none are refused here, whatever `strict` says.
 */
import type { Instant } from "../event/instant.ts";
import { parseTimestamp } from "../event/timestamp.ts";
import type { PeriodsOptions, ReportOptions } from "../report/index.ts";
import { extendedIso } from "../report/iso-notation.ts";
import { QueryReader } from "./query-reader.ts";

/** Most experiments of one page of the list. */
export const MOST_EXPERIMENTS = 10_000;

/** What a request for a report asks for. */
export interface ReportRequest<Options> {
  readonly options: Options;
  /** Failures are statuses, not `{"error": …}` with a 200. */
  readonly strict: boolean;
  readonly csv: { readonly formulaGuard: boolean } | undefined;
  /** Only with CSV. */
  readonly save: { readonly outputPath: string | undefined } | undefined;
}

/** @throws Failure 422 */
export function readReport(url: string): ReportRequest<ReportOptions> {
  const query = new QueryReader(url);
  const request = { options: commonOptions(query), ...commonWishes(query) };
  query.check();
  return request;
}

/** @throws Failure 422 */
export function readPeriods(url: string): ReportRequest<PeriodsOptions> {
  const query = new QueryReader(url);
  const options = {
    ...commonOptions(query),
    // The report refuses what is no type.
    analysisType: query.text("analysis_type") as PeriodsOptions["analysisType"],
    timezone: query.text("user_timezone"),
    includeUsers: query.bool("include_users", true),
    experimentsLimit: query.integer("experiments_limit", 50, { least: 0, most: MOST_EXPERIMENTS }),
    experimentsOffset: query.integer("experiments_offset", 0, { least: 0 }),
  };
  const request = { options, ...commonWishes(query) };
  query.check();
  return request;
}

function commonOptions(query: QueryReader): ReportOptions {
  return {
    from: timeOf(query.text("start_time")),
    to: timeOf(query.text("end_time")),
    includeArchived: query.bool("include_archived", true),
  };
}

function commonWishes(query: QueryReader): Omit<ReportRequest<never>, "options"> {
  const isCsv = query.bool("csv_format", false);
  const isSaved = query.bool("save_to_file", false);
  const formulaGuard = query.bool("formula_guard", true);
  return {
    strict: query.bool("strict", true),
    csv: isCsv ? { formulaGuard } : undefined,
    save: isCsv && isSaved ? { outputPath: query.text("output_path") || undefined } : undefined,
  };
}

/** The `+` of an offset, which reads as a space where the sender did not escape it. */
const LOST_PLUS = /^(\S{7,10}[T ]\S+) (\d\d(?::?\d\d)?)$/i;

/** Nothing for an empty text; a text that is no time is left for the report to refuse. */
function timeOf(text: string | undefined): Instant | string | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const whole = text.trim().replace(LOST_PLUS, "$1+$2");
  const read = parseTimestamp(extendedIso(whole), (wallMs) => wallMs);
  return typeof read === "string" ? text : read.instant;
}
