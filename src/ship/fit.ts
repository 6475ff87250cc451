/**
 * Fit: an event too large for a store loses what makes it so, instead of being refused whole.
 *
 * Its `event_data` becomes the message and the beginning of the line as text, with a note of what was cut.
 */
import type { EventInput } from "../event/event.ts";
import { stringifyJson } from "../event/json.ts";
import { checkJson, DEFAULT_LIMITS } from "../event/limits.ts";

/** One character of a line takes six bytes of JSON at worst, so this always stays below the limit of an event. */
const KEEP_CHARS = 32_768;
const MESSAGE_CHARS = 4096;
/** What the other fields of an event take at most, roughly. */
const ENVELOPE_BYTES = 4096;

export interface Fitted {
  readonly event: EventInput;
  readonly bytes: number;
  readonly truncated: boolean;
}

/** The event itself where it fits, otherwise a cut copy. `line` is what it was made of. */
export function fitEvent(event: EventInput, line: unknown): Fitted {
  const text = typeof line === "string" ? line : stringifyJson(event.event_data);
  const bytes = Buffer.byteLength(text);
  const reason = excess(event, text, bytes);
  if (reason === undefined) return { event, bytes, truncated: false };
  const data = { message: messageOf(event), truncated: { reason, bytes }, line: text.slice(0, KEEP_CHARS) };
  return { event: { ...event, event_data: data }, bytes: Math.min(bytes, KEEP_CHARS), truncated: true };
}

function excess(event: EventInput, text: string, bytes: number): string | undefined {
  try {
    checkJson(event.event_data, DEFAULT_LIMITS);
  } catch {
    return "too many keys or levels";
  }
  const room = DEFAULT_LIMITS.maxBytes - ENVELOPE_BYTES;
  if (bytes * 6 <= room) return undefined;
  const size = Buffer.byteLength(stringifyJson(event.event_data));
  return size <= room && text.length <= DEFAULT_LIMITS.maxBytes ? undefined : "too many bytes";
}

function messageOf(event: EventInput): string | undefined {
  const { message } = (event.event_data ?? {}) as { message?: unknown };
  return typeof message === "string" ? message.slice(0, MESSAGE_CHARS) : undefined;
}
