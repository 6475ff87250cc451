/**
 * parseEvent: whatever a client sent → a valid Event, or a list of what is wrong with it.
 *
 * Lax where MADSci's server is lax (spec section 1), with its error types, so that its clients see what they know.
 * One parser per field; a field that is absent gets its default. `archived` and `archived_at` belong to the server and
 * are ignored here.
 */
import { EventStoreError, type FieldIssue } from "../errors.ts";
import type { Event, EventInput, Source } from "./event.ts";
import { SOURCE_FIELDS } from "./event.ts";
import { canonicalType, EVENT_TYPES, isKnownType } from "./event-types.ts";
import { isUlid, newId } from "./id.ts";
import { formatInstant, type Instant, instantOf } from "./instant.ts";
import { type Json, stringifyJson } from "./json.ts";
import { LEVEL, parseLevel } from "./levels.ts";
import { checkJson, cleanJson, DEFAULT_LIMITS, type EventLimits } from "./limits.ts";
import { parseTimestamp } from "./timestamp.ts";
import { localZone, type ZoneReader, zoneReader } from "./zone.ts";

/** How to read input; made once per store by {@link parseContext}. */
export interface ParseContext {
  /** IANA zone of timestamps without offset, by name and as a function. */
  readonly naiveTimezone: string;
  readonly zone: ZoneReader;
  readonly now: () => Date;
  readonly strictEventTypes: boolean;
  /** The `source` of an event that names none. */
  readonly defaultSource: Source;
  readonly limits: EventLimits;
}

/** @since 0.1.0 */
export interface ParseOptions {
  /** IANA zone in which timestamps without offset are read. @default the zone of this process */
  readonly naiveTimezone?: string;
  /** Refuse event types MADSci does not know. @default false */
  readonly strictEventTypes?: boolean;
  /** The `source` of events that name none. @default {} */
  readonly defaultSource?: Source;
  readonly limits?: Partial<EventLimits>;
  /** @default () => new Date() */
  readonly now?: () => Date;
}

export function parseContext(options: ParseOptions = {}): ParseContext {
  const naiveTimezone = options.naiveTimezone ?? localZone();
  return {
    naiveTimezone,
    zone: zoneReader(naiveTimezone),
    now: options.now ?? (() => new Date()),
    strictEventTypes: options.strictEventTypes ?? false,
    defaultSource: Object.freeze({ ...options.defaultSource }),
    limits: Object.freeze({ ...DEFAULT_LIMITS, ...options.limits }),
  };
}

/** An event ready to be stored: the fields, the instant they mean, and which of them the server made up. */
export class PreparedEvent {
  readonly event: Event;
  readonly instant: Instant;
  /** True when the sender gave no timestamp, so that a re-sent copy may carry another one. */
  readonly timeDefaulted: boolean;
  /** Canonical JSON of the fields that never change (all but `archived` and `archived_at`), in their fixed order. */
  readonly text: string;
  /** The same without `event_data`. */
  readonly head: string;
  /** Canonical JSON of `event_data`. */
  readonly data: string;

  constructor(event: Event, instant: Instant, timeDefaulted: boolean) {
    const { _id, event_type, log_level, alert, event_timestamp, source, event_data, trace_id, span_id } = event;
    const front = JSON.stringify({ _id, event_type, log_level, alert, event_timestamp, source }).slice(0, -1);
    const back = `,"trace_id":${JSON.stringify(trace_id)},"span_id":${JSON.stringify(span_id)}}`;
    this.event = event;
    this.instant = instant;
    this.timeDefaulted = timeDefaulted;
    this.data = stringifyJson(event_data);
    this.head = front + back;
    this.text = `${front},"event_data":${this.data}${back}`;
  }
}

/** @throws EventStoreError `EVT_INVALID_EVENT` (with issues) or `EVT_TOO_LARGE`. @since 0.1.0 */
export function parseEvent(input: unknown, options: ParseOptions = {}): Event {
  return prepareEvent(input, parseContext(options)).event;
}

