/**
 * The part of an event a selector looks at, as JSON made by SQLite: parsing it costs a fraction of the whole document.
 */
import type { Node } from "../../event/selector/selector.ts";

/** Fields of the document itself; the others are known only to the whole row. */
const IN_DOCUMENT = new Set(["_id", "event_type", "log_level", "alert", "source", "event_data", "trace_id", "span_id"]);
const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** SQL expression of a JSON object with just the fields named, or undefined when the whole row is needed. */
export function sparseSql(node: Node): string | undefined {
  const paths = [...pathsOf(node)];
  const fields = new Set(paths.map((path) => path[0] as string));
  if (![...fields].every((field) => IN_DOCUMENT.has(field))) return undefined;
  const parts = [...fields].map((field) => `'"${field}":' || ${fieldSql(field, paths)}`);
  return `'{' || ${parts.join(" || ',' || ")} || '}'`;
}

function* pathsOf(node: Node): Generator<readonly string[]> {
  if (node.op === "field") yield node.path;
  else for (const child of node.children) yield* pathsOf(child);
}

function fieldSql(field: string, paths: readonly (readonly string[])[]): string {
  if (field !== "event_data") return `(head -> '$.${field}')`;
  const keys = new Set(paths.filter((path) => path[0] === field).map((path) => path[1]));
  if (![...keys].every((key) => key !== undefined && PLAIN_KEY.test(key))) return "data";
  const [only] = keys;
  if (keys.size === 1 && only) return `ifnull('{"${only}":' || (data -> '$.${only}') || '}', data)`;
  return `case json_type(data) when 'object' then ${membersSql([...keys] as string[])} else data end`;
}

/** Members that are absent stay absent; the closing empty key, which no path can name, spares counting commas. */
function membersSql(keys: readonly string[]): string {
  const members = keys.map((key) => `ifnull('"${key}":' || (data -> '$.${key}') || ',', '')`);
  return `'{' || ${members.join(" || ")} || '"":0}'`;
}
