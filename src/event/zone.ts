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
/** `GMT`, `GMT-06:00`, and before standard time `GMT-05:50:36`. */
const OFFSET = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/;

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
  const offset = zoneOffset(zone);
  if (offset === undefined)
    throw new EventStoreError("EVT_INVALID_OPTION", `naiveTimezone "${zone}" is not a known IANA time zone`);
  const reader = zone === "UTC" || zone === "Etc/UTC" ? (wallMs: number) => wallMs : cachedReader(offset);
  readers.set(zone, reader);
  return reader;
}

/** UTC milliseconds → offset of the zone in milliseconds; undefined when the zone is not a known IANA name. */
export function zoneOffset(zone: string): ((utcMs: number) => number) | undefined {
  const format = offsetFormat(zone);
  if (format === undefined) return undefined;
  return (utcMs) => {
    const [, sign, hours, minutes, seconds] = OFFSET.exec(format.format(utcMs)) ?? [];
    const offset = Number(hours ?? 0) * 3_600_000 + Number(minutes ?? 0) * 60_000 + Number(seconds ?? 0) * 1000;
    return sign === "-" ? -offset : offset;
  };
}

function offsetFormat(zone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  } catch {
    return undefined;
  }
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
