/** Times and spans as messages show them: in the lab's zone with its offset, and in UTC. */
import { toMs } from "../event/instant.ts";
import { parseTimestamp } from "../event/timestamp.ts";
import { zoneReader } from "../event/zone.ts";

/** `2026-11-30 14:03:12 +01:00 (13:03:12 UTC)`; only the second half, with its date, where the zone is UTC. */
export type TimeWords = (ms: number) => string;

const formats = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError for a zone nobody knows; a plan has only known ones */
export function timeWords(timezone: string): TimeWords {
  const format = formatOf(timezone);
  return (ms) => {
    if (!Number.isFinite(ms)) return "unknown";
    const utc = new Date(ms).toISOString().replace("T", " ").slice(0, 19);
    const { date, time, offset } = local(format, ms);
    if (offset === "+00:00") return `${utc} UTC`;
    return `${date} ${time} ${offset} (${utc.startsWith(date) ? utc.slice(11) : utc} UTC)`;
  };
}

/** When an event happened: as its sender wrote it, naive texts read in the zone; else when it arrived. */
export function eventMs(event: { event_timestamp: string; received_at: string }, timezone: string): number {
  const stamp = parseTimestamp(event.event_timestamp, zoneReader(timezone));
  return typeof stamp === "string" ? Date.parse(event.received_at) : toMs(stamp.instant);
}

const UNITS = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
] as const;

/** In the largest unit and the next one: `2 h 5 min`; `0 s` for less than a second. */
export function spanWords(ms: number): string {
  const at = UNITS.findIndex(([size]) => ms >= size);
  if (at < 0) return "0 s";
  const [size, unit] = UNITS[at] as (typeof UNITS)[number];
  const whole = Math.floor(ms / size);
  const [nextSize, nextUnit] = UNITS[at + 1] ?? [0, ""];
  const rest = nextSize > 0 && whole < 10 ? Math.floor((ms - whole * size) / nextSize) : 0;
  return rest > 0 ? `${whole} ${unit} ${rest} ${nextUnit}` : `${whole} ${unit}`;
}

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known) return known;
  const two = "2-digit" as const;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    ...{ month: two, day: two, hour: two, minute: two, second: two },
    timeZoneName: "longOffset",
  });
  formats.set(timezone, format);
  return format;
}

function local(format: Intl.DateTimeFormat, ms: number): { date: string; time: string; offset: string } {
  const part: Record<string, string> = {};
  for (const { type, value } of format.formatToParts(ms)) part[type] = value;
  return {
    date: `${part.year}-${part.month}-${part.day}`,
    time: `${part.hour}:${part.minute}:${part.second}`,
    offset: (part.timeZoneName ?? "").replace("GMT", "") || "+00:00",
  };
}
