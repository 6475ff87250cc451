/** Sample: what is kept of an event for people to read. */
import type { StoredEvent } from "../event/event.ts";
import type { Json } from "../event/json.ts";
import type { Sample } from "./incident.ts";
import { cutText, redactText, shownData } from "./redact.ts";

const MESSAGE_CHARS = 500;
/** Where senders put the sentence, the likeliest first. */
const MESSAGE_KEYS = ["message", "msg", "error", "reason", "detail", "description", "text", "exception"];

/** @param redact event paths never shown */
export function sampleOf(event: StoredEvent, receivedAt: string, redact: readonly string[]): Sample {
  const event_data = shownData(event.event_data, redact);
  const { _id, event_type, log_level, event_timestamp, alert, trace_id, span_id } = event;
  return {
    _id,
    event_type,
    log_level,
    event_timestamp,
    received_at: receivedAt,
    message: cutText(redactText(messageOf(event_data) ?? event_type), MESSAGE_CHARS),
    source: sourceOf(event),
    event_data,
    alert,
    trace_id,
    span_id,
  };
}

/** The same without the data: for lists of many. */
export function slimSample(sample: Sample): Sample {
  return { ...sample, message: cutText(sample.message, 200), event_data: null };
}

function sourceOf(event: StoredEvent): Record<string, string> {
  const source: Record<string, string> = {};
  for (const [field, id] of Object.entries(event.source)) if (typeof id === "string") source[field] = id;
  return source;
}

function messageOf(data: Json): string | undefined {
  if (typeof data === "string") return data;
  if (typeof data !== "object" || data === null || Array.isArray(data)) return undefined;
  const fields = data as { readonly [key: string]: Json };
  for (const key of MESSAGE_KEYS) {
    const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (typeof value === "string" && value.trim() !== "") return value;
    const inner = key === "error" || key === "exception" ? innerMessage(value) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** `{ error: { message } }` */
function innerMessage(value: Json | undefined): string | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "message")) return undefined;
  const { message } = value as { readonly message: Json };
  return typeof message === "string" ? message : undefined;
}
