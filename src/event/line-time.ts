/**
 * Times of log lines → the text of `event_timestamp`.
 *
 * Lines of one second come together, so the text of the last second is kept: what pino writes (milliseconds, or ISO
 * with three decimals) then needs no calendar. Everything else goes the way of timestamp.ts.
 */
import { formatInstant } from "./instant.ts";
import { parseTimestamp } from "./timestamp.ts";
import { localZone, type ZoneReader, zoneReader } from "./zone.ts";

/** Above this a number means milliseconds (see timestamp.ts); the other bound is the end of the year 9999. */
const MIN_MS = 2e10;
const MAX_MS = 253_402_300_799_999;
/** Longer texts are no times. */
const TIME_CHARS = 64;
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

let lastSecond = Number.NaN;
let lastSecondText = "";
let lastIso = "";

/** Asked for only where a time has no offset: finding the zone of the host is slow. */
const hostZone: ZoneReader = (wallMs) => zoneReader(localZone())(wallMs);

/** The UTC text of a number (s or ms) or a text that stands for a time; undefined for anything else. */
export function timeText(value: unknown): string | undefined {
  if (typeof value === "number")
    return value > MIN_MS && value <= MAX_MS && Number.isInteger(value) ? msText(value) : slowText(value);
  if (typeof value !== "string" || value.length > TIME_CHARS) return undefined;
  return isoText(value) ?? slowText(value);
}

/** The time inside a ULID. */
export function ulidTimeText(ulid: string): string {
  let ms = 0;
  for (let at = 0; at < 10; at++) ms = ms * 32 + CROCKFORD.indexOf(ulid.charAt(at));
  return msText(Math.max(0, Math.min(ms, MAX_MS)));
}

function msText(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastSecondText = new Date(second * 1000).toISOString().slice(0, 19);
  }
  const rest = ms - second * 1000;
  return rest === 0 ? `${lastSecondText}Z` : `${lastSecondText}.${rest < 10 ? "00" : rest < 100 ? "0" : ""}${rest}000Z`;
}

/** `2025-01-02T03:04:05.123Z` where its second has been found valid before. */
function isoText(text: string): string | undefined {
  if (text.length !== 24 || !text.startsWith(lastIso) || lastIso === "") return undefined;
  const rest = text.slice(19);
  return /^\.(?!000)\d{3}Z$/.test(rest) ? `${text.slice(0, 23)}000Z` : undefined;
}

function slowText(value: number | string): string | undefined {
  const time = parseTimestamp(value, hostZone);
  if (typeof time === "string") return undefined;
  const text = formatInstant(time.instant);
  // An offset can lead out of the years 1 to 9999 at either end.
  if (!/^\d{4}-/.test(text) || text < "0001") return undefined;
  if (typeof value === "string" && value.length === 24 && value.endsWith("Z")) lastIso = text.slice(0, 19);
  return text;
}
