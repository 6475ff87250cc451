/**
 * Catch up: what was due in a group before an event happens before the event is folded, so it makes no difference whether
 * anybody led when it was due. Without a word: what is to be said of it is said by the next tick.
 */
import { silentStep } from "./due.ts";
import type { Group } from "./group.ts";
import { flagged } from "./look.ts";
import type { Rule } from "./rule.ts";
import type { World } from "./world.ts";

interface Until {
  /** As it holds for the group's role. */
  readonly rule: Rule;
  readonly world: World;
  /** What is due at this very instant has yet to happen: an event in the last moment is in time. */
  readonly untilMs: number;
}

/** Each step brings its group further; this many in one group between two events are a mistake of ours. */
const MAX_STEPS = 2000;

/** The same group where nothing was due. */
export function caughtUp(group: Group, { rule, world, untilMs }: Until): Group {
  let next = group;
  for (let i = 0; i < MAX_STEPS; i++) {
    const step = silentStep(next, rule, world);
    if (step === null || step.atMs >= untilMs) return next;
    const at = { rule, world, nowMs: step.atMs };
    next = flagged(step.run(at).group, at);
  }
  return next;
}
