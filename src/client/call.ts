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
import { stringifyJson } from "../event/json.ts";
import { isOne } from "../event/line-one.ts";
import { plain } from "../event/line-value.ts";
import { BOUNDS, contextOf, fieldsOf, isError, readOr } from "./fields.ts";

export type Values = Readonly<Record<string, unknown>>;

export interface Call {
  readonly message: string | undefined;
  readonly context: Values;
  /** A whole event was given, and nothing else. */
  readonly event: Values | undefined;
}

export function readCall(first: unknown, more: readonly unknown[] = []): Call {
  if (typeof first === "string") return textCall({}, first, more);
  if (readOr(() => isWholeEvent(first), false) && more.every((one) => one === undefined))
    return { message: undefined, context: {}, event: first as Values };
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
  if (typeof value !== "object" || value === null || isOne(value)) return false;
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
    holes.length > 0 &&
    !(given.length === 1 && !TAKES_OBJECTS.test(holes[0] ?? "") && fieldsOf(given[0]) !== undefined);
  const used = isTemplate ? Math.min(holes.length, given.length) : 0;
  const message = used > 0 && text !== undefined ? formatted(text, holes, given.slice(0, used)) : undefined;
  const rest = message === undefined ? given : given.slice(used);
  return { message: message ?? text, context: withRest(context, rest), event: undefined };
}

/** Undefined where a value cannot be written: the values then stand beside the text. */
function formatted(text: string, holes: readonly string[], given: readonly unknown[]): string | undefined {
  let at = 0;
  // JSON is written here, for `util.format` has none for a bigint.
  const template = text.replace(PLACEHOLDER, (hole) =>
    hole !== "%%" && at++ < given.length && hole === "%j" ? "%s" : hole,
  );
  return readOr(() => format(template, ...given.map((value, index) => shown(holes[index], value))), undefined);
}

/** A value as its place takes it. What may be large is copied within bounds; what has a text of its own keeps it. */
function shown(hole: string | undefined, value: unknown): unknown {
  if (hole === "%j") return stringifyJson(plain(value, BOUNDS));
  if (typeof value !== "object" || value === null || isError(value)) return value;
  const prototype = Object.getPrototypeOf(value);
  const isBag = prototype === Object.prototype || prototype === null;
  return isBag || hole === "%o" || hole === "%O" ? plain(value, BOUNDS) : value;
}

/** Objects are context, the first error is the error; what is neither stands in a list of its own. */
function withRest(context: Values, rest: readonly unknown[]): Values {
  if (rest.length === 0) return context;
  const merged: Record<string, unknown> = { ...context };
  const others: unknown[] = [];
  for (const one of rest) {
    const fields = fieldsOf(one);
    if (isError(one) && !Object.hasOwn(merged, "err")) merged.err = one;
    else if (fields !== undefined) Object.assign(merged, fields);
    else if (one !== undefined) others.push(one);
  }
  return others.length === 0 ? merged : { ...merged, args: others };
}

function messageOf({ err, msg, message, value }: Values): string | undefined {
  if (isError(err) && msg === undefined && message === undefined) return readOr(() => textOf(err.message), undefined);
  return ["number", "boolean", "bigint"].includes(typeof value) ? String(value) : undefined;
}

function textOf(message: unknown): string | undefined {
  return typeof message === "string" ? message : undefined;
}
