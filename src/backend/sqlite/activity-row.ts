/** Rows of the index of activities → activities. A value that is null is left out: reports do not tell it from none. */
import { ACTIVITY_PATHS, type Activity, type ActivityType } from "../../event/activity.ts";
import type { Source } from "../../event/event.ts";
import type { Json } from "../../event/json.ts";
import { NESTED_HEAD, WRAPPED_HEAD } from "./activity-sql.ts";

export type Row = [
  ms: number,
  us: number,
  id: string,
  head: [event_type: string, log_level: number, source: Source],
  values: readonly Json[] | { readonly is: Json },
];

type Fields = Record<string, Json>;
/** Where a value goes: the keys to it, the last one apart. */
type Place = readonly [parents: readonly string[], key: string];

const placesOf = (paths: readonly string[]): readonly Place[] =>
  paths.map((path) => {
    const keys = path.split(".");
    return [keys.slice(0, -1), keys.at(-1) as string];
  });

const byType = (extend: (paths: readonly string[]) => readonly string[]) =>
  new Map(Object.entries(ACTIVITY_PATHS).map(([type, paths]) => [type as ActivityType, placesOf(extend(paths))]));

const TYPED = byType((paths) => paths);
const WRAPPED = byType((paths) => [...WRAPPED_HEAD, ...paths]);
const NESTED = byType((paths) => [...NESTED_HEAD, ...paths.map((path) => `message.event_data.${path}`)]);

export function toActivity([ms, us, _id, [event_type, log_level, source], values]: Row): Activity {
  const event_data = isList(values) ? payloadOf(event_type, values) : values.is;
  return { _id, instant: instantOf(ms, us), event_type, log_level, source, event_data };
}

function isList(values: Row[4]): values is readonly Json[] {
  return Array.isArray(values);
}

function payloadOf(event_type: string, values: readonly Json[]): Fields {
  const places = TYPED.get(event_type as ActivityType);
  if (places) return filled({}, places, values);
  const [own, inner] = values;
  if (own !== null) return filled({}, WRAPPED.get(own as ActivityType), values);
  return filled({ message: { event_data: {} } }, NESTED.get(inner as ActivityType), values);
}

function filled(fields: Fields, places: readonly Place[] = [], values: readonly Json[]): Fields {
  for (let i = 0; i < places.length; i++) {
    const value = values[i];
    if (value === null || value === undefined) continue;
    const [parents, key] = places[i] as Place;
    let within = fields;
    for (const parent of parents) within = objectAt(within, parent);
    within[key] = value;
  }
  return fields;
}

function objectAt(fields: Fields, key: string): Fields {
  const there = fields[key] ?? {};
  fields[key] = there;
  return there as Fields;
}

/** As a number as long as it is exact. */
function instantOf(ms: number, us: number): bigint {
  const micros = ms * 1000 + us;
  return Number.isSafeInteger(micros) ? BigInt(micros) : BigInt(ms) * 1000n + BigInt(us);
}
