/**
 * Log line → event: what a line of pino (or any JSON logger, or plain text) means as an event.
 *
 * Known keys are lifted to the field they name, everything else goes into `event_data` unchanged; nothing a line holds
 * is lost. A key whose value does not fit its field (a `node_id` that is no ULID, a `time` that is no time) stays in
 * `event_data`. Where a line has both `msg` and its own `message` (or `err` and `error`), both stay as they are.
 *
 * Pure and total: any text and any value becomes an event. Not here: ids (the shipper fixes them), size limits.
 */
import { type EventInput, SOURCE_FIELDS, type Source } from "./event.ts";
import { canonicalType, isKnownType } from "./event-types.ts";
import { isUlid } from "./id.ts";
import { formatInstant, instantOf } from "./instant.ts";
import { parseJson, stringifyJson } from "./json.ts";
import { LEVEL, type LogLevel, levelName } from "./levels.ts";
import { parseTimestamp } from "./timestamp.ts";
import { localZone, type ZoneReader, zoneReader } from "./zone.ts";

/** @since 0.1.0 */
export interface LineOptions {
  /** Ids every event carries; those of a line win. @default {} */
  readonly source?: Source;
  /** Further binding names and the source field each stands for, such as `{ nodeId: "node_id" }`. @default {} */
  readonly sourceKeys?: Readonly<Record<string, keyof Source>>;
  /** Level numbers or labels of the logger's own, such as `{ 35: 20, notice: 20 }`. @default {} */
  readonly levelMap?: Readonly<Record<string, LogLevel>>;
  /** Key of the message, pino's `messageKey`. @default "msg" */
  readonly messageKey?: string;
  /** Key of the error, pino's `errorKey`. @default "err" */
  readonly errorKey?: string;
  /** Time of a line that has none. @default () => new Date() */
  readonly now?: () => Date;
}

type Fields = Readonly<Record<string, unknown>>;
/** Takes a value into the draft, or answers false: then it stays in `event_data`. */
type Lift = (draft: Draft, value: unknown, fields: Fields) => boolean;

interface Draft {
  _id?: string;
  event_type?: string;
  log_level?: LogLevel;
  alert?: boolean;
  event_timestamp?: string;
  trace_id?: string;
  span_id?: string;
  /** Source ids found as bindings, and those inside a `source` object. */
  readonly source: Record<string, string>;
  readonly nested: Record<string, string>;
  readonly head: { message?: string; error?: unknown };
  readonly rest: Record<string, unknown>;
}

/** pino's six levels on Python's scale. Source: pino `lib/constants.js`; MADSci `EventLogLevel`. */
const PINO: Readonly<Record<number, LogLevel>> = { 10: 10, 20: 10, 30: 20, 40: 30, 50: 40, 60: 50 };
/** Labels of pino, Python and syslog-like loggers. */
export const LEVEL_LABELS: ReadonlyMap<string, LogLevel> = new Map<string, LogLevel>([
  ["trace", LEVEL.DEBUG],
  ["debug", LEVEL.DEBUG],
  ["info", LEVEL.INFO],
  ["warn", LEVEL.WARNING],
  ["warning", LEVEL.WARNING],
  ["error", LEVEL.ERROR],
  ["fatal", LEVEL.CRITICAL],
  ["critical", LEVEL.CRITICAL],
]);

/**
 * The event a log line stands for; never throws. Text that is no JSON object becomes an event of type `log`.
 * @since 0.1.0
 */
export function lineToEvent(line: unknown, options: LineOptions = {}): EventInput {
  return lineMapper(options)(line);
}

/** {@link lineToEvent} with its options worked out once. @since 0.1.0 */
export function lineMapper(options: LineOptions = {}): (line: unknown) => EventInput {
  const lifts = liftsOf(options);
  const now = () => formatInstant(instantOf((options.now ?? (() => new Date()))()));
  return (line) => {
    const fields = fieldsOf(line);
    return fields === undefined ? textEvent(line, options.source, now()) : fieldsEvent(fields, lifts, options, now);
  };
}

