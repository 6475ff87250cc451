/**
 * Fit: an event too large for a store loses what makes it so, instead of being refused whole.
 *
 *   fits ──────────────────────────────────→ as it is
 *   too many bytes, in long texts ─────────→ the longest texts lose their ends, with a note of how much
 *   too many keys, levels or small values ─→ `event_data` becomes the message, what leading fields there is room for,
 *                                            and the beginning of the line
 */
import type { EventInput } from "../event/event.ts";
import { DEFAULT_LIMITS } from "../event/limits.ts";
import { type Data, define } from "../event/line-draft.ts";
import { type LongText, measure } from "./measure.ts";

/** Most characters kept of a line, and of its message. */
const KEEP_CHARS = 32_768;
const MESSAGE_CHARS = 4096;
/** What the other fields of an event take at most, roughly. */
const ENVELOPE_BYTES = 4096;
/** One character takes this many bytes of JSON at worst: `\u0001`. */
export const WORST_BYTES = 6;
/** A text is not cut below this many bytes, so that what remains still says something. */
const LEAST_BYTES = 1024;
/** What the note of a cut takes at most. */
const NOTE_BYTES = 48;
/** Bytes and keys left free in a cut event, for where its line stood and for what is always there. */
const SPARE_BYTES = 512;
const SPARE_KEYS = 16;
/** Names in a cut event that are its own; what the line had under them is in the beginning of the line. */
const OWN_NAME = /^(?:truncated|line|(?:ship_)*(?:sender|seq))$/;

/** Why a line was cut. */
export const TOO_LARGE = "too many bytes";
export const TOO_WIDE = "too many keys or levels";

/** The smallest and the largest size an event may be held to. */
export const EVENT_BYTES = { least: 8192, most: DEFAULT_LIMITS.maxBytes } as const;

export interface Fitted {
  readonly event: EventInput;
  readonly truncated: boolean;
}

/** Bytes of JSON `event_data` may take in an event of `maxBytes`. */
export function roomOf(maxBytes: number): number {
  return Math.max(EVENT_BYTES.least, Math.min(EVENT_BYTES.most, maxBytes)) - ENVELOPE_BYTES;
}

/** The event itself where it fits, otherwise a cut one. `text` is the line it was made of. */
export function fitEvent(event: EventInput, text: string, maxBytes: number): Fitted {
  const room = roomOf(maxBytes);
  const size = measure(event.event_data, DEFAULT_LIMITS);
  if (size !== undefined && size.bytes <= room) return { event, truncated: false };
  if (size !== undefined && shorten(size.texts, size.bytes - room)) return { event, truncated: true };
  const reason = size === undefined ? TOO_WIDE : TOO_LARGE;
  return { event: cut(event, text, { reason, bytes: Buffer.byteLength(text), room }), truncated: true };
}

/** Note of what was cut from a line, and how much stays. */
export interface Cut {
  readonly reason: string;
  /** Bytes the line had. */
  readonly bytes: number;
  /** Bytes of JSON there are. */
  readonly room: number;
}

/** The event with its message, its leading fields and the beginning of its line as `event_data`. */
export function cut(event: EventInput, text: string, { reason, bytes, room }: Cut): EventInput {
  const keep = Math.min(KEEP_CHARS, Math.floor(room / 7));
  const fields = (event.event_data ?? {}) as Data;
  const { message } = fields;
  const first = typeof message === "string" ? { message: beginning(message, Math.min(MESSAGE_CHARS, keep >> 3)) } : {};
  const note = { truncated: { reason, bytes }, line: beginning(text, keep) };
  const own = { ...first, ...note };
  const left = room - SPARE_BYTES - Buffer.byteLength(JSON.stringify(own));
  const data = { ...first, ...leading(fields, own, left), ...note };
  return { ...event, event_data: data };
}

/** Of the first fields, in their order, those there is room for and that are not in `own` already. */
function leading(fields: Data, own: Data, room: number): Data {
  const kept: Data = {};
  let [bytesLeft, keysLeft] = [room, DEFAULT_LIMITS.maxKeys - SPARE_KEYS];
  for (const key of Object.keys(fields).slice(0, DEFAULT_LIMITS.maxKeys)) {
    if (Object.hasOwn(own, key) || OWN_NAME.test(key)) continue;
    const field = { [key]: fields[key] };
    const size = measure(field, { ...DEFAULT_LIMITS, maxKeys: keysLeft });
    if (size === undefined || size.bytes > bytesLeft) continue;
    define(kept, key, fields[key]);
    bytesLeft -= size.bytes;
    keysLeft -= keysOf(field);
  }
  return kept;
}

/** Keys in the whole of a value whose depth is known to be small. */
function keysOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const items = Object.values(value);
  return items.reduce((sum: number, item) => sum + keysOf(item), Array.isArray(value) ? 0 : items.length);
}

/** Cuts the longest texts in place until `excess` bytes are gone; false where that is not enough. */
function shorten(texts: readonly LongText[], excess: number): boolean {
  const longest = [...texts].sort((a, b) => b.bytes - a.bytes);
  const spare = longest.reduce((sum, { bytes }) => sum + Math.max(0, bytes - LEAST_BYTES), 0);
  if (spare < excess) return false;
  let left = excess;
  for (const { holder, key, bytes } of longest) {
    if (left <= 0) return true;
    const target = Math.max(LEAST_BYTES, bytes - left);
    const short = shortened(holder[key] as string, target);
    holder[key] = short;
    left -= bytes - Buffer.byteLength(JSON.stringify(short));
  }
  return left <= 0;
}

/** At most `bytes` of JSON of a text, with a note of how much is gone. */
function shortened(text: string, bytes: number): string {
  const kept = beginning(text, charsWithin(text, bytes - NOTE_BYTES));
  return `${kept}…[truncated ${Buffer.byteLength(text) - Buffer.byteLength(kept)} bytes]`;
}

/** How many characters of a text take at most `bytes` of JSON. */
function charsWithin(text: string, bytes: number): number {
  const half = text.isWellFormed() ? 2 : WORST_BYTES;
  let left = bytes;
  for (let at = 0; at < text.length; at++) {
    left -= jsonBytes(text.charCodeAt(at), half);
    if (left < 0) return at;
  }
  return text.length;
}

function jsonBytes(code: number, half: number): number {
  if (code < 0x20) return WORST_BYTES;
  if (code === 0x22 || code === 0x5c) return 2;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code >= 0xd800 && code <= 0xdfff ? half : 3;
}

/** The first characters, no surrogate pair split; a copy, for a slice would keep the whole text in memory. */
function beginning(text: string, chars: number): string {
  if (text.length <= chars) return text;
  const code = text.charCodeAt(chars - 1);
  const end = code >= 0xd800 && code <= 0xdbff ? chars - 1 : chars;
  return Buffer.from(text.slice(0, end), "utf16le").toString("utf16le");
}
