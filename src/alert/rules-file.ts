/**
 * RulesFile: all rules, built-in ones and people's, in the order built-in first.
 *
 * A rule with the id of a built-in one changes fields of it. Rules `alert-flag` and `alert-level` leave out what an
 * enabled rule of the lab pack tells about already, so that one event is not told twice.
 */
import { madeCondition } from "./condition-file.ts";
import { Field } from "./field.ts";
import { alertRules, LAB_PACK } from "./lab-pack.ts";
import type { PlanContext, RuleOptions } from "./options.ts";
import type { Rule } from "./rule.ts";
import { type RuleSetup, readRule, ruleId } from "./rule-file.ts";
import { Section } from "./section.ts";

export interface RulesSetup extends Omit<RuleSetup, "builtIn"> {
  readonly labPack: boolean;
  readonly maxRules: number;
  /** With no channel at all, that nobody is told has been said. */
  readonly quiet: boolean;
}

const DEFAULT_ALERT_LEVEL = 40;
const MAX_WRITTEN = 2_000;

export function readRules(field: Field, setup: RulesSetup): readonly Rule[] {
  const written = byId(field);
  const alerts = alertRules(setup.context.alertLevel ?? DEFAULT_ALERT_LEVEL);
  const pack = readBuiltIn(setup.labPack ? LAB_PACK : [], { written, setup, place: "labPack" }, field);
  const own = readBuiltIn(alerts, { written, setup, place: "builtIn" }, field);
  const others = [...written.values()].map((rule) => readRule(new Section(rule), { ...setup, builtIn: setup.quiet }));
  const rules = [...without(own, pack, setup.context), ...pack, ...others.filter((rule) => rule !== undefined)];
  const enabled = rules.filter((rule) => rule.enabled).length;
  if (enabled > setup.maxRules)
    field.error(`${enabled} rules are more than evaluate.maxRules (${setup.maxRules}), built-in ones included`);
  return Object.freeze(rules);
}

/** What people wrote, by id; one without a good id is kept, so that the rest of it is looked at as well. */
function byId(field: Field): Map<string, Field> {
  const found = new Map<string, Field>();
  if (field.given && !Array.isArray(field.value)) field.error("must be a list of rules, each with an id");
  else
    for (const rule of field.list(MAX_WRITTEN)) {
      const section = new Section(rule);
      const id = section.given ? ruleId(section.field("id")) : rule.error("is empty");
      const first = id === undefined ? undefined : found.get(id);
      if (first) section.field("id").error(`${id} is the id of ${first.path} already; each rule has its own`);
      else if (section.given) found.set(id ?? `(${rule.path})`, rule);
    }
  return found;
}

interface BuiltIn {
  /** Rules of these are taken out as they are used. */
  readonly written: Map<string, Field>;
  readonly setup: RulesSetup;
  readonly place: string;
}

function readBuiltIn(rules: readonly RuleOptions[], { written, setup, place }: BuiltIn, field: Field): Rule[] {
  return rules.flatMap((options) => {
    const change = written.get(options.id);
    written.delete(options.id);
    const path = `${place}.${options.id}`;
    const base = new Field(keptOf(options, change), path, field.troubles);
    const section = change ? new Section(change, base) : new Section(base);
    const rule = readRule(section, { ...setup, builtIn: true });
    return rule ? [rule] : [];
  });
}

/** A change of kind keeps nothing but the name. */
function keptOf(options: RuleOptions, change: Field | undefined): Partial<RuleOptions> {
  const kind = (change?.value as { readonly kind?: unknown } | undefined)?.kind;
  const isSame = kind === undefined || kind === null || kind === (options.kind ?? "match");
  return isSame ? options : { id: options.id };
}

/** `alert-flag` and `alert-level` without what rules of the pack tell about at once. */
function without(own: readonly Rule[], pack: readonly Rule[], context: PlanContext): readonly Rule[] {
  const told = pack.flatMap(({ enabled, forMs, receivers, when }) =>
    enabled && forMs === 0 && receivers.length > 0 && when.kind === "match" ? [when.select.selector] : [],
  );
  return own.map((rule) => {
    if (rule.when.kind !== "match" || told.length === 0) return rule;
    const select = madeCondition({ ...rule.when.select.selector, $nor: told }, context);
    return Object.freeze({ ...rule, when: Object.freeze({ ...rule.when, select }) });
  });
}
