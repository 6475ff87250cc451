/** Draft: an event while a line is being read into it, and how it ends. */
import type { EventInput, Source } from "./event.ts";
import { LEVEL, type LogLevel } from "./levels.ts";
import { typeOfLevel } from "./line-level.ts";

/** A parsed line: an object of plain JSON. */
export type Fields = Readonly<Record<string, unknown>>;
export type Data = Record<string, unknown>;

/** All fields from the start, in one order, so that the engine sees one shape. */
export interface Draft {
  _id: string | undefined;
  event_type: string | undefined;
  log_level: LogLevel | undefined;
  alert: boolean | undefined;
  event_timestamp: string | undefined;
  trace_id: string | undefined;
  span_id: string | undefined;
  /** Source ids found as bindings, and those inside a `source` object. */
  source: Record<string, string> | undefined;
  nested: Record<string, string> | undefined;
  /** Whether the message and the error of the line stand in `data` under their new names. */
  message: boolean;
  error: boolean;
  data: Data;
}

/** Takes a value into the draft, or answers false: then it stays in `event_data`. */
export type Lift = (draft: Draft, value: unknown, fields: Fields) => boolean;
/** Changes a draft before it becomes an event. */
export type Edit = (draft: Draft, fields: Fields) => void;

export function newDraft(): Draft {
  return {
    _id: undefined,
    event_type: undefined,
    log_level: undefined,
    alert: undefined,
    event_timestamp: undefined,
    trace_id: undefined,
    span_id: undefined,
    source: undefined,
    nested: undefined,
    message: false,
    error: false,
    data: {},
  };
}

/** What a draft without an id, a source or a time of its own gets. */
export interface Fallback {
  readonly id: string | undefined;
  readonly source: Source | undefined;
  readonly time: (id: string | undefined) => string;
}

/** The event; a field that nothing set is absent. */
export function finish(draft: Draft, fallback: Fallback): EventInput {
  const level = draft.log_level;
  const event: { -readonly [K in keyof EventInput]: EventInput[K] } = {
    event_type: draft.event_type ?? typeOfLevel(level),
    log_level: level ?? LEVEL.INFO,
    event_timestamp: draft.event_timestamp ?? fallback.time(fallback.id),
    source: sourceOf(draft, fallback.source),
    event_data: draft.data,
  };
  const id = draft._id ?? fallback.id;
  if (id !== undefined) event._id = id;
  if (draft.alert !== undefined) event.alert = draft.alert;
  if (draft.trace_id !== undefined) event.trace_id = draft.trace_id;
  if (draft.span_id !== undefined) event.span_id = draft.span_id;
  return event;
}

function sourceOf({ nested, source }: Draft, fixed: Source | undefined): Source {
  if (nested === undefined && fixed === undefined) return source ?? {};
  return { ...fixed, ...nested, ...source };
}

/** Sets an own property even where the key is `__proto__`. */
export function define(target: Data, key: string, value: unknown): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}