/** An event of the given parts, everything else defaulted. Same errors as {@link parseEvent}. @since 0.1.0 */
export function createEvent(input: EventInput = {}, options: ParseOptions = {}): Event {
  return parseEvent(input, options);
}

/**
 * @param fromJson true when `input` came from `parseJson`: then it is checked but not copied.
 */
export function prepareEvent(input: unknown, context: ParseContext, fromJson = false): PreparedEvent {
  if (typeof input !== "object" || input === null || Array.isArray(input)) throw invalid([notAnObject([], input)]);
  const fields = input as Record<string, unknown>;
  const issues: FieldIssue[] = [];
  const time = timeOf(fields.event_timestamp, context, issues);
  const event: Event = {
    _id: idOf(fields, issues),
    event_type: typeOf(fields.event_type, context, issues),
    log_level: levelOf(fields.log_level, issues),
    alert: alertOf(fields.alert, issues),
    event_timestamp: time.text,
    source: sourceOf(fields.source, context, issues),
    event_data: dataOf(fields.event_data, context, fromJson),
    trace_id: textOrNull("trace_id", fields.trace_id, issues),
    span_id: textOrNull("span_id", fields.span_id, issues),
    archived: false,
    archived_at: null,
  };
  if (issues.length > 0) throw invalid(issues);
  const prepared = new PreparedEvent(event, time.instant, fields.event_timestamp === undefined);
  checkSize(prepared, context.limits);
  return prepared;
}

function checkSize(prepared: PreparedEvent, limits: EventLimits): void {
  const { text } = prepared;
  if (text.length * 3 <= limits.maxBytes || Buffer.byteLength(text) <= limits.maxBytes) return;
  throw new EventStoreError("EVT_TOO_LARGE", `the event is larger than ${limits.maxBytes} bytes of JSON`);
}

function idOf(fields: Record<string, unknown>, issues: FieldIssue[]): string {
  const key = fields._id !== undefined ? "_id" : "event_id";
  const given = fields[key];
  if (given === undefined) return newId();
  const id = typeof given === "number" || typeof given === "bigint" ? String(given) : given;
  if (typeof id !== "string") {
    issues.push({ type: "string_type", loc: [key], msg: "Input should be a valid string", input: given });
    return "";
  }
  const error = idProblem(id);
  if (error)
    issues.push({ type: "value_error", loc: [key], msg: `Value error, ${error}`, input: given, ctx: { error } });
  return id;
}

/** Why a text cannot be an event id, or undefined. */
export function idProblem(id: string): string | undefined {
  if (id.length === 0) return "an event id must not be empty";
  if (id.length > 256) return "an event id must not be longer than 256 characters";
  if (/[\u0000-\u001f\u007f]/.test(id) || !id.isWellFormed()) return "an event id must not hold control characters";
  return undefined;
}

const EXPECTED_TYPES = `${EVENT_TYPES.slice(0, -1)
  .map((type) => `'${type}'`)
  .join(", ")} or '${EVENT_TYPES.at(-1)}'`;

function typeOf(given: unknown, context: ParseContext, issues: FieldIssue[]): string {
  if (given === undefined) return "unknown";
  const type = typeof given === "string" ? canonicalType(given) : "";
  const acceptable = isKnownType(type) || (!context.strictEventTypes && isTypeName(type));
  if (!acceptable) {
    const msg = `Input should be ${EXPECTED_TYPES}`;
    issues.push({ type: "enum", loc: ["event_type"], msg, input: given, ctx: { expected: EXPECTED_TYPES } });
  }
  return type;
}

/** A name of the sender's own: short, printable, and not Python's `EventType.X` spelling. */
function isTypeName(type: string): boolean {
  return /^[^\s\u0000-\u001f\u007f]{1,128}$/.test(type) && !type.startsWith("eventtype.") && type.isWellFormed();
}

function levelOf(given: unknown, issues: FieldIssue[]): Event["log_level"] {
  if (given === undefined) return LEVEL.INFO;
  const level = parseLevel(given);
  if (level !== undefined) return level;
  const expected = "0, 10, 20, 30, 40 or 50";
  issues.push({
    type: "enum",
    loc: ["log_level"],
    msg: `Input should be ${expected}`,
    input: given,
    ctx: { expected },
  });
  return LEVEL.INFO;
}

