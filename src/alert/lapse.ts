/**
 * Lapse: an incident that waits for its `for` goes when its condition stops holding before. By an event: fold.ts; by the
 * passing of time, as events leave the span they are counted in: here. Only kinds that count within a time can tell.
 */
import type { Group } from "./group.ts";
import { resolve } from "./life.ts";
import { ratioEndsMs } from "./memory-ratio.ts";
import { thresholdEndsMs } from "./memory-threshold.ts";
import type { Rule } from "./rule.ts";
import { isOpen, type Open } from "./view.ts";

/** It waits for its `for`. */
export function isPending(group: Group): group is Open {
  return isOpen(group) && group.incident.state === "pending";
}

/** First ms at which the condition of a pending incident does not hold any more; null where time alone cannot end it. */
export function lapseMs(group: Group, { when }: Rule): number | null {
  if (!isPending(group)) return null;
  const { memory, incident } = group;
  if (when.kind === "threshold" && memory.kind === "threshold")
    return Math.max(thresholdEndsMs(memory, when), incident.openedMs);
  if (when.kind === "ratio" && memory.kind === "ratio") return Math.max(ratioEndsMs(memory, when), incident.openedMs);
  return null;
}

/** Nobody was told, so what was counted may count again. */
export function lapse(group: Open, rule: Rule, atMs: number): Group {
  return resolve(group, rule, { atMs, reason: "it did not hold long enough", settledMs: Number.NEGATIVE_INFINITY });
}
