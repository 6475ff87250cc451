/**
 * Activity: between which events a rule of kind `absence` looks at all (`during`), e.g. while a workcell is active.
 *
 * Kept per rule and per values at `during.equal`. A value that is absent on either side agrees with every value.
 * At most 1000; the one that ended, or else began, longest ago goes.
 */
import type { StoredEvent } from "../event/event.ts";
import { textAt } from "./event-path.ts";
import type { Key } from "./group.ts";
import type { During } from "./rule.ts";

export interface Activity {
  readonly of: Key;
  readonly active: boolean;
  /** Of the last change. */
  readonly atMs: number;
}

const MAX_ACTIVITIES = 1000;

export function factsOf(during: During | null, event: StoredEvent): Key {
  return during === null ? [] : during.equal.map((path) => textAt(event, path));
}

/** Answers the same list when the event changes nothing. A start while active goes on from the first start. */
export function activityAfter(
  list: readonly Activity[],
  during: During,
  { event, atMs }: { readonly event: StoredEvent; readonly atMs: number },
): readonly Activity[] {
  const begins = during.from.matches(event);
  if (!begins && !during.until.matches(event)) return list;
  const of = factsOf(during, event);
  const key = JSON.stringify(of);
  const known = list.find((activity) => JSON.stringify(activity.of) === key);
  if (known && (known.active === begins || known.atMs > atMs)) return list;
  if (!known && !begins) return list;
  return bounded([...list.filter((activity) => activity !== known), { of, active: begins, atMs }]);
}

function bounded(list: readonly Activity[]): readonly Activity[] {
  if (list.length <= MAX_ACTIVITIES) return list;
  const victim = list.find((activity) => !activity.active) ?? list[0];
  return list.filter((activity) => activity !== victim);
}

/** Since when there has been activity for a group with these facts; null when there is none. */
export function activeSince(list: readonly Activity[], facts: Key): number | null {
  let sinceMs: number | null = null;
  for (const { of, active, atMs } of list) {
    if (!active || !of.every((value, i) => value === null || (facts[i] ?? null) === null || value === facts[i]))
      continue;
    sinceMs = sinceMs === null ? atMs : Math.min(sinceMs, atMs);
  }
  return sinceMs;
}