function fieldsOf(line: unknown): Fields | undefined {
  try {
    const value = typeof line === "string" ? parseJson(line) : plain(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function textEvent(line: unknown, source: Source = {}, time: string): EventInput {
  const message = typeof line === "string" ? line : textOf(line);
  const fields = { event_type: "log", log_level: LEVEL.INFO, event_timestamp: time };
  return { ...fields, source: { ...source }, event_data: { message } };
}

function textOf(value: unknown): string {
  if (value === undefined || typeof value === "function" || typeof value === "symbol") return String(typeof value);
  return stringifyJson(plain(value));
}

function fieldsEvent(fields: Fields, lifts: ReadonlyMap<string, Lift>, options: LineOptions, now: () => string) {
  const draft: Draft = { source: {}, nested: {}, head: {}, rest: {} };
  for (const key of Object.keys(fields)) {
    const lift = lifts.get(key);
    if (lift?.(draft, fields[key], fields) !== true) define(draft.rest, key, fields[key]);
  }
  const { source, nested, head, rest, ...lifted } = draft;
  return {
    ...lifted,
    event_type: lifted.event_type ?? typeOfLevel(lifted.log_level),
    log_level: lifted.log_level ?? LEVEL.INFO,
    event_timestamp: lifted.event_timestamp ?? now(),
    source: { ...options.source, ...nested, ...source },
    event_data: { ...head, ...rest },
  };
}

function typeOfLevel(level: LogLevel | undefined): string {
  return level === undefined || level === LEVEL.NOTSET ? "log" : `log_${levelName(level).toLowerCase()}`;
}

/** Which key means what; a later entry of the same name wins, so the caller's own names come last. */
function liftsOf(options: LineOptions): ReadonlyMap<string, Lift> {
  const lifts = new Map<string, Lift>([
    ["time", liftTime],
    ["level", levelLift(options.levelMap ?? {})],
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
  for (const [key, field] of Object.entries(options.sourceKeys ?? {})) lifts.set(key, sourceLift(field));
  lifts.set(options.messageKey ?? "msg", headLift("message", options.messageKey ?? "msg"));
  lifts.set(options.errorKey ?? "err", headLift("error", options.errorKey ?? "err"));
  return lifts;
}

/** Asked for only where a time has no offset: finding the zone of the host is slow. */
const hostZone: ZoneReader = (wallMs) => zoneReader(localZone())(wallMs);

const liftTime: Lift = (draft, value) => {
  if (typeof value !== "number" && typeof value !== "string") return false;
  const time = parseTimestamp(value, hostZone);
  if (typeof time === "string") return false;
  draft.event_timestamp = formatInstant(time.instant);
  return true;
};

/** Answers true (taken completely) only for pino's own numbers and labels; any other original stays beside it. */
function levelLift(levelMap: Readonly<Record<string, LogLevel>>): Lift {
  return (draft, value) => {
    if (typeof value !== "number" && typeof value !== "string") return false;
    const mapped = Object.hasOwn(levelMap, value) ? levelMap[value] : undefined;
    draft.log_level = mapped ?? (typeof value === "number" ? roundDown(value) : LEVEL_LABELS.get(value.toLowerCase()));
    return typeof value === "number" ? Object.hasOwn(PINO, value) : LEVEL_LABELS.has(value.toLowerCase());
  };
}

function roundDown(level: number): LogLevel {
  return PINO[Math.max(10, Math.min(60, Math.floor(level / 10) * 10))] ?? LEVEL.INFO;
}

function ulidOf(value: unknown): string | undefined {
  return typeof value === "string" && isUlid(value) ? value : undefined;
}

/** Only a ULID is an event's id: an application's own `event_id` may stand on many lines. `_id` wins over `event_id`. */
const liftId: Lift = (draft, value, fields) => {
  const id = ulidOf(value);
  if (id === undefined) return false;
  draft._id = ulidOf(fields._id) ?? id;
  return draft._id === id;
};

const liftType: Lift = (draft, value) => {
  if (typeof value !== "string") return false;
  const type = canonicalType(value);
  const named = /^[^\s\u0000-\u001f\u007f]{1,128}$/.test(type) && type.isWellFormed() && !type.startsWith("eventtype.");
  if (!named && !isKnownType(type)) return false;
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
    if (typeof value !== "string" || value === "") return false;
    draft[field] ??= value;
    return draft[field] === value;
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
    if (typeof value !== "string" || !isUlid(value)) return false;
    draft.source[field] ??= value;
    return draft.source[field] === value;
  };
}

/** A binding called `source`: taken when all it holds are ids of the lab; otherwise it also stays in `event_data`. */
const liftSource: Lift = (draft, value) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let whole = true;
  for (const [key, id] of Object.entries(value)) {
    const valid = (SOURCE_FIELDS as readonly string[]).includes(key) && typeof id === "string" && isUlid(id);
    if (valid) draft.nested[key] = id;
    else whole = false;
  }
  return whole;
};

function headLift(name: "message" | "error", key: string): Lift {
  return (draft, value, fields) => {
    if (name === "message" && typeof value !== "string") return false;
    if (key !== name && Object.hasOwn(fields, name)) return false;
    draft.head[name] = value as string;
    return true;
  };
}

const MAX_DEPTH = 30;
const MAX_VALUES = 10_000;

/** Any value as plain JSON: cycles, failing getters and what has no JSON become a word in brackets. */
function plain(root: unknown): unknown {
  let left = MAX_VALUES;
  const copy: Copy = (value, above) => {
    if (typeof value === "number") return Number.isFinite(value) ? value : null;
    if (typeof value === "function" || typeof value === "symbol") return `[${typeof value}]`;
    if (typeof value !== "object" || value === null) return value;
    if (above.includes(value)) return "[circular]";
    if (above.length > MAX_DEPTH || --left < 0) return "[too large]";
    try {
      return copyObject(value, [...above, value], copy);
    } catch {
      return "[unreadable]";
    }
  };
  return copy(root, []);
}

type Copy = (value: unknown, above: readonly unknown[]) => unknown;

function copyObject(value: object, above: readonly unknown[], copy: Copy): unknown {
  if (value instanceof Error) return copyError(value, above, copy);
  const json = (value as { toJSON?: unknown }).toJSON;
  if (typeof json === "function") return copy(json.call(value), above);
  if (Array.isArray(value)) return Array.from(value, (item) => copy(item ?? null, above));
  if (value instanceof Map) return copy(Object.fromEntries(value), above);
  if (value instanceof Set) return copy([...value], above);
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const item = copy((value as Fields)[key], above);
    if (item !== undefined) define(out, key, item);
  }
  return out;
}

/** The shape pino's own serializer gives an error. */
function copyError(error: Error, above: readonly unknown[], copy: Copy): unknown {
  const own = copy({ ...error }, above) as Fields;
  const cause = error.cause === undefined ? {} : { cause: copy(error.cause, above) };
  return { type: error.name, message: error.message, stack: error.stack, ...cause, ...own };
}

function define(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}
