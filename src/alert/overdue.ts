/**
 * Overdue: what a rule finds out by waiting. The instants at which a missing group or an unfinished step becomes a hit.
 */
import { activeSince } from "./activity.ts";
import type { Group } from "./group.ts";
import type { Hit } from "./life.ts";
import type { AbsenceMemory } from "./memory-absence.ts";
import type { Begun, SequenceMemory } from "./memory-sequence.ts";
import { MAX_PENDING } from "./memory-sequence.ts";
import type { Rule, When } from "./rule.ts";
import { spanWords } from "./words.ts";
import type { World } from "./world.ts";

/** A hit that has not happened yet, and the memory once it has. */
export interface Overdue {
  readonly memory: Group["memory"];
  readonly hit: Hit;
}

export function overdue(group: Group, rule: Rule, world: World): Overdue | null {
  const { when } = rule;
  if (when.kind === "absence" && group.memory.kind === "absence")
    return missing(group, { ...when, memory: group.memory }, world);
  if (when.kind === "sequence" && group.memory.kind === "sequence") return unfinished(group, group.memory, world);
  return null;
}

function missing(group: Group, at: Extract<When, { kind: "absence" }> & { memory: AbsenceMemory }, world: World) {
  const { memory, withinMs, forgetMs, during } = at;
  if (memory.seenMs === null || memory.missing) return null;
  const sinceMs = during === null ? memory.seenMs : activeSince(world.activities.get(group.rule) ?? [], group.facts);
  if (sinceMs === null) return null;
  const atMs = Math.max(memory.seenMs, sinceMs, world.resumedAtMs) + withinMs;
  if (atMs >= memory.seenMs + forgetMs) return null;
  const reason = `no event for ${spanWords(withinMs)}`;
  return { memory: { ...memory, missing: true }, hit: hitOf(group, world, { atMs, reason, sample: null }) };
}

function unfinished(group: Group, memory: SequenceMemory, world: World): Overdue | null {
  const [first, ...rest] = memory.pending;
  if (!first) return null;
  const dueMs = (begun: Begun) => Math.max(begun.atMs, world.resumedAtMs) + begun.patienceMs;
  const begun = rest.reduce((soonest, other) => (dueMs(other) < dueMs(soonest) ? other : soonest), first);
  const { sample, ...slim } = begun;
  const late = [...memory.late, slim].slice(-MAX_PENDING);
  const pending = memory.pending.filter((other) => other !== begun);
  const reason = `not finished after ${spanWords(begun.patienceMs)}`;
  return {
    memory: { ...memory, pending, late },
    hit: hitOf(group, world, { atMs: dueMs(begun), reason, sample }),
  };
}

function hitOf(group: Group, { maxSamples }: World, at: Pick<Hit, "atMs" | "reason" | "sample">): Hit {
  return { ...at, severity: group.severity, storm: false, earlier: null, maxSamples };
}
