/**
 * What reports read of a file: an index that holds of each activity its place in time and what is read of it.
 *
 * An append stores that as text in the column `activity` (activity-text.ts), NULL for all other events. An earlier version of
 * this program does not know the column, so its events have the column's default; for those, SQL finds out the same in
 * an index of their own. Nothing has to be rewritten, and both are right by themselves when events are purged.
 */
import { ACTIVITY_PATHS, ACTIVITY_TYPES, type ActivityType, STATE_TYPES } from "../../event/activity.ts";
import type { Connection } from "./connection.ts";

export const ACTIVITY_INDEX = "events_activity";
/** In the column where nobody looked at the event. */
const UNKNOWN = "'?'";

const IS_LOG = "(type = 'log' or type glob 'log[_]*')";
/** Keys have one spelling in what JSON.stringify wrote. */
const NAMES_A_TYPE = `instr(data, '"event_type":"')`;
const WRAPPED = "(data ->> '$.event_type')";
const IS_NESTED = "json_type(data, '$.event_type') is null";
const NESTED = "(data ->> '$.message.event_type')";

/** The type an event means, or some text that is none. */
const TYPE = `(case when not ${IS_LOG} then type when not ${NAMES_A_TYPE} then '' when ${IS_NESTED} then ${NESTED} else ${WRAPPED} end)`;

/** '1' for those of STATE_TYPES, '0' for the other activities, NULL for the rest. */
const stateOf = (type: ActivityType) => `when '${type}' then '${Number(STATE_TYPES.includes(type))}'`;
const STATE = `(case ${TYPE} ${ACTIVITY_TYPES.map(stateOf).join(" ")} end)`;

/** First values of a wrapped and a nested activity, which tell it apart: the path of the former leads nowhere in the latter. */
export const WRAPPED_HEAD = ["event_type"] as const;
export const NESTED_HEAD = ["event_type", "message.event_type"] as const;

/**
 * The values at the paths, as a list. The whole payload, within an object, where a path leads through what is no object: a
 * report says that it could not read it.
 * @param within where the paths begin: at an object
 */
function values(within: string, head: readonly string[], paths: readonly string[]): string {
  const parents = new Set(
    paths.flatMap((path) =>
      path
        .split(".")
        .slice(0, -1)
        .map((_, i, keys) => keys.slice(0, i + 1).join(".")),
    ),
  );
  const all = [...head, ...paths.map((path) => within + path)].map((path) => `'$.${path}'`);
  const odd = [...parents].map((path) => `ifnull(json_type(data, '$.${within}${path}'), 'null') in ('object', 'null')`);
  const extracted = `json_extract(data, ${all.join(", ")})`;
  return odd.length === 0 ? extracted : `case when ${odd.join(" and ")} then ${extracted} else ${WHOLE} end`;
}

const WHOLE = `'{"is":' || data || '}'`;

/** One branch for each list of paths; several types share one. */
function byType(type: string, within: string, head: readonly string[]): string {
  const lists = [...new Set<readonly string[]>(Object.values(ACTIVITY_PATHS))];
  const numbers = ACTIVITY_TYPES.map((name) => `when '${name}' then ${lists.indexOf(ACTIVITY_PATHS[name])}`);
  const branches = lists.map((paths, number) => `when ${number} then ${values(within, head, paths)}`);
  return `case (case ${type} ${numbers.join(" ")} end) ${branches.join(" ")} end`;
}

const VALUES = [
  `case when not ${IS_LOG} then case when substr(data, 1, 1) = '{' then ${byType("type", "", [])} else ${WHOLE} end`,
  `when not ${IS_NESTED} then ${byType(WRAPPED, "", WRAPPED_HEAD)}`,
  `when json_type(data, '$.message.event_data') = 'object' then ${byType(NESTED, "message.event_data.", NESTED_HEAD)}`,
  `else ${WHOLE} end`,
].join(" ");

/** `[type, level, source], values` as JSON. */
const ACTIVITY = `(json_extract(head, '$.event_type', '$.log_level', '$.source') || ',' || ${VALUES})`;

/** Where activities stand, and what a row says. */
export interface ActivityPlace {
  readonly index: string;
  /** True where the index holds activities only, by state; else each row has to be looked at. */
  readonly isOwn: boolean;
  /** Is true for the rows of the index. */
  readonly known: string;
  /** '1', '0' or NULL. */
  readonly state: string;
  /** As JSON: `[type, level, source], values`. */
  readonly activity: string;
}

const WRITTEN: ActivityPlace = {
  index: ACTIVITY_INDEX,
  isOwn: true,
  known: `activity <> ${UNKNOWN}`,
  state: "substr(activity, 1, 1)",
  activity: "substr(activity, 2)",
};
const FOUND_OUT = { known: `activity = ${UNKNOWN}`, state: STATE, activity: ACTIVITY };
const OLD: ActivityPlace = { index: "events_activity_old", isOwn: true, ...FOUND_OUT };
const UNSEEN: ActivityPlace = { index: "events_unseen", isOwn: false, ...FOUND_OUT };
/** In a file that has no such column. */
const ANY: ActivityPlace = { ...UNSEEN, index: "events_ts", known: "1" };

type Index = readonly [name: string, sql: string];

const indexOf = ({ index }: ActivityPlace, columns: string, where: string): Index => [
  index,
  `CREATE INDEX ${index} ON events (${columns}) WHERE ${where}`,
];
const INDEXES = [
  indexOf(WRITTEN, `${WRITTEN.state}, ts, id, activity`, WRITTEN.known),
  indexOf(UNSEEN, "ts, id", UNSEEN.known),
];
/** Only where there is something for it: its many constants cost every append 1 µs. */
const OLD_INDEX = indexOf(OLD, `${STATE}, ts, id, ${ACTIVITY}`, `${OLD.known} AND ${STATE} IS NOT NULL`);

/** Where to look for activities in a file. */
export function activityPlaces(connection: Connection): readonly ActivityPlace[] {
  if (!INDEXES.every((index) => isThere(connection, index))) return [ANY];
  if (!hasUnseen(connection)) return [WRITTEN];
  return [WRITTEN, isThere(connection, OLD_INDEX) ? OLD : UNSEEN];
}

/** Within the transaction that prepares a file. One that has events already is read once. */
export function ensureActivities(writer: Connection): void {
  const columns = "select count(*) as n from pragma_table_info('events') where name = 'activity'";
  if (writer.get<{ n: number }>(columns)?.n === 0)
    writer.exec(`ALTER TABLE events ADD COLUMN activity TEXT DEFAULT ${UNKNOWN}`);
  for (const index of INDEXES) ensureIndex(writer, index);
  if (hasUnseen(writer)) ensureIndex(writer, OLD_INDEX);
  else writer.exec(`DROP INDEX IF EXISTS ${OLD.index}`);
}

function ensureIndex(writer: Connection, index: Index): void {
  const [name, sql] = index;
  if (!isThere(writer, index)) writer.exec(`DROP INDEX IF EXISTS ${name}; ${sql};`);
}

/** As this version knows it. */
function isThere(connection: Connection, index: Index): boolean {
  const sql = "select count(*) as n from sqlite_schema where name = ? and sql = ?";
  return connection.get<{ n: number }>(sql, index)?.n === 1;
}

function hasUnseen(connection: Connection): boolean {
  const sql = `select 1 from events indexed by ${UNSEEN.index} where ${UNSEEN.known} limit 1`;
  return connection.get(sql) !== undefined;
}
