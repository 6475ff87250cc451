/** An entry of `redact`: an event path whose value is kept out of messages. */
import { eventPath } from "./condition-file.ts";
import type { Field } from "./field.ts";

/** What a message can do without: the rest says what happened, how bad it is, and when. */
const KEPT_OUT: ReadonlySet<string> = new Set(["event_data", "source", "trace_id", "span_id"]);

export function redactPath(field: Field): string | undefined {
  const path = eventPath(field);
  const [first = ""] = path?.split(".") ?? [];
  if (path === undefined || KEPT_OUT.has(first)) return path;
  return field.error(`every message tells ${first}; only paths in ${[...KEPT_OUT].join(", ")} can be left out`);
}
