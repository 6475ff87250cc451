/**
 * Where mingo 7.2.7 is known to differ from MongoDB: each rule by name, and when it touches a selector and an event.
 * Generous on purpose: a rule may also claim cases in which mingo happens to be right.
 */
import type { StoredEvent } from "../../../src/event/event.ts";
import type { Node, Operand, Test } from "../../../src/event/selector/selector.ts";
import { TIME_FIELDS } from "../../../src/event/selector/selector.ts";

/** One test of the selector beside everything its path could lead to in the event. */
interface Case {
  readonly path: readonly string[];
  readonly test: Test;
  readonly operands: readonly Operand[];
  /** Every value at the path, arrays opened everywhere; undefined where a field is missing. */
  readonly values: readonly unknown[];
  /** True when an array stood on the way or at the end. */
  readonly arrays: boolean;
  /** True when an array stood on the way. */
  readonly via: boolean;
  /** True when an array stood directly in an array. */
  readonly nested: boolean;
  readonly inElement: boolean;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
const holds = (value: unknown, what: (value: unknown) => boolean): boolean =>
  what(value) || (isObject(value) && Object.values(value).some((inner) => holds(inner, what)));

const DEVIATIONS = {
  "enters arrays directly inside arrays, and opens an array named by index": ({ nested }) => nested,
  "a number in a path names an element only, never also a field of elements": ({ path, via }) =>
    via && path.some((segment) => /^\d+$/.test(segment)),
  "$gte and $lte null miss a missing field": ({ test, operands }) =>
    (test.op === "gte" || test.op === "lte") && operands.includes(null),
  "$type does not look at the elements of an array": ({ test, arrays }) => test.op === "type" && arrays,
  "$type takes every number for a double, and tells int from long by other bounds": ({ test, values }) =>
    test.op === "type" &&
    values.some(
      (value) =>
        typeof value === "number" && (test.types.has("double") || test.types.has("long") || (value | 0) !== value),
    ),
  "$elemMatch with fields takes scalars for objects without fields": ({ test, values }) =>
    test.op === "elemMatchNode" &&
    values.some((value) => value !== undefined && (!isObject(value) || Array.isArray(value))),
  "takes what it gathers from an array's elements for one array": ({ test, via, operands }) =>
    via && (/^(?:size|elemMatch|exists)/.test(test.op) || operands.some(isObject)),
  "ignores the order of fields": ({ operands }) =>
    operands.some((operand) => holds(operand, (part) => isObject(part) && Object.keys(part).length > 1)),
  "$mod matches text and booleans": ({ test, values }) =>
    test.op === "mod" && values.some((value) => typeof value !== "number" && value !== undefined),
  "$mod does not truncate": ({ test, values }) =>
    test.op === "mod" && values.some((value) => typeof value === "number" && !Number.isSafeInteger(value)),
  "compares text by UTF-16 unit": ({ test, operands }) =>
    /^[gl]te?$/.test(test.op) &&
    operands.some((operand) => holds(operand, (part) => /[\ud800-\uffff]/.test(String(part)))),
  "does not order arrays and objects as BSON does": ({ test, operands }) =>
    /^[gl]te?$/.test(test.op) && operands.some(isObject),
  "$in and $all take no arrays": ({ test, operands }) =>
    (test.op === "in" || test.op === "all") && operands.some(isObject),
  "a missing field of an array's element is not null": ({ operands, arrays, path }) =>
    operands.includes(null) && arrays && path.length > 1,
  "$all wants an array": ({ test, arrays, values, operands }) =>
    (test.op === "elemMatchTests" && test.tests.flatMap(testsOf).some(({ op }) => op === "all")) ||
    (test.op === "all" && !arrays && (operands.includes(null) || values.some((value) => value !== undefined))),
} satisfies Record<string, (one: Case) => boolean>;

/** Names of the deviations that touch this selector and event. */
export function deviationsIn(root: Node, event: StoredEvent): string[] {
  const cases = casesOf(root, event, false);
  return Object.entries(DEVIATIONS).flatMap(([name, touches]) => (cases.some(touches) ? [name] : []));
}

function casesOf(node: Node, doc: unknown, inElement: boolean): Case[] {
  if (node.op !== "field") return node.children.flatMap((child) => casesOf(child, doc, inElement));
  if (!inElement && node.path.length === 1 && TIME_FIELDS.has(node.path[0] as string)) return [];
  const found: Found = { values: [], arrays: false, via: false, nested: false };
  collect(doc, node.path, found);
  return testsOf(node.test).flatMap((test): Case[] => {
    const own: Case = { path: node.path, test, operands: operandsOf(test), ...found, inElement };
    if (test.op === "elemMatchNode") return [own, ...found.values.flatMap((value) => casesOf(test.node, value, true))];
    return [own];
  });
}

function testsOf(test: Test): Test[] {
  if (test.op === "not" || test.op === "all" || test.op === "elemMatchTests")
    return [test, ...test.tests.flatMap(testsOf)];
  return [test];
}

function operandsOf(test: Test): readonly Operand[] {
  if (test.op === "in") return test.values;
  if (test.op === "all") return test.tests.flatMap(operandsOf);
  return "value" in test && test.op !== "exists" && test.op !== "size" ? [test.value] : [];
}

interface Found {
  values: unknown[];
  arrays: boolean;
  via: boolean;
  nested: boolean;
}

function collect(value: unknown, path: readonly string[], found: Found) {
  if (Array.isArray(value)) {
    found.arrays = true;
    found.via ||= path.length > 0;
    found.nested ||= value.some(Array.isArray);
    for (const element of value) collect(element, path, found);
  }
  const [name, ...rest] = path;
  if (name === undefined) found.values.push(value);
  else if (isObject(value)) collect((value as Record<string, unknown>)[name], rest, found);
  else found.values.push(undefined);
}
