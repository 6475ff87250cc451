/**
 * What is hardly meant in a selector over incidents: rules, severities, states and labels that no incident has, and
 * conditions that accept all of them. Pure.
 *
 * Not here: whether it is a selector at all, and fields no event has (condition-file.ts).
 */
import type { StoredEvent } from "../event/event.ts";
import { compileMatcher } from "../event/selector/matches.ts";
import type { ParsedSelector, Test } from "../event/selector/selector.ts";
import { zoneReader } from "../event/zone.ts";
import { fieldsIn, textsIn } from "./condition-file.ts";
import { ROLE_LABEL } from "./group.ts";
import type { IncidentState } from "./incident.ts";
import { alertRules, LAB_PACK } from "./lab-pack.ts";
import { didYouMean } from "./nearest-word.ts";
import { type Rule, SEVERITIES } from "./rule.ts";

export interface Doubt {
  /** False for what may yet come true: a built-in rule that is left out. */
  readonly never: boolean;
  readonly message: string;
}

/** What selectors can see: nobody asks about a closed incident. */
const STATES: readonly IncidentState[] = ["pending", "firing", "acknowledged", "resolved"];
/** Words named where none is near. */
const MOST_NAMED = 12;
const BUILT_IN: ReadonlySet<string> = new Set([...LAB_PACK, ...alertRules(0)].map(({ id }) => id));

/** Words that no incident of these rules has where the selector asks for them, with the nearest there is. */
export function wordDoubts({ root }: ParsedSelector, rules: readonly Rule[]): Doubt[] {
  const words = (name: string) =>
    fieldsIn(root).flatMap(({ path, test }) => (path.length === 1 && path[0] === name ? textsIn(test) : []));
  const unknown = (name: string, known: readonly string[], but: readonly string[] = []) =>
    [...new Set(words(name))]
      .filter((word) => !known.includes(word) && !but.includes(word))
      .map((word) => ({ never: true, message: `there is no ${name} ${word}${hint(word, known)}` }));
  const ids = rules.map(({ id }) => id);
  const leftOut = [...BUILT_IN].filter((id) => !ids.includes(id));
  return [
    ...unknown("rule", ids, leftOut),
    ...words("rule")
      .filter((word) => leftOut.includes(word))
      .map((id) => ({ never: false, message: `the built-in rule ${id} is left out (labPack: false)` })),
    ...unknown("severity", SEVERITIES),
    ...unknown("state", STATES),
  ];
}

/** Labels that no rule groups by. */
export function labelDoubts({ root }: ParsedSelector, rules: readonly Rule[]): Doubt[] {
  const known = [...new Set([...rules.flatMap(({ groupBy }) => groupBy), "rule", ROLE_LABEL])];
  const named = fieldsIn(root).flatMap(({ path: [first, ...rest] }) => (first === "labels" ? [rest.join(".")] : []));
  return [...new Set(named)]
    .filter((path) => path !== "" && !known.includes(path))
    .map((path) => ({
      never: false,
      message: `no rule groups by ${path}, so no incident has that label${hint(path, known)}`,
    }));
}

function hint(word: string, known: readonly string[]): string {
  const named = known.slice(0, MOST_NAMED).join(", ");
  return didYouMean(word, known) || `; there are ${named}${known.length > MOST_NAMED ? ", …" : ""}`;
}

/** Combinations that are tried; of selectors with more we say nothing. */
const MOST_TRIED = 4000;
/** A value nobody would write. */
const SOME = "zq7x";

/** True where a selector accepts every incident, as far as that is cheap to see: no selector that does not is reported. */
export function acceptsAll(parsed: ParsedSelector): boolean {
  const fields = fieldsIn(parsed.root);
  if (!fields.every(({ test }) => isPlain(test, true))) return false;
  const values = new Map<string, unknown[]>([
    ["severity", [...SEVERITIES]],
    ["state", [...STATES]],
    ["rule", [SOME]],
  ]);
  for (const { path, test } of fields) {
    const name = path.join(".");
    if (name === "labels" || name === "source") values.set(name, [{}]);
    if (name !== "severity" && name !== "state")
      values.set(name, [...(values.get(name) ?? [undefined, SOME]), ...valuesIn(test)]);
  }
  const tried = [...values.values()].reduce((product, { length }) => product * length, 1);
  if (tried > MOST_TRIED) return false;
  const matches = compileMatcher(parsed, zoneReader("UTC"));
  return [...combined([...values])].every((document) => matches(document as unknown as StoredEvent));
}

/** Whether the values we try are all that can make a difference. */
function isPlain(test: Test, positive: boolean): boolean {
  if (test.op === "not") return test.tests.every((inner) => isPlain(inner, false));
  if (test.op === "in") return positive || test.regexes.length === 0;
  return test.op === "eq" || test.op === "exists" || (positive && test.op === "regex");
}

function valuesIn(test: Test): readonly unknown[] {
  if (test.op === "not") return test.tests.flatMap(valuesIn);
  return test.op === "in" ? test.values : test.op === "eq" ? [test.value] : [];
}

function* combined(fields: readonly (readonly [string, readonly unknown[]])[]): Generator<Record<string, unknown>> {
  const [first, ...rest] = fields;
  if (first === undefined) return yield {};
  for (const document of combined(rest))
    for (const value of first[1]) yield withValue(document, first[0].split("."), value);
}

function withValue(
  document: Record<string, unknown>,
  [name = "", ...rest]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  if (value === undefined) return document;
  const inner = document[name];
  const deeper = typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>) : {};
  return { ...document, [name]: rest.length === 0 ? value : withValue(deeper, rest, value) };
}
