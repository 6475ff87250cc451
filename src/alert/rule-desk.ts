/** Rules as people see them. */
import type { AlertRecords } from "../backend/alert-records.ts";
import type { RuleView } from "./desk.ts";
import { groupOf, groupPrefix } from "./group.ts";
import type { Condition, Rule } from "./rule.ts";
import { isOpen } from "./view.ts";

/** Groups of one rule that are looked at for its numbers. */
const MOST = 1000;

export async function ruleViews(records: AlertRecords, rules: readonly Rule[]): Promise<readonly RuleView[]> {
  const views: RuleView[] = [];
  for (const rule of rules) {
    const found = await records.list("groups", { prefix: groupPrefix(rule.id), limit: MOST });
    const groups = found.map(groupOf).filter((group) => group.rule === rule.id);
    views.push({
      id: rule.id,
      description: rule.description,
      kind: rule.when.kind,
      enabled: rule.enabled,
      severity: rule.severityAtLeast ? `at-least-${rule.severityAtLeast}` : rule.severity,
      group_by: rule.groupBy,
      receivers: rule.receivers,
      when: shown(rule.when) as RuleView["when"],
      events: groups.reduce((sum, group) => sum + (group.role === "storm" ? 0 : group.events), 0),
      live_incidents: groups.filter((group) => isOpen(group) && group.incident.state !== "resolved").length,
    });
  }
  return views;
}

/** Selectors instead of conditions; spans as they are, in ms. */
function shown(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(shown);
  if ("matches" in value) return (value as Condition).selector;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== "kind")
      .map(([name, inner]) => [snake(name), shown(inner)]),
  );
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
