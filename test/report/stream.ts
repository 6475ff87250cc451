/** Streams for tests of the sweep: events → the activities a store would hand over → the history. */
import type { Activity } from "../../src/event/activity.ts";
import type { EventInput } from "../../src/event/event.ts";
import type { Json } from "../../src/event/json.ts";
import { parseTimestamp } from "../../src/event/timestamp.ts";
import { zoneReader } from "../../src/event/zone.ts";
import { sweep } from "../../src/report/sweep.ts";
import type { Interval, LabHistory, Micros } from "../../src/report/types.ts";
import { type Plain, plain, total } from "./spans.ts";

export type PlainHistory = Plain<LabHistory>;

const utc = zoneReader("UTC");
export const HOUR = 3_600_000_000;
export const MINUTE = 60_000_000;
export const span = (from: string, to: string): Interval => ({ start: micros(from), end: micros(to) });
export const hours = (intervals: readonly Interval[]) => total(intervals) / HOUR;

/** `2025-06-10T13:00` in microseconds; times of day alone are of that day. */
export function micros(time: string): Micros {
  const read = parseTimestamp(time.includes("T") ? time : `2025-06-10T${time}`, utc);
  if (typeof read === "string") throw new Error(`${time}: ${read}`);
  return Number(read.instant);
}

let count = 0;

/** An activity of the day; ids count up as they are made. */
export function told(
  time: string | Micros,
  event_type: string,
  source: Activity["source"] = {},
  event_data: Activity["event_data"] = {},
  log_level = 20,
): Activity {
  count++;
  const instant = BigInt(typeof time === "number" ? time : micros(time));
  return { _id: `E${String(count).padStart(8, "0")}`, instant, event_type, log_level, source, event_data };
}

/** The same, said in a log line. */
export function wrapped(
  time: string | Micros,
  event_type: string,
  source: Activity["source"] = {},
  event_data: Readonly<Record<string, Json>> = {},
  log_level = 20,
): Activity {
  return told(time, "log_info", source, { message: "as text", event_type, ...event_data }, log_level);
}

export function activityOf(event: EventInput): Activity {
  const { _id, event_type, event_timestamp, source, event_data } = event;
  return {
    _id: String(_id),
    instant: BigInt(micros(String(event_timestamp))),
    event_type: String(event_type),
    log_level: Number(event.log_level ?? 20),
    source: (source ?? {}) as Activity["source"],
    event_data: event_data as Activity["event_data"],
  };
}

/** In order of time; those of one instant as they are. */
const ordered = (activities: readonly Activity[]) => [...activities].sort((a, b) => Number(a.instant - b.instant));

export async function* pagesOf(activities: readonly Activity[], size = 50): AsyncGenerator<readonly Activity[]> {
  for (let from = 0; from < activities.length; from += size) yield activities.slice(from, from + size);
}

/** What the events tell of a window; without one, of all they span and a minute more on either side. */
export async function historyOf(events: readonly (EventInput | Activity)[], window?: Interval): Promise<PlainHistory> {
  const activities = ordered(events.map((event) => ("instant" in event ? event : activityOf(event))));
  return plain(await sweep(pagesOf(activities), window ?? spanOf(activities)));
}

function spanOf(activities: readonly Activity[]): Interval {
  const [first, last] = [activities[0], activities.at(-1)];
  return { start: Number(first?.instant ?? 0) - MINUTE, end: Number(last?.instant ?? 0) + MINUTE };
}
