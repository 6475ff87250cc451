/** Forget: when nothing about a group is worth keeping any more and its record may be removed. */
import type { Group } from "./group.ts";
import type { Rule } from "./rule.ts";

/** Marks are long gone by then, so the ring of folded ids is not needed either. */
const LEAST_MS = 24 * 3_600_000;
const LEARNED_MS = 30 * 24 * 3_600_000;

/** Null while there is an incident, or where the rule has no groups but the one. */
export function forgetMs(group: Group, rule: Rule): number | null {
  if (group.incident !== null || group.retired.some(({ owed }) => owed !== null)) return null;
  if (group.flap.sinceMs !== null || rule.when.kind === "ledger") return null;
  return group.seenMs + Math.max(LEAST_MS, spanMs(rule));
}

function spanMs({ when }: Rule): number {
  switch (when.kind) {
    case "threshold":
    case "ratio":
      return when.withinMs;
    case "absence":
    case "novelty":
      return when.forgetMs;
    case "sequence":
      return LEARNED_MS;
    case "match":
    case "ledger":
      return 0;
  }
}
