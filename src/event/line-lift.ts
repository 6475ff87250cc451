/** Lifts: which key of a line means which field of an event. */
import { SOURCE_FIELDS, type Source } from "./event.ts";
import type { Draft, Fields, Lift } from "./line-draft.ts";
import { readTraceId, readType, readUlid } from "./line-field.ts";
import { isLoggerLevel, type LevelTable, loggerLevel } from "./line-level.ts";
import { timeText } from "./line-time.ts";

export interface LiftOptions {
  readonly sourceKeys: Readonly<Record<string, keyof Source>>;
  readonly levels: LevelTable;
  readonly messageKey: string;
  readonly errorKey: string;
}

/** Which key means what; a later entry of the same name wins, so the caller's own names come last. */
export function liftsOf(options: LiftOptions): ReadonlyMap<string, Lift> {
  const lifts = new Map<string, Lift>([
    ["time", liftTime],
    ["level", levelLift(options.levels)],
    ["_id", liftId],
    ["event_id", liftId],
    ["event_type", liftType],
    ["alert", liftAlert],
    ["source", liftSource],
    ["trace", nestedIdLift("trace_id")],
    ["span", nestedIdLift("span_id")],
  ]);
  for (const key of ["trace_id", "traceId", "trace.id"]) lifts.set(key, textLift("trace_id"));
  for (const key of ["span_id", "spanId", "span.id"]) lifts.set(key, textLift("span_id"));
  for (const field of SOURCE_FIELDS) lifts.set(field, sourceLift(field));
  for (const [key, field] of Object.entries(options.sourceKeys)) lifts.set(key, sourceLift(field));
  lifts.set(options.messageKey, (draft) => draft.message);
  lifts.set(options.errorKey, (draft) => draft.error);
  return lifts;
}

/** Message and error come first in `event_data`, under MADSci's names unless the line uses these itself. */
export function liftHead(draft: Draft, fields: Fields, { messageKey, errorKey }: LiftOptions): void {
  const message = Object.hasOwn(fields, messageKey) ? fields[messageKey] : undefined;
  if (typeof message === "string" && (messageKey === "message" || !Object.hasOwn(fields, "message"))) {
    draft.data.message = message;
    draft.message = true;
  }
  if (Object.hasOwn(fields, errorKey) && (errorKey === "error" || !Object.hasOwn(fields, "error"))) {
    draft.data.error = fields[errorKey];
    draft.error = true;
  }
}

const liftTime: Lift = (draft, value) => {
  const text = timeText(value);
  if (text === undefined) return false;
  draft.event_timestamp = text;
  return true;
};

/** Answers true (taken completely) only for pino's own numbers and labels; any other original stays beside it. */
function levelLift(levels: LevelTable): Lift {
  return (draft, value) => {
    if (typeof value !== "number" && typeof value !== "string") return false;
    draft.log_level = loggerLevel(value, levels);
    return isLoggerLevel(value);
  };
}

/** Only a ULID is an event's id: an application's own `event_id` may stand on many lines. `_id` wins over `event_id`. */
const liftId: Lift = (draft, value, fields) => {
  const id = readUlid(value);
  if (id === undefined) return false;
  draft._id = readUlid(fields._id) ?? id;
  return draft._id === id;
};

const liftType: Lift = (draft, value) => {
  const type = readType(value);
  if (type === undefined) return false;
  draft.event_type = type;
  return true;
};

const liftAlert: Lift = (draft, value) => {
  if (typeof value !== "boolean") return false;
  draft.alert = value;
  return true;
};

function textLift(field: "trace_id" | "span_id"): Lift {
  return (draft, value) => {
    const id = readTraceId(value);
    if (id === undefined) return false;
    draft[field] ??= id;
    return draft[field] === id;
  };
}

/** `trace: { id }` as in the Elastic Common Schema; taken when it holds nothing else. */
function nestedIdLift(field: "trace_id" | "span_id"): Lift {
  const lift = textLift(field);
  return (draft, value, fields) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    return lift(draft, (value as { id?: unknown }).id, fields) && Object.keys(value).length === 1;
  };
}

function sourceLift(field: keyof Source): Lift {
  return (draft, value) => {
    const id = readUlid(value);
    if (id === undefined) return false;
    draft.source ??= {};
    draft.source[field] ??= id;
    return draft.source[field] === id;
  };
}

/** A binding called `source`: taken when all it holds are ids of the lab; otherwise it also stays in `event_data`. */
const liftSource: Lift = (draft, value) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let whole = true;
  for (const [key, given] of Object.entries(value)) {
    const id = (SOURCE_FIELDS as readonly string[]).includes(key) ? readUlid(given) : undefined;
    if (id === undefined) whole = false;
    else draft.nested = { ...draft.nested, [key]: id };
  }
  return whole;
};
