/** The rule as it holds for a group's role: groups that stand for "too many" follow rules of their own. */
import type { Group } from "./group.ts";
import type { Condition, Rule } from "./rule.ts";

const NEVER_MS = 100 * 365 * 86_400_000;
const STORM_OVER_MS = 2 * 60_000;
const any: Condition = { selector: {}, matches: () => true };
const derived = new WeakMap<Rule, { readonly storm: Rule; readonly overflow: Rule }>();

export function ruleFor(rule: Rule, { role }: Pick<Group, "role">): Rule {
  if (role === "keyed") return rule;
  let rules = derived.get(rule);
  if (!rules) {
    rules = { storm: stormRule(rule), overflow: overflowRule(rule) };
    derived.set(rule, rules);
  }
  return rules[role];
}

function together(rule: Rule): Rule {
  return { ...rule, when: { kind: "match", select: any }, forMs: 0, resolveWhen: null, burst: 1, oneOff: false };
}

/** One notice when it begins, one with the totals when it has been over for two minutes. */
function stormRule(rule: Rule): Rule {
  return {
    ...together(rule),
    groupWaitMs: 0,
    groupIntervalMs: NEVER_MS,
    repeatIntervalMs: NEVER_MS,
    resolveAfterMs: STORM_OVER_MS,
    sendResolved: true,
  };
}

function overflowRule(rule: Rule): Rule {
  return { ...together(rule), resolveAfterMs: rule.resolveAfterMs ?? 15 * 60_000 };
}
