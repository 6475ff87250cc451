/**
 * Which instant a naive wall clock reading means in an IANA zone, daylight saving included.
 *
 * Rules as in Python (PEP 495, fold=0): a reading that happens twice means the first time; one that never happens is
 * read with the offset from before the jump.
 */
import { EventStoreError } from "../errors.ts";

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;
const CACHE_LIMIT = 4096;

/** Turns wall milliseconds (read as if UTC) into real UTC milliseconds. */
export type ZoneReader = (wallMs: number) => number;

const readers = new Map<string, ZoneReader>();

/** The IANA zone of this process. */
export function localZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** @throws EventStoreError `EVT_INVALID_OPTION` when the zone is not a known IANA name. */
export function zoneReader(zone: string): ZoneReader {
  const known = readers.get(zone);
  if (known) return known;
  const reader = zone === "UTC" || zone === "Etc/UTC" ? (wallMs: number) => wallMs : cachedReader(offsetOf(zone));
  readers.set(zone, reader);
  return reader;
}

/** UTC milliseconds → offset of the zone in milliseconds. */
function offsetOf(zone: string): (utcMs: number) => number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
      era: "short",
    });
  } catch (cause) {
    throw new EventStoreError("EVT_INVALID_OPTION", `naiveTimezone "${zone}" is not a known IANA time zone`, { cause });
  }
  return (utcMs) => {
    const part: Record<string, string> = {};
    for (const { type, value } of format.formatToParts(utcMs)) part[type] = value;
    const year = part.era === "BC" ? 1 - Number(part.year) : Number(part.year);
    const wall = new Date(0);
    wall.setUTCFullYear(year, Number(part.month) - 1, Number(part.day));
    wall.setUTCHours(Number(part.hour), Number(part.minute), Number(part.second));
    return wall.getTime() - Math.floor(utcMs / 1000) * 1000;
  };
}

/** Offsets change on quarter hours at the finest, so one answer serves a whole quarter. */
function cachedReader(offset: (utcMs: number) => number): ZoneReader {
  const cache = new Map<number, number>();
  return (wallMs) => {
    const quarter = Math.floor(wallMs / QUARTER_MS);
    let found = cache.get(quarter);
    if (found === undefined) {
      if (cache.size >= CACHE_LIMIT) cache.clear();
      found = resolveOffset(quarter * QUARTER_MS, offset);
      cache.set(quarter, found);
    }
    return wallMs - found;
  };
}

function resolveOffset(wallMs: number, offset: (utcMs: number) => number): number {
  const before = offset(wallMs - DAY_MS);
  const after = offset(wallMs + DAY_MS);
  if (before === after || offset(wallMs - before) === before) return before;
  return offset(wallMs - after) === after ? after : before;
}
