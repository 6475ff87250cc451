/**
 * Day windows: from one time of day to another, on some days, as clocks in a zone show them. An end that is not after
 * the start is on the next day; `24:00` is the end of the day itself. Daylight saving moves the instants, not the times.
 */
import { zoneReader } from "../event/zone.ts";

export interface DayWindow {
  /** `HH:MM`; the end may be `24:00`. */
  readonly from: string;
  readonly to: string;
  /** IANA name. */
  readonly timezone: string;
  /** Days on which it begins, 0 is Sunday; all when absent. */
  readonly days?: readonly number[];
}

/** Midnight as an end. */
export const DAY_END = "24:00";
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Windows that follow on each other without a gap are one, up to this many. */
const MOST_JOINED = 40;
const dates = new Map<string, Intl.DateTimeFormat>();
const MAX_DATES = 100;

/** `00:00` to `23:59` */
export function isTimeOfDay(value: unknown): value is string {
  return typeof value === "string" && TIME.test(value);
}

/** End of the window that holds at `atMs` (of the last one, where they follow on each other); null when none holds. */
export function windowEnd(window: DayWindow, atMs: number): number | null {
  let endMs = endOfOne(window, atMs);
  for (let i = 0; endMs !== null && i < MOST_JOINED; i++) {
    const next = endOfOne(window, endMs);
    if (next === null || next <= endMs) return endMs;
    endMs = next;
  }
  return endMs;
}

function endOfOne(window: DayWindow, atMs: number): number | null {
  const reader = zoneReader(window.timezone);
  const today = wallDayMs(window.timezone, atMs);
  const from = minutesOf(window.from) * MINUTE_MS;
  const to = minutesOf(window.to) * MINUTE_MS;
  let latest: number | null = null;
  for (const day of [today - DAY_MS, today]) {
    if (window.days && !window.days.includes(new Date(day).getUTCDay())) continue;
    const endMs = reader(day + to + (to <= from ? DAY_MS : 0));
    if (reader(day + from) <= atMs && atMs < endMs) latest = Math.max(latest ?? endMs, endMs);
  }
  return latest;
}

function minutesOf(time: string): number {
  const [hours = "0", minutes = "0"] = time.split(":");
  return Number(hours) * 60 + Number(minutes);
}

/** Midnight of the calendar day in the zone, as if it were UTC. */
function wallDayMs(timezone: string, atMs: number): number {
  let format = dates.get(timezone);
  if (!format) {
    if (dates.size >= MAX_DATES) dates.clear();
    const parts = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
    format = new Intl.DateTimeFormat("en-CA", { timeZone: timezone, ...parts });
    dates.set(timezone, format);
  }
  return Date.parse(`${format.format(atMs)}T00:00:00Z`);
}
