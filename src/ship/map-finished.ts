/**
 * Finished lines: events as a client writes them into its spool, `{"level":30,"event":{…}}`.
 *
 * The event is sent as it is, with its own id and without a mark of where it stood; only what no store would take is
 * cut. `level` (pino's number) is for the shipper, which reads it without parsing.
 */
import type { EventInput } from "../event/event.ts";
import { parseJson, stringifyJson } from "../event/json.ts";
import { EVENT_BYTES, type Fitted, fitEvent, roomOf } from "./fit.ts";
import type { Place } from "./map-read.ts";

/** What a line became. */
interface Finished extends Fitted {
  readonly unparseable: false;
}

/** A finished line, with its line end. */
export function finishedLine(level: number, event: EventInput): string {
  return `{"level":${level},"event":${stringifyJson(event)}}\n`;
}

/** @param other for a line that is none of these */
export function mapFinished<T>(
  maxBytes: number = EVENT_BYTES.most,
  other: (line: string | Uint8Array, place: Place) => T,
) {
  return (line: string | Uint8Array, place: Place): T | Finished => {
    const text = typeof line === "string" ? line : Buffer.from(line).toString("utf8");
    const event = eventIn(text);
    if (event === undefined) return other(line, place);
    return fitted({ _id: place.id, ...event }, text, maxBytes);
  };
}

function eventIn(text: string): EventInput | undefined {
  if (!text.startsWith('{"level":')) return undefined;
  try {
    const { event } = parseJson(text) as { readonly event?: unknown };
    return typeof event === "object" && event !== null ? (event as EventInput) : undefined;
  } catch {
    return undefined;
  }
}

function fitted(event: EventInput, text: string, maxBytes: number): Finished {
  const { event_data: data } = event;
  const isObject = typeof data === "object" && data !== null && !Array.isArray(data);
  const isSmall = Buffer.byteLength(text) <= roomOf(maxBytes);
  // Only what is an object can lose parts.
  const cuttable = isObject || isSmall ? event : { ...event, event_data: { [keyFor(data)]: data } };
  return { ...fitEvent(cuttable, text, maxBytes), unparseable: false };
}

function keyFor(data: unknown): string {
  return typeof data === "string" ? "message" : "value";
}