const TRUE_WORDS = new Set(["true", "1", "yes", "on", "t", "y"]);
const FALSE_WORDS = new Set(["false", "0", "no", "off", "f", "n"]);

/** True, false or undefined by pydantic's lax rules; also used for query parameters. */
export function parseBool(given: unknown): boolean | undefined {
  if (typeof given === "boolean") return given;
  if (given === 1 || given === 0) return given === 1;
  if (typeof given !== "string") return undefined;
  const word = given.toLowerCase();
  return TRUE_WORDS.has(word) ? true : FALSE_WORDS.has(word) ? false : undefined;
}

function alertOf(given: unknown, issues: FieldIssue[]): boolean {
  if (given === undefined) return false;
  const alert = parseBool(given);
  if (alert !== undefined) return alert;
  const readable = typeof given === "string" || typeof given === "number";
  issues.push({
    type: readable ? "bool_parsing" : "bool_type",
    loc: ["alert"],
    msg: `Input should be a valid boolean${readable ? ", unable to interpret input" : ""}`,
    input: given,
  });
  return false;
}

function timeOf(given: unknown, context: ParseContext, issues: FieldIssue[]) {
  if (given === undefined || (given instanceof Date && !Number.isNaN(given.getTime()))) {
    const instant = instantOf(given ?? context.now());
    return { text: formatInstant(instant), instant };
  }
  const problem = { loc: ["event_timestamp"], input: given };
  if (typeof given !== "string" && typeof given !== "number") {
    issues.push({ type: "datetime_type", msg: "Input should be a valid datetime", ...problem });
    return { text: "", instant: 0n };
  }
  const time = parseTimestamp(given, context.zone);
  if (typeof time !== "string") return time;
  const msg = `Input should be a valid datetime or date, ${time}`;
  issues.push({ type: "datetime_from_date_parsing", msg, ...problem, ctx: { error: time } });
  return { text: "", instant: 0n };
}

function sourceOf(given: unknown, context: ParseContext, issues: FieldIssue[]): Source {
  if (given === undefined) return context.defaultSource;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    issues.push(notAnObject(["source"], given));
    return {};
  }
  const source: Record<string, string> = {};
  for (const field of SOURCE_FIELDS) {
    const id = (given as Record<string, unknown>)[field];
    if (id === undefined || id === null) continue;
    const issue = ownershipProblem(field, id);
    if (issue) issues.push(issue);
    else source[field] = id as string;
  }
  return source;
}

function ownershipProblem(field: string, id: unknown): FieldIssue | undefined {
  const loc = ["source", field];
  if (typeof id !== "string") return { type: "string_type", loc, msg: "Input should be a valid string", input: id };
  if (isUlid(id)) return undefined;
  const msg = `Value error, Invalid ULID ${id} for field ${field}`;
  return { type: "value_error", loc, msg, input: id, ctx: { error: {} } };
}

function dataOf(given: unknown, context: ParseContext, fromJson: boolean): Json {
  if (given === undefined) return {};
  if (!fromJson) return cleanJson(given, context.limits);
  checkJson(given, context.limits);
  return given as Json;
}

function textOrNull(field: "trace_id" | "span_id", given: unknown, issues: FieldIssue[]): string | null {
  if (given === undefined || given === null) return null;
  if (typeof given === "string") return given;
  issues.push({ type: "string_type", loc: [field], msg: "Input should be a valid string", input: given });
  return null;
}

function notAnObject(loc: string[], input: unknown): FieldIssue {
  const msg = "Input should be a valid dictionary or object to extract fields from";
  return { type: "model_attributes_type", loc, msg, input };
}

function invalid(issues: FieldIssue[]): EventStoreError {
  const first = issues[0];
  const where = first && first.loc.length > 0 ? `${first.loc.join(".")}: ` : "";
  return new EventStoreError("EVT_INVALID_EVENT", `invalid event: ${where}${first?.msg}`, { issues });
}
