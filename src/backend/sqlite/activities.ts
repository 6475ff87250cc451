/**
 * Reading activities: along their indexes in short steps, each turned from JSON into objects at once. A file of an earlier
 * version that is only read has no such indexes: then along the index of time, with a look at every row.
 */
import { type Activity, type ActivityType, STATE_TYPES } from "../../event/activity.ts";
import { compareText } from "../../event/selector/compare.ts";
import { meaningOf } from "../activity.ts";
import type { ActivityQuery } from "../backend.ts";
import { type Row, toActivity } from "./activity-row.ts";
import { type ActivityPlace, activityPlaces } from "./activity-sql.ts";
import type { Connection } from "./connection.ts";
import { parseRows } from "./document.ts";
import { FIRST, LAST, NOT_ARCHIVED, type Plan, type Slice } from "./plan.ts";
import { allOf, condition, TRUE } from "./sql.ts";
import { orderSql, type Stretch, sliceSql, sliceValues, walk } from "./walk.ts";

/** A server answers its clients between two steps. */
const AIM_MS = 0.7;
const FIRST_STEP = 16;
const ORDER = "oldest";
const NONE: readonly Activity[] = [];

/** A part of the activities: what is read along one slice. */
interface Part {
  readonly plan: Plan;
  readonly slice: Slice;
  readonly row: string;
}

export async function* readActivities(
  reader: Connection,
  query: ActivityQuery,
): AsyncGenerator<readonly Activity[], void> {
  const parts = activityPlaces(reader).flatMap((place) => partsOf(place, query));
  const types = query.types && new Set(query.types);
  const options = { order: ORDER, signal: query.signal, firstStep: FIRST_STEP, aimMs: AIM_MS } as const;
  const work = (stretch: Stretch): readonly Activity[] => {
    const found = parts.map((part) => readPart(reader, part, stretch)).reduce(merged);
    return types ? found.filter((activity) => types.has(meaningOf(activity)?.type as ActivityType)) : found;
  };
  const plan = { ...(parts[0] as Part).plan, slices: parts.map(({ slice }) => slice) };
  for await (const { result } of walk(reader, plan, options, work)) if (result.length > 0) yield result;
}

function partsOf(place: ActivityPlace, { from = FIRST, to = LAST + 1n, types, archived }: ActivityQuery): Part[] {
  const { index, isOwn, known, state, activity } = place;
  const scope = archived === undefined ? TRUE : condition(archived ? "archived is not null" : NOT_ARCHIVED);
  const states = types?.every((type) => STATE_TYPES.includes(type)) ? ["1"] : ["1", "0"];
  const plan = { key: "ts", residual: undefined, slices: [], first: from, last: to - 1n } as const;
  // The instant is told apart as milliseconds and a rest, see document.ts.
  const row = `'[' || (ts / 1000) || ',' || (ts % 1000) || ',' || json_quote(id) || ',' || ${activity} || ']'`;
  if (isOwn) {
    return states.map((one) => {
      const shared = condition(`${known} and ${state} = '${one}'`);
      return { plan: { ...plan, where: scope }, slice: { index, shared, ordered: true }, row };
    });
  }
  const wanted = condition(states.length === 1 ? `${state} = '1'` : `${state} is not null`);
  const slice = { index, shared: known === "1" ? TRUE : condition(known), ordered: true };
  return [{ plan: { ...plan, where: allOf([scope, wanted]) }, slice, row }];
}

function readPart(reader: Connection, { plan, slice, row }: Part, stretch: Stretch): readonly Activity[] {
  const part = { stretch, order: ORDER, filtered: true } as const;
  const rows = `select ${row} as row from ${sliceSql(plan, slice, part)} ${orderSql(plan, ORDER)} limit -1`;
  const sql = `select group_concat(row, ',') as rows from (${rows})`;
  const joined = reader.get<{ rows: string | null }>(sql, [...sliceValues(slice, stretch), ...plan.where.values])?.rows;
  return joined ? (parseRows(joined) as Row[]).map(toActivity) : NONE;
}

/** One order of two lists in order; one of them is mostly empty. */
function merged(a: readonly Activity[], b: readonly Activity[]): readonly Activity[] {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  const both: Activity[] = [];
  let at = 0;
  for (const activity of b) {
    while (at < a.length && comesBefore(a[at] as Activity, activity)) both.push(a[at++] as Activity);
    both.push(activity);
  }
  return both.concat(a.slice(at));
}

function comesBefore(a: Activity, b: Activity): boolean {
  return a.instant === b.instant ? compareText(a._id, b._id) < 0 : a.instant < b.instant;
}
