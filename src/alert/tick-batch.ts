/**
 * tickBatch: the tick of many groups with few writes. Pure: say the drafts, write the closed incidents, then the groups,
 * as for one (evaluator.ts). What one of them would change about another's inhibition comes with the next look.
 */
import type { Group } from "./group.ts";
import { withoutRetired } from "./group.ts";
import type { Incident } from "./incident.ts";
import { retire } from "./life.ts";
import type { Rule } from "./rule.ts";
import type { Draft } from "./say.ts";
import { tick } from "./tick.ts";
import { isOpen } from "./view.ts";
import type { World } from "./world.ts";

interface TickedBatch {
  readonly drafts: readonly Draft[];
  /** Incidents to be written. */
  readonly closed: readonly Incident[];
  readonly groups: readonly { readonly group: Group; readonly dueMs: number | null }[];
}

interface BatchAt {
  readonly rules: ReadonlyMap<string, Rule>;
  readonly world: World;
  readonly nowMs: number;
  /** As TickBy's. */
  readonly judgedMs?: number;
}

/** Null where one of them is to be removed, or has lost its rule: then one by one. */
export function tickBatch(groups: readonly Group[], { rules, ...at }: BatchAt): TickedBatch | null {
  const ticked = groups.flatMap((group) => {
    const rule = rules.get(group.rule);
    return rule ? tick(group, { rule, ...at }) : [];
  });
  if (ticked.length < groups.length || ticked.some(({ gone }) => gone)) return null;
  return {
    drafts: ticked.flatMap(({ drafts }) => drafts),
    closed: ticked.flatMap(({ group }) => closedOf(group)),
    groups: ticked.map(({ group, dueMs }) => ({ group: withoutRetired(group), dueMs })),
  };
}

/** Incidents that are over. Where something is left to say they are written again after that. */
export function closedOf({ retired }: Group): Incident[] {
  return retired.map(({ incident }) => incident);
}

/** Incidents of a group whose rule is not there any more: what was open is closed without a word. */
export function orphansOf(group: Group, nowMs: number): Incident[] {
  const reason = `rule ${group.rule} is not there any more`;
  const { retired } = isOpen(group) ? retire({ ...group, incident: { ...group.incident, reason } }, nowMs) : group;
  return retired.map(({ incident }) => incident);
}
