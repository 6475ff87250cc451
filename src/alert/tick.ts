/**
 * tick: everything the passing of time does to a group, up to now. Pure: the next group and the drafts of what is to be
 * said. The drafts become notifications before the group is written; after a crash in between the same drafts come again.
 *
 * Ticking before `dueAt` changes nothing (the same group comes back) unless the world has changed; ticking late says what
 * timely ticks would have said, except repeats and news that later ones have overtaken.
 */
import { dueAt, nextStep } from "./due.ts";
import { planned } from "./fold.ts";
import { forgetMs } from "./forget.ts";
import type { Group } from "./group.ts";
import { flagged, look } from "./look.ts";
import { rewind } from "./rewind.ts";
import { ruleFor } from "./role-rule.ts";
import type { Rule } from "./rule.ts";
import type { Draft } from "./say.ts";
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
}

/** Steps of one tick; the rest is for the next, which is due at once. */
const MAX_STEPS = 2000;

export function tick(group: Group, by: TickBy): Ticked {
  const { world, nowMs } = by;
  const at = { rule: ruleFor(by.rule, group), world, nowMs };
  const drafts: Draft[] = [];
  let next = flagged(look(rewind(group, nowMs), at), at);
  for (let i = 0; i < MAX_STEPS; i++) {
    const step = nextStep(next, by.rule, world);
    if (step === null || step.atMs > nowMs) break;
    const said = step.run(at);
    drafts.push(...said.drafts);
    next = flagged(said.group, at);
  }
  next = planned(next, at.rule);
  const forgottenMs = forgetMs(next, at.rule);
  const dueMs = dueAt(next, by.rule, world);
  return { group: next, drafts, dueMs, gone: dueMs !== null && dueMs === forgottenMs && forgottenMs <= nowMs };
}
