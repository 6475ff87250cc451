/**
 * The text of an activity as it is stored: `1` for the types that tell a state or `0`, then as JSON `[type, level, source]`
 * and the values at the paths of its type (activity-row.ts reads it back).
 *
 * Values are a list, which begins with what tells a wrapped or nested activity. Instead of the list stands the whole payload,
 * in an object, where it is no object or a path leads through what is none: a report says that it could not read it.
 */
import { ACTIVITY_PATHS, type Activity, STATE_TYPES } from "../../event/activity.ts";
import { type Json, stringifyJson } from "../../event/json.ts";
import { type Meaning, meaningOf } from "../activity.ts";

type Fields = Readonly<Record<string, Json>>;

const PLACES = new Map(
  Object.entries(ACTIVITY_PATHS).map(([type, paths]) => [type, paths.map((path) => path.split("."))]),
);
const STATES: ReadonlySet<string> = new Set(STATE_TYPES);

/** Null for an event reports do not read. */
export function activityText(event: Omit<Activity, "_id" | "instant">): string | null {
  const meaning = meaningOf(event);
  if (meaning === undefined) return null;
  const { event_type, log_level, source, event_data } = event;
  const values = valuesOf(meaning, event_data) ?? { is: event_data };
  const state = STATES.has(meaning.type) ? "1" : "0";
  return `${state}${stringifyJson([event_type, log_level, source])},${stringifyJson(values)}`;
}

/** Undefined where not all of it can be told by values. */
function valuesOf({ form, type }: Meaning, event_data: Json): Json[] | undefined {
  const nested = form === "nested" ? ((event_data as Fields).message as Fields).event_data : event_data;
  if (!isFields(nested)) return undefined;
  const values: Json[] = form === "typed" ? [] : form === "wrapped" ? [type] : [null, type];
  for (const place of PLACES.get(type) ?? []) {
    const value = valueAt(nested, place);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

/** Null for nothing; undefined where something that is no object is in the way. */
function valueAt(fields: Fields, place: readonly string[]): Json | undefined {
  let value: Json | undefined = fields as Json;
  for (const key of place) {
    if (value === undefined || value === null) return null;
    if (!isFields(value)) return undefined;
    value = value[key];
  }
  return value ?? null;
}

function isFields(value: Json | undefined): value is Json & Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
