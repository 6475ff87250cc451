/**
 * Calendar: a window cut into the hours, days, weeks or months of a place.
 *
 * A unit begins when the clock on the wall first reads its start, or jumps over it, and ends where the next begins. So the
 * units follow each other without gap, a day has 23 to 25 hours, and a day that never was has no unit. An hour also begins
 * each time the clock reads a full hour: one that comes twice is two units. Where the clock goes back to within an hour, that
 * hour lasts longer. The first and last unit are clipped to the window; what they are called is not.
 */
import { invalid, type ResolvedOptions, type ResolvedPeriods } from "./options.ts";
import { type Pace, pace } from "./pace.ts";
import { type PeriodLabel, periodLabel } from "./period-label.ts";
import type { AnalysisType } from "./periods-shape.ts";
import type { Interval, Micros } from "./types.ts";
import { type WallClock, wallClock } from "./wall-clock.ts";

const HOUR = 3_600e6;
const DAY = 24 * HOUR;
const MAX_PERIODS = 10_000;

/** A calendar unit, within the window. */
export interface Bucket extends Interval, PeriodLabel {}

/** Where units made of days start on the local clock. */
interface DayUnit {
  floor(wall: Micros): Micros;
  after(wall: Micros): Micros;
}

const floorDay = (wall: Micros): Micros => Math.floor(wall / DAY) * DAY;
/** 1970-01-01 was a Thursday. */
const floorWeek = (wall: Micros): Micros => floorDay(wall) - ((((Math.floor(wall / DAY) + 3) % 7) + 7) % 7) * DAY;

function monthStart(wall: Micros, months: number): Micros {
  const date = new Date(wall / 1000);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months) * 1000;
}

const DAY_UNITS: Readonly<Record<Exclude<AnalysisType, "hourly">, DayUnit>> = {
  daily: { floor: floorDay, after: (wall) => wall + DAY },
  weekly: { floor: floorWeek, after: (wall) => wall + 7 * DAY },
  monthly: { floor: (wall) => monthStart(wall, 0), after: (wall) => monthStart(wall, 1) },
};
const MEAN_LENGTH: Readonly<Record<AnalysisType, Micros>> = {
  hourly: HOUR,
  daily: DAY,
  weekly: 7 * DAY,
  monthly: (365.2425 / 12) * DAY,
};

/**
 * The calendar units of `window`, in order.
 * @throws EventStoreError `EVT_INVALID_OPTION` for an unknown zone, and for more than 10 000 units.
 */
export function buckets(window: Interval, analysisType: AnalysisType, timezone: string): Bucket[] {
  return [...bucketsOf(window, analysisType, timezone)];
}

/** The same, with turns for others in between: looking up a zone takes its time. */
export async function bucketsInTurns(window: Interval, options: ResolvedOptions & ResolvedPeriods): Promise<Bucket[]> {
  const [found, turn]: [Bucket[], Pace] = [[], pace()];
  for (const bucket of bucketsOf(window, options.analysisType, options.timezone)) {
    found.push(bucket);
    const pause = turn();
    if (pause === undefined) continue;
    await pause;
    options.signal?.throwIfAborted();
  }
  return found;
}

function* bucketsOf(window: Interval, analysisType: AnalysisType, timezone: string): Generator<Bucket> {
  const clock = wallClock(timezone);
  if (clock === undefined)
    throw invalid("timezone", `user_timezone "${timezone}" is not a known IANA time zone`, timezone);
  const units = analysisType === "hourly" ? hours(clock, window) : days(clock, DAY_UNITS[analysisType], window);
  let count = 0;
  for (const { wall, start, end } of units) {
    if (count++ === MAX_PERIODS) throw tooMany(window, analysisType);
    yield { start, end: Math.min(end, window.end), ...periodLabel(analysisType, wall) };
  }
}

/** `wall` is where the whole unit starts on the local clock; `start` is not before the window, `end` may be after it. */
interface Unit extends Interval {
  readonly wall: Micros;
}

function* days(clock: WallClock, { floor, after }: DayUnit, window: Interval): Generator<Unit> {
  let start = window.start;
  for (let wall = floor(clock.read(start)); start < window.end; wall = after(wall)) {
    const end = clock.firstAt(after(wall));
    // One that never was, or the one before: the clock may go back to it after the first midnight.
    if (end <= start) continue;
    yield { wall, start, end };
    start = end;
  }
}

function* hours(clock: WallClock, window: Interval): Generator<Unit> {
  for (let start = window.start; start < window.end; ) {
    const end = nextHour(clock, start);
    yield { wall: floorHour(clock.read(start)), start, end };
    start = end;
  }
}

const floorHour = (wall: Micros): Micros => Math.floor(wall / HOUR) * HOUR;

/** The next instant at which the clock reads a full hour, or jumps into another. */
function nextHour(clock: WallClock, instant: Micros): Micros {
  const hour = floorHour(clock.read(instant));
  for (let from = instant; ; ) {
    const { end, offset } = clock.steady(from);
    const full = floorHour(from + offset) + HOUR - offset;
    if (full < end) return full;
    const wall = clock.read(end);
    if (wall % HOUR === 0 || floorHour(wall) !== hour) return end;
    from = end;
  }
}

function tooMany({ start, end }: Interval, analysisType: AnalysisType): Error {
  const length = end - start;
  const about = Math.max(Math.round(length / MEAN_LENGTH[analysisType]), MAX_PERIODS + 1);
  const wider = (["daily", "weekly", "monthly"] as const).find((type) => length / MEAN_LENGTH[type] < MAX_PERIODS);
  const mend = wider === undefined ? "shorten the window" : `shorten the window, or take analysis_type "${wider}"`;
  const message = `analysis_type "${analysisType}" makes some ${about} periods of this window and ${MAX_PERIODS} are the limit: ${mend}`;
  return invalid("analysisType", message, analysisType);
}
