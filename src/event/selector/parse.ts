/**
 * parseSelector: the caller's condition in MongoDB's syntax → the checked tree, or an error that names path and operator.
 *
 * Only operators on the list pass (operators.ts), within limits (limits.ts). Recursion is bounded by the depth limit.
 */
import { countNode, deeper, inside, type Parsing, type Place, type SelectorOptions, startParsing } from "./limits.ts";
import { isPlainObject } from "./operand.ts";
import { FIELD_OPERATORS, LOGICAL_OPERATORS, parseCondition } from "./operators.ts";
import { parsePath } from "./path.ts";
import { quoted, refusal } from "./refuse.ts";
import { type Node, type ParsedSelector, type Selector, TIME_FIELDS } from "./selector.ts";

/**
 * Checks a selector and turns it into the tree that matchers and backends read. `{}` accepts every event.
 *
 * @example parseSelector({ log_level: { $gte: 40 }, "source.node_id": "01J…" })
 * @throws EventStoreError `EVT_INVALID_SELECTOR` with the place in `issues[0].loc`; `EVT_INVALID_OPTION` for options.
 * @since 0.1.0
 */
export function parseSelector(selector: Selector | unknown, options: SelectorOptions = {}): ParsedSelector {
  const parsing = startParsing(options, (value, at) => parseNode(value, at, parsing));
  const root = parseNode(selector, { loc: [], depth: 0, root: true, time: false }, parsing);
  return { root, fields: fieldsOf(root) };
}

function parseNode(selector: unknown, outer: Place, parsing: Parsing): Node {
  if (!isPlainObject(selector))
    throw refusal(outer.loc, "a selector must be an object, like {log_level: {$gte: 40}}", selector);
  const at = deeper(parsing, outer);
  const children: Node[] = [];
  for (const [key, value] of Object.entries(selector)) {
    if (key.startsWith("$")) children.push(parseLogical(key, value, at, parsing));
    else children.push(...parseField(key, value, at, parsing));
  }
  const [only] = children;
  return children.length === 1 && only ? only : { op: "and", children };
}

function parseLogical(key: string, value: unknown, outer: Place, parsing: Parsing): Node {
  const at = inside(outer, key);
  if (!LOGICAL_OPERATORS.includes(key)) throw misplaced(key, value, at);
  countNode(parsing, at);
  if (!Array.isArray(value) || value.length === 0)
    throw refusal(at.loc, `${key} takes an array of at least one selector`, value);
  const children: Node[] = [];
  for (let i = 0; i < value.length; i++) children.push(parseNode(value[i], inside(at, i), parsing));
  return { op: key.slice(1) as "and" | "or" | "nor", children };
}

function misplaced(key: string, value: unknown, at: Place) {
  const known = FIELD_OPERATORS.includes(key);
  const reason = known ? `stands behind a field, like {log_level: {${key}: …}}` : "is not supported";
  return refusal(
    at.loc,
    `operator ${quoted(key)} ${reason}; accepted here are ${LOGICAL_OPERATORS.join(", ")} and field names`,
    value,
  );
}

function parseField(key: string, value: unknown, at: Place, parsing: Parsing): Node[] {
  const path = parsePath(key, at, parsing);
  const own = at.root && path.length === 1;
  const place: Place = { ...inside(at, key), time: own && TIME_FIELDS.has(key), type: own && key === "event_type" };
  return parseCondition(value, place, parsing).map((test) => ({ op: "field", path, test }));
}

function fieldsOf(root: Node): ReadonlySet<string> {
  const fields = new Set<string>();
  const visit = (node: Node): void => {
    if (node.op === "field") fields.add(node.path[0] as string);
    else for (const child of node.children) visit(child);
  };
  visit(root);
  return fields;
}
