/**
 * The index reports read: of each activity its place in time and, as JSON, what is read of it (ACTIVITY_PATHS). Reports
 * are answered from it alone.
 *
 * It is made of expressions over `head` and `data`, so archiving, purging, and earlier versions of this program keep it
 * right by themselves. Its first column tells the types that say what state the lab is in (few, read from the beginning
 * of time) from the others (many).
 *
 * A log line costs an append two looks for a text; nothing of it is parsed.
 */
import { ACTIVITY_PATHS, ACTIVITY_TYPES, type ActivityType, STATE_TYPES } from "../../event/activity.ts";
import type { Connection } from "./connection.ts";

export const ACTIVITY_INDEX = "events_activity";

const IS_LOG = "(type = 'log' or type glob 'log[_]*')";
/** Keys have one spelling in what JSON.stringify wrote. */
const NAMES_A_TYPE = `instr(data, '"event_type":"')`;
const WRAPPED = "(data ->> '$.event_type')";
const IS_NESTED = "json_type(data, '$.event_type') is null";
const NESTED = "(data ->> '$.message.event_type')";

/** The type an event means, or some text that is none. */
const TYPE = `(case when not ${IS_LOG} then type when not ${NAMES_A_TYPE} then '' when ${IS_NESTED} then ${NESTED} else ${WRAPPED} end)`;

/** 1 for those of STATE_TYPES, 0 for the other activities, NULL for the rest. */
const stateOf = (type: ActivityType) => `when '${type}' then ${Number(STATE_TYPES.includes(type))}`;
export const STATE = `(case ${TYPE} ${ACTIVITY_TYPES.map(stateOf).join(" ")} end)`;

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
export const ACTIVITY = `(json_extract(head, '$.event_type', '$.log_level', '$.source') || ',' || ${VALUES})`;

const ACTIVITY_INDEX_SQL = `CREATE INDEX ${ACTIVITY_INDEX} ON events (${STATE}, ts, id, ${ACTIVITY}) WHERE ${STATE} IS NOT NULL`;

/** True where the index is the one this version knows. */
export function hasActivityIndex(connection: Connection): boolean {
  const sql = "select count(*) as n from sqlite_schema where name = ? and sql = ?";
  return connection.get<{ n: number }>(sql, [ACTIVITY_INDEX, ACTIVITY_INDEX_SQL])?.n === 1;
}

/** Within the transaction that prepares a file. One that has events already is read once. */
export function ensureActivityIndex(writer: Connection): void {
  if (hasActivityIndex(writer)) return;
  writer.exec(`DROP INDEX IF EXISTS ${ACTIVITY_INDEX}; ${ACTIVITY_INDEX_SQL};`);
}
