/** Severity: which one an event has under a rule, and which of two is higher. */
import { type Rule, SEVERITIES, type Severity } from "./rule.ts";

export function higher(a: Severity, b: Severity): Severity {
  return SEVERITIES.indexOf(a) >= SEVERITIES.indexOf(b) ? a : b;
}

/** A level between two of the table counts as the lower one; below all of them it is `info`. */
export function severityAt(level: number, byLevel: ReadonlyMap<number, Severity>): Severity {
  let found: Severity = "info";
  let best = -Infinity;
  for (const [least, severity] of byLevel) {
    if (least > level || least <= best) continue;
    best = least;
    found = severity;
  }
  return found;
}

export function severityOf(rule: Rule, level: number, byLevel: ReadonlyMap<number, Severity>): Severity {
  if (rule.severity !== "level") return rule.severity;
  const found = severityAt(level, byLevel);
  return higher(found, rule.severityAtLeast ?? found);
}
