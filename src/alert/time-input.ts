/** Dates as people give them: ISO 8601 with an offset, or epoch milliseconds. */
import { EventStoreError } from "../errors.ts";

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
/** A date's year has four digits. */
const LAST_MS = 253_402_300_799_999;

/** Epoch ms. @throws EventStoreError `EVT_INVALID_OPTION` naming the field. */
export function dateOf(field: string, value: unknown): number {
  const ms = typeof value === "string" && ISO.test(value) ? Date.parse(value) : typeof value === "number" ? value : NaN;
  if (Number.isFinite(ms) && ms >= 0 && ms <= LAST_MS) return Math.floor(ms);
  const fix = "must be a date like 2026-11-30T12:00:00Z, or milliseconds since 1970";
  throw new EventStoreError("EVT_INVALID_OPTION", `${field}: ${fix}`);
}
