/**
 * Call: what a log method was given → what is meant. Two habits are served by the same methods:
 *
 *   MADSci, Python   info("text", { volume: 5 })   error("failed", error)   log_info(event)
 *   pino             info({ volume: 5 }, "text %s", name)   error(error)   error({ err: error }, "failed")
 *
 * Total: whatever it is given, a call comes out, and nothing it was given is left out.
 */
import { format } from "node:util";
import { EVENT_FIELDS } from "../event/event.ts";

export type Values = Readonly<Record<string, unknown>>;

export interface Call {
  readonly message: string | undefined;
  readonly context: Values;
  /** A whole event was given, and nothing else. */
  readonly event: Values | undefined;
}

export function readCall(first: unknown, more: readonly unknown[] = []): Call {
  if (typeof first === "string") return textCall({}, first, more);
  if (isWholeEvent(first) && more.every((one) => one === undefined))
    return { message: undefined, context: {}, event: first };
  const context = contextOf(first);
  const [text, ...rest] = more;
  if (typeof text === "string") return textCall(context, text, rest);
  return textCall(
    context,
    messageOf(context),
    more.filter((one) => one !== undefined),
  );
}

const SHAPE: ReadonlySet<string> = new Set([...EVENT_FIELDS, "event_id", "received_at", "skew_ms"]);

/** True for an object that is an event, not only data: all its keys are fields of one, and it says what it is. */
export function isWholeEvent(value: unknown): value is Values {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.every((key) => SHAPE.has(key)) && ["event_type", "event_data", "log_level"].some((key) => key in value);
}

/** Placeholders as `util.format` knows them; `%%` is a percent sign. */
const PLACEHOLDER = /%(?:%|[sdifjoOc])/g;
const TAKES_OBJECTS = /^%[joO]$/;

function textCall(context: Values, text: string | undefined, given: readonly unknown[]): Call {
  const holes = [...(text?.matchAll(PLACEHOLDER) ?? [])].map(([hole]) => hole).filter((hole) => hole !== "%%");
  // "50%done", { volume: 5 }: Python's habit, where the text is no template.
  const isTemplate =
    holes.length > 0 && !(given.length === 1 && isFields(given[0]) && !TAKES_OBJECTS.test(holes[0] ?? ""));
  const used = isTemplate ? Math.min(holes.length, given.length) : 0;
  const message = used > 0 ? format(text, ...given.slice(0, used)) : text;
  return { message, context: withRest(context, given.slice(used)), event: undefined };
}

/** Objects are context, the first error is the error; what is neither stands in a list of its own. */
function withRest(context: Values, rest: readonly unknown[]): Values {
  if (rest.length === 0) return context;
  const merged: Record<string, unknown> = { ...context };
  const others: unknown[] = [];
  for (const one of rest) {
    if (one instanceof Error && !Object.hasOwn(merged, "err")) merged.err = one;
    else if (isFields(one)) Object.assign(merged, one);
    else if (one !== undefined) others.push(one);
  }
  return others.length === 0 ? merged : { ...merged, args: others };
}

function contextOf(given: unknown): Values {
  if (given instanceof Error) return { err: given };
  if (isFields(given)) return given;
  return given === undefined || given === null ? {} : { value: given };
}

function messageOf({ err, msg, message, value }: Values): string | undefined {
  if (err instanceof Error && msg === undefined && message === undefined) return err.message;
  return ["number", "boolean", "bigint"].includes(typeof value) ? String(value) : undefined;
}

function isFields(value: unknown): value is Values {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return !(value instanceof Error || value instanceof Date || value instanceof Map || value instanceof Set);
}
