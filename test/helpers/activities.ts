/** Events reports read, in every form and with odd payloads; and what of an event a backend must tell. */
import { meaningOf } from "../../src/backend/activity.ts";
import { ACTIVITY_PATHS, ACTIVITY_TYPES, type Activity } from "../../src/event/activity.ts";
import type { EventInput } from "../../src/event/event.ts";
import type { Json } from "../../src/event/json.ts";
import type { PreparedEvent } from "../../src/event/parse.ts";
import { compareText } from "../../src/event/selector/compare.ts";
import { seeded } from "../bench/events.ts";

type Fields = Record<string, unknown>;
type Random = () => number;

const ID = "01JNDE00000000000000000001";
const VALUES: readonly unknown[] = [
  "a text",
  "",
  'quote " and \\',
  "nul \u0000, half \ud800",
  "👩‍🔬",
  null,
  0,
  -1.5,
  9_007_199_254_740_993n,
  true,
  {},
  { a: { b: [1, null] } },
  [],
  ["x", { y: 1 }],
];
const OTHER_TYPES = ["log", "log_info", "log_debug", "resource_create", "logger", "unknown"];

const pick = <T>(list: readonly T[], random: Random): T => list[Math.floor(random() * list.length)] as T;

/** Events at few instants, so that ids decide; about half of them are activities. */
export function oddEvents(count: number, seed: number): EventInput[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, n) => ({
    _id: `${pick(["a", "A", "é", "~"], random)}${n}`,
    event_timestamp: new Date(Date.UTC(2025, 0, 1) + Math.floor((random() * count) / 3) * 1000),
    log_level: pick([10, 20, 40], random),
    source: random() < 0.5 ? {} : { workcell_id: ID, node_id: ID },
    ...formed(random),
  }));
}

function formed(random: Random): EventInput {
  const type = random() < 0.85 ? pick(ACTIVITY_TYPES, random) : pick(OTHER_TYPES, random);
  const payload = random() < 0.05 ? pick(VALUES, random) : payloadOf(type, random);
  const line = pick(["log", "log_info", "log_error", "log_own"], random);
  switch (Math.floor(random() * 5)) {
    case 0:
    case 1:
      return { event_type: type, event_data: payload };
    case 2:
      return { event_type: line, event_data: { message: "text", event_type: type, ...(payload as Fields) } };
    case 3: {
      const more = random() < 0.1 ? { event_type: pick(["log_info", null, "node_start"], random) } : {};
      return {
        event_type: line,
        event_data: { message: { event_type: type, event_data: payload, log_level: 20 }, ...more },
      };
    }
    default:
      return { event_type: line, event_data: { message: '"event_type":"node_start"', n: 1 } };
  }
}

/** Some of the paths reports read, and what they do not read. */
function payloadOf(type: string, random: Random): Fields {
  const payload: Fields = { unread: "x".repeat(30), files: { a: "b" } };
  const paths = (ACTIVITY_PATHS as Readonly<Record<string, readonly string[]>>)[type] ?? [];
  for (const path of paths) {
    if (random() < 0.4) put(payload, path.split("."), pick(VALUES, random));
  }
  return payload;
}

function put(fields: Fields, [key = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) fields[key] = value;
  else {
    const inner = fields[key] ?? {};
    fields[key] = inner;
    if (isFields(inner)) put(inner, rest, value);
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is read of an activity: of what it means, the values that are not null, by path. */
export function readOf(activity: Activity): Fields {
  const meaning = meaningOf(activity);
  const { _id, instant, event_type, log_level, source, event_data } = activity;
  const payload =
    meaning?.form === "nested" ? ((event_data as Fields).message as Fields).event_data : (event_data as unknown);
  const values = isFields(payload)
    ? ACTIVITY_PATHS[meaning?.type ?? "lab_stop"].map((path) => valueAt(payload, path))
    : scalar(payload);
  return { _id, instant, event_type, log_level, source, ...meaning, values: values ?? null };
}

/** Of a list it is enough to know that it is one. */
function scalar(payload: unknown): unknown {
  return Array.isArray(payload) ? "a list" : payload;
}

function valueAt(fields: Fields, path: string): unknown {
  const [key = "", ...rest] = path.split(".");
  const value = fields[key];
  if (rest.length === 0 || value === undefined || value === null) return value ?? null;
  // Of results of actions, which may be large, MongoDB is only asked for what is read.
  if (!isFields(value)) return key === "action_result" ? null : { instead: scalar(value) };
  return valueAt(value, rest.join("."));
}

/** The activities among events, in order. */
export function activitiesOf(events: readonly PreparedEvent[]): Activity[] {
  const activities = events.map(({ instant, event }): Activity => {
    const { _id, event_type, log_level, source, event_data } = event;
    return { _id, instant, event_type, log_level, source, event_data: event_data as Json };
  });
  return activities
    .filter((activity) => meaningOf(activity) !== undefined)
    .sort((a, b) => (a.instant === b.instant ? compareText(a._id, b._id) : a.instant < b.instant ? -1 : 1));
}
