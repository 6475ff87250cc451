/**
 * Instants: points in time as whole microseconds since 1970-01-01T00:00:00Z, in a bigint.
 *
 * A bigint because microseconds leave the safe integers in the year 2255 and the format allows years 1 to 9999.
 * Calendar arithmetic follows the proleptic Gregorian calendar (as Python's datetime does).
 */

/** Microseconds since 1970-01-01T00:00:00Z. @since 0.1.0 */
export type Instant = bigint;

const DAY_MS = 86_400_000;

/** Days from 1970-01-01 to the given civil date. Formula: Howard Hinnant, "chrono-compatible low-level date algorithms". */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

/** Days in a month of the Gregorian calendar. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Milliseconds of a wall clock reading, read as if the clock showed UTC. */
export function wallMs(date: readonly [number, number, number], time: readonly [number, number, number]): number {
  return daysFromCivil(...date) * DAY_MS + time[0] * 3_600_000 + time[1] * 60_000 + time[2] * 1000;
}

/** `2025-01-01T10:00:00Z`, or with exactly six decimals where the fraction is not zero. */
export function formatInstant(instant: Instant): string {
  const micros = ((instant % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((instant - micros) / 1000n)).toISOString().slice(0, -5);
  return micros === 0n ? `${seconds}Z` : `${seconds}.${String(micros).padStart(6, "0")}Z`;
}

/** The instant of a `Date` (or of milliseconds since the epoch). */
export function instantOf(date: Date | number): Instant {
  return BigInt(Math.trunc(Number(date))) * 1000n;
}

/** Milliseconds since the epoch, rounded down. */
export function toMs(instant: Instant): number {
  const ms = instant / 1000n;
  return Number(instant % 1000n < 0n ? ms - 1n : ms);
}
