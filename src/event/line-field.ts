/** What fits which field of an event: one reader per field, undefined where the value is none. */
import { canonicalType, isKnownType } from "./event-types.ts";
import { isUlid } from "./id.ts";

/** Most characters of a trace or span id; W3C's have 32 and 16. */
const TRACE_CHARS = 256;
const TYPE = /^[^\s\u0000-\u001f\u007f]{1,128}$/;
const CONTROL = /[\u0000-\u001f\u007f]/;

export function readUlid(value: unknown): string | undefined {
  return typeof value === "string" && value.length === 26 && isUlid(value) ? value : undefined;
}

/** The canonical name of an event type: one of MADSci's, or a short printable name of the sender's own. */
export function readType(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > 128) return undefined;
  const type = canonicalType(value);
  if (isKnownType(type)) return type;
  return TYPE.test(type) && type.isWellFormed() && !type.startsWith("eventtype.") ? type : undefined;
}

/** A trace or span id: short and printable, for every store indexes or copies it as it is. */
export function readTraceId(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "" || value.length > TRACE_CHARS) return undefined;
  return CONTROL.test(value) || !value.isWellFormed() ? undefined : value;
}
