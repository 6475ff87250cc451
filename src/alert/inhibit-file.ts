/** InhibitFile: which incidents keep which others quiet, written or built in. */
import type { Selector } from "../event/selector/selector.ts";
import { incidentCondition, incidentPath, incidentSelector, madeCondition } from "./condition-file.ts";
import type { Field } from "./field.ts";
import { wordDoubts } from "./incident-doubts.ts";
import { mutualsOf } from "./mutual.ts";
import type { PlanContext } from "./options.ts";
import type { Inhibition } from "./plan.ts";
import type { Condition, Rule } from "./rule.ts";
import { Section } from "./section.ts";

const MAX_INHIBITIONS = 100;
/** Rules about the nodes of a workcell. */
const OF_NODES = ["node-loss", "node-error", "node-silent", "hanging-action", "action-failed", "step-failed"];

export function readInhibitions(field: Field, rules: readonly Rule[], context: PlanContext): readonly Inhibition[] {
  if (!field.given) return builtIn(rules, context);
  const read = field.each((entry) => {
    const inhibition = readInhibition(entry, rules, context);
    return inhibition && { entry, inhibition };
  }, MAX_INHIBITIONS);
  const inhibitions = read.map(({ inhibition }) => inhibition);
  for (const mutual of mutualsOf(inhibitions, rules)) {
    const [first, entry] = [read[mutual.earlier]?.entry, read[mutual.later]?.entry];
    const like = mutual.rules ? ` (like those of ${mutual.rules.join(" and ")})` : "";
    entry?.warning(
      `together with ${first?.path}, two incidents keep each other quiet for ever${like}; leave one out, or make its source or target narrower`,
    );
  }
  return inhibitions;
}

function readInhibition(entry: Field, rules: readonly Rule[], context: PlanContext): Inhibition | undefined {
  const section = new Section(entry);
  const [source, target] = ["source", "target"].map((name) => {
    const field = section.field(name);
    if (!field.given) return field.error("is missing; it selects incidents");
    const parsed = incidentSelector(field, context);
    for (const { never, message } of parsed ? wordDoubts(parsed, rules) : [])
      if (never) field.error(message);
      else field.warning(message);
    return parsed && incidentCondition(field, context);
  });
  const pairs = section.field("equal").each(incidentPaths, 8);
  section.close();
  return source && target && made(source, target, pairs);
}

type Pair = readonly [source: string, target: string];

function made(source: Condition, target: Condition, pairs: readonly Pair[]): Inhibition {
  const [equal, targetEqual] = [pairs.map(([path]) => path), pairs.map(([, path]) => path)];
  const same = pairs.every(([one, other]) => one === other);
  return Object.freeze({ source, target, equal, ...(!same && { targetEqual }) });
}

/** One path, or what each side calls it. */
function incidentPaths(field: Field): Pair | undefined {
  if (typeof field.value !== "object") {
    const path = incidentPath(field);
    return path === undefined ? undefined : [path, path];
  }
  const section = new Section(field);
  const [source, target] = ["source", "target"].map((name) => incidentPath(section.field(name)));
  for (const name of ["source", "target"]) if (!section.field(name).given) section.field(name).error("is missing");
  section.close();
  return source === undefined || target === undefined ? undefined : [source, target];
}

/** Of a node of a workcell, as the workcell names it. */
const NODE: readonly Pair[] = [
  ["source.workcell_id", "source.workcell_id"],
  ["event_data.node_name", "event_data.node_name"],
];
const STEPS_NODE: readonly Pair[] = [
  ["source.workcell_id", "source.workcell_id"],
  ["event_data.node_name", "event_data.step_node"],
];

/**
 * A stopped workcell keeps its nodes quiet, but for what is critical; a lost node its actions and steps; and while we
 * are behind ourselves, nobody else is called silent. Without these rules there are none.
 */
function builtIn(rules: readonly Rule[], context: PlanContext): readonly Inhibition[] {
  const has = (id: string) => rules.some((rule) => rule.id === id);
  const quiet = (source: string, ids: readonly string[], how: { pairs: readonly Pair[]; but?: Selector }) => {
    const targets = ids.filter(has);
    if (!has(source) || targets.length === 0) return [];
    const target = { rule: { $in: targets }, ...how.but };
    return [made(madeCondition({ rule: source }, context), madeCondition(target, context), how.pairs)];
  };
  const absences = rules.filter(({ when }) => when.kind === "absence").map(({ id }) => id);
  return [
    ...quiet("workcell-stopped", OF_NODES, { pairs: NODE.slice(0, 1), but: { severity: { $ne: "critical" } } }),
    ...quiet("node-loss", ["hanging-action", "action-failed"], { pairs: NODE }),
    ...quiet("node-loss", ["step-failed"], { pairs: STEPS_NODE }),
    ...quiet("alerting-behind", absences, { pairs: [] }),
  ];
}
