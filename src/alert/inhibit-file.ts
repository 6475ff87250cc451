/** InhibitFile: which incidents keep which others quiet, written or built in. */
import { EventStoreError } from "../errors.ts";
import { parseSelector } from "../event/selector/parse.ts";
import type { Selector } from "../event/selector/selector.ts";
import { incidentCondition, madeCondition } from "./condition-file.ts";
import type { Field } from "./field.ts";
import type { PlanContext } from "./options.ts";
import type { Inhibition } from "./plan.ts";
import type { Rule } from "./rule.ts";
import { Section } from "./section.ts";

const MAX_INHIBITIONS = 100;

export function readInhibitions(field: Field, rules: readonly Rule[], context: PlanContext): readonly Inhibition[] {
  if (!field.given) return builtIn(rules, context);
  return field.each((entry) => readInhibition(entry, context), MAX_INHIBITIONS);
}

function readInhibition(entry: Field, context: PlanContext): Inhibition | undefined {
  const section = new Section(entry);
  const [source, target] = ["source", "target"].map((name) => {
    const field = section.field(name);
    return field.given ? incidentCondition(field, context) : field.error("is missing; it selects incidents");
  });
  const equal = section.field("equal").each(incidentPath, 8);
  section.close();
  return source && target && Object.freeze({ source, target, equal });
}

function incidentPath(field: Field): string | undefined {
  const path = field.text();
  try {
    if (path !== undefined) parseSelector({ [path]: null }, { naiveTimezone: "UTC" });
    return path;
  } catch (error) {
    if (!(error instanceof EventStoreError)) throw error;
    return field.error("is no path; write it like source.workcell_id");
  }
}

/**
 * A stopped workcell keeps its nodes quiet; a lost node its actions and steps; and while we are behind ourselves,
 * nobody else is called silent. Without these rules there are none.
 */
function builtIn(rules: readonly Rule[], context: PlanContext): readonly Inhibition[] {
  const has = (id: string) => rules.some((rule) => rule.id === id);
  const made = (source: string, targets: readonly string[], equal: readonly string[]): readonly Inhibition[] => {
    if (!has(source) || targets.length === 0) return [];
    const condition = (selector: Selector) => madeCondition(selector, context);
    return [{ source: condition({ rule: source }), target: condition({ rule: { $in: targets } }), equal }];
  };
  const absences = rules.filter(({ when }) => when.kind === "absence").map(({ id }) => id);
  const ofNodes = ["node-loss", "hanging-action", "step-failed"].filter(has);
  return [
    ...made("workcell-stopped", ofNodes, ["source.workcell_id"]),
    ...made("node-loss", ["hanging-action"].filter(has), ["source.workcell_id", "event_data.node_name"]),
    ...made("alerting-behind", absences, []),
  ];
}
