/**
 * Timestamps: every notation MADSci's server accepts → the text it would store and the exact instant it means.
 *
 * The text keeps what the sender wrote (naive stays naive, an offset stays) in ISO form: no fraction or six digits,
 * UTC as `Z`. Notations and limits follow pydantic's datetime (spec section 1.5).
 */
import { daysInMonth, formatInstant, type Instant, wallMs } from "./instant.ts";
import type { ZoneReader } from "./zone.ts";

/** @since 0.1.0 */
export interface Timestamp {
  /** ISO 8601 as stored and returned. */
  readonly text: string;
  readonly instant: Instant;
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt _](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?:([Zz])|([+-])(\d\d):?(\d\d))?)?$/;
const NUMERIC = /^[+-]?\d+(?:\.\d+)?$/;
/** Above this a number means milliseconds, up to it seconds (pydantic's watershed). */
const WATERSHED = 2e10;
const MIN_INSTANT = -62_135_596_800_000_000n; // 0001-01-01T00:00:00Z
const MAX_INSTANT = 253_402_300_799_999_999n; // 9999-12-31T23:59:59.999999Z

/**
 * The timestamp `input` stands for, or a reason (as text) why it stands for none.
 * Naive text is read in `zone`; numbers are Unix seconds, or milliseconds above 2e10.
 */
export function parseTimestamp(input: string | number, zone: ZoneReader): Timestamp | string {
  if (typeof input === "number") return fromNumber(input);
  const match = ISO.exec(input);
  if (match) return fromIso(match, zone);
  if (NUMERIC.test(input)) return fromNumber(Number(input));
  return input.length < 10 ? "input is too short" : "not an ISO 8601 date and time";
}

function fromNumber(value: number): Timestamp | string {
  if (!Number.isFinite(value)) return "not a finite number";
  const perUnit = Math.abs(value) > WATERSHED ? 1000 : 1_000_000;
  const whole = Math.floor(value);
  if (Math.abs(whole) > 1e18) return "dates must lie within years 1 to 9999";
  const instant = BigInt(whole) * BigInt(perUnit) + BigInt(Math.round((value - whole) * perUnit));
  if (instant < MIN_INSTANT || instant > MAX_INSTANT) return "dates must lie within years 1 to 9999";
  return { text: formatInstant(instant), instant };
}

function fromIso(match: RegExpExecArray, zone: ZoneReader): Timestamp | string {
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const [hour, minute, second] = [Number(match[4] ?? 0), Number(match[5] ?? 0), Number(match[6] ?? 0)];
  const reason = outOfRange(year, month, day) ?? outOfClock(hour, minute, second, match);
  if (reason !== undefined) return reason;
  const micros = Number((match[7] ?? "").slice(0, 6).padEnd(6, "0"));
  const wall = wallMs([year, month, day], [hour, minute, second]);
  const zoned = match[8] !== undefined || match[9] !== undefined;
  const offsetMin = zoned ? offsetMinutes(match) : 0;
  const utcMs = zoned ? wall - offsetMin * 60_000 : zone(wall);
  const clock = `${match[1]}-${match[2]}-${match[3]}T${match[4] ?? "00"}:${match[5] ?? "00"}:${match[6] ?? "00"}`;
  const fraction = micros === 0 ? "" : `.${String(micros).padStart(6, "0")}`;
  const suffix = zoned ? (offsetMin === 0 ? "Z" : `${match[9]}${match[10]}:${match[11]}`) : "";
  return { text: clock + fraction + suffix, instant: BigInt(utcMs) * 1000n + BigInt(micros) };
}

function offsetMinutes(match: RegExpExecArray): number {
  if (match[9] === undefined) return 0;
  const minutes = Number(match[10]) * 60 + Number(match[11]);
  return match[9] === "-" ? -minutes : minutes;
}

function outOfRange(year: number, month: number, day: number): string | undefined {
  if (year < 1) return "year value is outside expected range of 1-9999";
  if (month < 1 || month > 12) return "month value is outside expected range of 1-12";
  return day < 1 || day > daysInMonth(year, month) ? "day value is outside expected range" : undefined;
}

function outOfClock(hour: number, minute: number, second: number, match: RegExpExecArray): string | undefined {
  if (hour > 23) return "hour value is outside expected range of 0-23";
  if (minute > 59) return "minute value is outside expected range of 0-59";
  if (second > 59) return "second value is outside expected range of 0-59";
  return Number(match[10] ?? 0) > 23 || Number(match[11] ?? 0) > 59
    ? "timezone offset must be less than 24 hours"
    : undefined;
}
