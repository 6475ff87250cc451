/**
 * Parts of a batch, cut at the events by which an activity (`during`) begins or ends: what was due before such an event is
 * judged by the activity as it was then, in all groups of its rule, also those the batch does not touch.
 */
import type { MarkedEvent } from "../backend/alert-records.ts";
import type { Rule } from "./rule.ts";

export interface Part {
  /** In order of arrival, at least one. */
  readonly events: readonly MarkedEvent[];
  /** An activity begins or ends by it; it is alone then. */
  readonly changes: boolean;
}

export function partedAtChanges(marked: readonly MarkedEvent[], rules: ReadonlyMap<string, Rule>): readonly Part[] {
  const parts: { readonly events: MarkedEvent[]; readonly changes: boolean }[] = [];
  for (const one of marked) {
    const changes = one.matched.some((id) => changesActivity(rules.get(id), one));
    const last = parts.at(-1);
    if (last && !last.changes && !changes) last.events.push(one);
    else parts.push({ events: [one], changes });
  }
  return parts;
}

function changesActivity(rule: Rule | undefined, { event }: MarkedEvent): boolean {
  if (!rule?.enabled || rule.when.kind !== "absence" || rule.when.during === null) return false;
  return rule.when.during.from.matches(event) || rule.when.during.until.matches(event);
}
