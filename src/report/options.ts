/** Options of the reports: what a caller may say → the frozen, complete form. Bad ones are refused before anything is read. */
import { EventStoreError, type FieldIssue } from "../errors.ts";
import type { Instant } from "../event/instant.ts";
import { type ZoneReader, zoneReader } from "../event/zone.ts";
import type { AnalysisType } from "./periods-shape.ts";

/** A point in time as a caller may give it; naive text is read in `naiveTimezone`. @since 0.1.0 */
export type ReportTime = string | Date | Instant;

/** @since 0.1.0 */
export interface ReportOptions {
  /** Start of the window. @default 24 h before `to`; without either, one minute before the first event */
  readonly from?: ReportTime | undefined;
  /** End of the window, itself outside. @default 24 h after `from`; without either, one minute after the last event */
  readonly to?: ReportTime | undefined;
  /** How times without an offset are read. @default "UTC" */
  readonly naiveTimezone?: string | undefined;
  /** Count archived events. @default true: history must not change because a server tidies up */
  readonly includeArchived?: boolean | undefined;
  /** Stops the report: it ends with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly now?: (() => Date) | undefined;
}

/** @since 0.1.0 */
export interface PeriodsOptions extends ReportOptions {
  /** @default "daily" */
  readonly analysisType?: AnalysisType | undefined;
  /** IANA zone of the calendar, in any case. @default "America/Chicago", as MADSci has it */
  readonly timezone?: string | undefined;
  /** @default true */
  readonly includeUsers?: boolean | undefined;
  /** Most experiments in the list. @default 50 */
  readonly experimentsLimit?: number | undefined;
  /** Experiments left out before the first one listed. @default 0 */
  readonly experimentsOffset?: number | undefined;
}

export interface ResolvedOptions {
  readonly from: ReportTime | undefined;
  readonly to: ReportTime | undefined;
  readonly zone: ZoneReader;
  readonly includeArchived: boolean;
  readonly signal: AbortSignal | undefined;
  readonly now: () => Date;
}

export interface ResolvedPeriods {
  readonly analysisType: AnalysisType;
  readonly timezone: string;
  readonly includeUsers: boolean;
  readonly experimentsLimit: number;
  readonly experimentsOffset: number;
}

const ANALYSIS_TYPES: readonly string[] = [
  "hourly",
  "daily",
  "weekly",
  "monthly",
] as const satisfies readonly AnalysisType[];
const COMMON = ["from", "to", "naiveTimezone", "includeArchived", "signal", "now"] as const;
const PERIODS = ["analysisType", "timezone", "includeUsers", "experimentsLimit", "experimentsOffset"] as const;

/** @throws EventStoreError `EVT_INVALID_OPTION` naming the option. */
export function resolveOptions(call: string, options: ReportOptions, more: readonly string[] = []): ResolvedOptions {
  assertKnown(call, options, [...COMMON, ...more]);
  return Object.freeze({
    from: options.from,
    to: options.to,
    zone: zoneReader(options.naiveTimezone ?? "UTC"),
    includeArchived: yesOrNo("includeArchived", options.includeArchived ?? true),
    signal: options.signal,
    now: options.now ?? (() => new Date()),
  });
}

/** @throws EventStoreError `EVT_INVALID_OPTION` naming the option. */
export function resolvePeriods(options: PeriodsOptions): ResolvedOptions & ResolvedPeriods {
  return Object.freeze({
    ...resolveOptions("periods", options, PERIODS),
    analysisType: analysisType(options.analysisType ?? "daily"),
    timezone: text("timezone", options.timezone ?? "America/Chicago"),
    includeUsers: yesOrNo("includeUsers", options.includeUsers ?? true),
    experimentsLimit: whole("experimentsLimit", options.experimentsLimit ?? 50),
    experimentsOffset: whole("experimentsOffset", options.experimentsOffset ?? 0),
  });
}

/** An error that also tells which option was meant: `issues[0].loc[0]`. */
export function invalid(option: string, message: string, input: unknown): EventStoreError {
  const shown = typeof input === "bigint" || input instanceof Date ? String(input) : input;
  const issue: FieldIssue = { type: "value_error", loc: [option], msg: message, input: shown };
  return new EventStoreError("EVT_INVALID_OPTION", message, { issues: [issue] });
}

function assertKnown(call: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new EventStoreError("EVT_INVALID_OPTION", `${call} takes an object of options`);
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const message = `unknown option "${unknown}" of ${call}; known ones are ${known.join(", ")}`;
  throw new EventStoreError("EVT_INVALID_OPTION", message);
}

function analysisType(value: unknown): AnalysisType {
  if (ANALYSIS_TYPES.includes(value as string)) return value as AnalysisType;
  throw invalid("analysisType", `analysis_type must be one of ${ANALYSIS_TYPES.join(", ")}`, value);
}

function yesOrNo(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw invalid(name, `${name} must be true or false`, value);
}

function text(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw invalid(name, `${name} must be a text`, value);
}

function whole(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw invalid(name, `${name} must be a whole number, 0 or more`, value);
}
