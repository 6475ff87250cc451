/**
 * tick: everything the passing of time does to a group, up to now. Pure: the next group and the drafts of what is to be
 * said. The drafts become notifications before the group is written; after a crash in between the same drafts come again.
 *
 * Ticking before `dueAt` changes nothing (the same group comes back) unless the world has changed; ticking late says what
 * timely ticks would have said, except repeats and news that later ones have overtaken.
 */
import { dueAt, nextStep } from "./due.ts";
import { steady } from "./flap.ts";
import { planned } from "./fold.ts";
import { forgetMs } from "./forget.ts";
import type { Group } from "./group.ts";
import { retire } from "./life.ts";
import { flagged, look } from "./look.ts";
import { startMemory } from "./memory.ts";
import { rewind } from "./rewind.ts";
import { ruleFor } from "./role-rule.ts";
import type { Rule } from "./rule.ts";
import type { Draft } from "./say.ts";
import { isOpen } from "./view.ts";
import type { World } from "./world.ts";

export interface Ticked {
  /** The very same object where nothing happened. */
  readonly group: Group;
  /** In the order in which they are said. */
  readonly drafts: readonly Draft[];
  /** When to tick next, if the world stays as it is. */
  readonly dueMs: number | null;
  /** Nothing about it is worth keeping: `withoutGroup` of hub.ts, then remove the record. */
  readonly gone: boolean;
}

export interface TickBy {
  readonly rule: Rule;
  readonly world: World;
  readonly nowMs: number;
  /** Events that arrived before have been folded, others may wait: see `nextStep`. @default all have been folded */
  readonly judgedMs?: number;
}

/** Steps of one tick; the rest is for the next, which is due at once. */
const MAX_STEPS = 2000;

export function tick(group: Group, by: TickBy): Ticked {
  const { world, nowMs } = by;
  const at = { rule: ruleFor(by.rule, group), world, nowMs };
  if (!at.rule.enabled) return rested(turnedOff(group, at), at.rule, nowMs);
  const judgedMs = judgedOf(by);
  const drafts: Draft[] = [];
  let next = flagged(look(rewind(group, nowMs), at), at);
  for (let i = 0; i < MAX_STEPS; i++) {
    const step = nextStep(next, by.rule, world, judgedMs);
    if (step === null || step.atMs > nowMs) break;
    const said = step.run(at);
    drafts.push(...said.drafts);
    next = flagged(said.group, at);
  }
  next = planned(next, at.rule, world);
  const forgottenMs = forgetMs(next, at.rule);
  const dueMs = dueAt(next, by.rule, world);
  const goneMs = dueMs === forgottenMs ? forgottenMs : null;
  return { group: next, drafts, dueMs, gone: goneMs !== null && goneMs <= nowMs && goneMs < judgedMs };
}

/** What our own counters say waits for no event; one of them may be how many wait. */
function judgedOf({ rule, judgedMs = Number.POSITIVE_INFINITY }: TickBy): number {
  return rule.when.kind === "ledger" ? Number.POSITIVE_INFINITY : judgedMs;
}

/** Its rule looks at nothing any more: what was open is closed without a word, and what it remembers would be stale. */
function turnedOff(group: Group, { rule, nowMs }: TickBy): Group {
  const memory = startMemory(rule.when.kind);
  const reason = `rule ${rule.id} is turned off`;
  const { incident, retired } = isOpen(group)
    ? retire({ ...group, incident: { ...group.incident, reason } }, nowMs)
    : group;
  const silent = retired.some(({ owed }) => owed !== null) ? retired.map((one) => ({ ...one, owed: null })) : retired;
  const fresh = JSON.stringify(group.memory) === JSON.stringify(memory) && group.flap.sinceMs === null;
  if (incident === group.incident && silent === group.retired && fresh) return group;
  return { ...group, incident, retired: silent, memory, recent: [], flap: steady };
}

function rested(group: Group, rule: Rule, nowMs: number): Ticked {
  const dueMs = forgetMs(group, rule);
  return { group, drafts: [], dueMs, gone: dueMs !== null && dueMs <= nowMs };
}
