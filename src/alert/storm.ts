/**
 * StormGuard: when a rule's events come too fast to look at each: more within any minute than the rule may have. Then they
 * are only counted, one notice says so, and it ends by itself: after a whole minute with at most half as many as it takes to
 * begin.
 *
 * Counted in slots of five seconds, the last twelve of which are the minute: one that is up to five seconds short.
 */
export interface Storm {
  /** Of the newest event: slots since the epoch. */
  readonly slot: number;
  /** Events in the last slots, oldest first; the last of them is `slot`. At most 12. */
  readonly slots: readonly number[];
  /** Sum of `slots`. */
  readonly count: number;
  /** Since when there is one; null when there is none. */
  readonly sinceMs: number | null;
  /** Events of this storm so far. */
  readonly events: number;
}

const SLOT_MS = 5000;
const SLOTS = 12;
export const calm: Storm = { slot: 0, slots: [], count: 0, sinceMs: null, events: 0 };

/** One more event. One of an earlier slot counts in the newest. */
export function storming(storm: Storm, atMs: number, perMinute: number): Storm {
  const slot = Math.max(storm.slot, Math.floor(atMs / SLOT_MS));
  const before = slotsAt(storm, slot);
  const passed = sum(before);
  const slots = [...before.slice(0, -1), (before.at(-1) ?? 0) + 1];
  const count = passed + 1;
  const sinceMs = passed <= perMinute / 2 ? null : storm.sinceMs;
  if (sinceMs !== null) return { slot, slots, count, sinceMs, events: storm.events + 1 };
  const begins = count > perMinute;
  return { slot, slots, count, sinceMs: begins ? atMs : null, events: begins ? 1 : 0 };
}

/** Those of the minute that ends with `slot`. */
function slotsAt(storm: Storm, slot: number): readonly number[] {
  const empty = Math.min(SLOTS, slot - storm.slot);
  return [...storm.slots, ...Array<number>(empty).fill(0)].slice(-SLOTS);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

/** The clock went back: the present minute begins anew. */
export function rewindStorm(storm: Storm, nowMs: number): Storm {
  // In a record of an early version storms were counted otherwise.
  if (storm.slots === undefined) return calm;
  const slot = Math.floor(nowMs / SLOT_MS);
  if (storm.slot <= slot + SLOTS) return storm;
  return { ...storm, slot, sinceMs: storm.sinceMs === null ? null : Math.min(storm.sinceMs, nowMs) };
}
