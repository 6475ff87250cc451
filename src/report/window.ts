/**
 * The window of a report: from, up to and without, an instant.
 *
 * Given ends are taken as they are; one given end has the other a day away; without any, the window is what the data spans,
 * with a minute on either side (the last 24 hours where there is no data). Source: MADSci 0.7.1, spec section 5.4.
 */
import { formatInstant, type Instant, instantOf } from "../event/instant.ts";
import { parseTimestamp } from "../event/timestamp.ts";
import { extendedIso } from "./iso-notation.ts";
import { invalid, type ReportTime, type ResolvedOptions } from "./options.ts";
import type { Interval, Micros } from "./types.ts";

const MINUTE = 60_000_000n;
const DAY = 1440n * MINUTE;

export interface ReportWindow {
  readonly from: Instant;
  readonly to: Instant;
}

const YEAR_1: Instant = -62_135_596_800_000_000n;
/** Its last instant. */
const YEAR_9999: Instant = 253_402_300_799_999_999n;

const readable = (at: Instant): Instant => (at < YEAR_1 ? YEAR_1 : at > YEAR_9999 ? YEAR_9999 : at);

/** The last instant of the year 9999 that a number can hold. */
const LAST: Micros = Number(253_402_300_799_999_968n);

/** As numbers, which are exact up to the year 2255. */
export function intervalOf({ from, to }: ReportWindow): Interval {
  return { start: Number(from), end: Math.min(Number(to), LAST) };
}

/** The first and last instant of any event. */
export interface Span {
  readonly first: Instant;
  readonly last: Instant;
}

type Given = Pick<ResolvedOptions, "from" | "to" | "zone">;

/**
 * The window the options alone tell; undefined where it takes the data's span.
 * @throws EventStoreError `EVT_INVALID_OPTION` for a time that is none, and a window that is empty or reversed.
 */
export function givenWindow(options: Given): ReportWindow | undefined {
  const from = options.from === undefined ? undefined : toInstant("from", options.from, options);
  const to = options.to === undefined ? undefined : toInstant("to", options.to, options);
  if (from === undefined && to === undefined) return undefined;
  const window = { from: from ?? to! - DAY, to: to ?? from! + DAY };
  if (window.from < window.to) return window;
  const message = `the start of the window must be before its end: ${formatInstant(window.from)} is not before ${formatInstant(window.to)}`;
  throw invalid("to", message, options.to);
}

export function spannedWindow(span: Span | undefined, now: Date): ReportWindow {
  if (span === undefined) return { from: instantOf(now) - DAY, to: instantOf(now) };
  // As far as years have four digits: Python reads no others.
  return { from: readable(span.first - MINUTE), to: readable(span.last + MINUTE) };
}

function toInstant(name: string, time: ReportTime, { zone }: Given): Instant {
  if (typeof time === "bigint") return time;
  if (time instanceof Date && Number.isFinite(time.getTime())) return instantOf(time);
  const read = typeof time === "string" ? parseTimestamp(extendedIso(time.trim()), zone) : "not a date and time";
  if (typeof read !== "string") return read.instant;
  throw invalid(name, `${name} is no time that can be read (${read}); write it like 2025-06-10T13:00:00Z`, time);
}
