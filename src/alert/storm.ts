/**
 * StormGuard: when a rule's events come too fast to look at each. Then they are only counted, one notice says so, and it
 * ends by itself: after a whole minute with at most half as many as it takes to begin.
 */
export interface Storm {
  /** Minute since the epoch, and events in it. */
  readonly minute: number;
  readonly count: number;
  /** Since when there is one; null when there is none. */
  readonly sinceMs: number | null;
  /** Events of this storm so far. */
  readonly events: number;
}

const MINUTE_MS = 60_000;
export const calm: Storm = { minute: 0, count: 0, sinceMs: null, events: 0 };

/** One more event. One of an earlier minute counts in the present one. */
export function storming(storm: Storm, atMs: number, perMinute: number): Storm {
  const minute = Math.max(storm.minute, Math.floor(atMs / MINUTE_MS));
  const passed = minute - storm.minute;
  const quiet = passed > 1 || (passed === 1 && storm.count <= perMinute / 2);
  const sinceMs = quiet ? null : storm.sinceMs;
  const count = passed === 0 ? storm.count + 1 : 1;
  if (sinceMs !== null) return { minute, count, sinceMs, events: storm.events + 1 };
  return count > perMinute ? { minute, count, sinceMs: atMs, events: 1 } : { minute, count, sinceMs: null, events: 0 };
}

/** The clock went back: the present minute begins anew. */
export function rewindStorm(storm: Storm, nowMs: number): Storm {
  const minute = Math.floor(nowMs / MINUTE_MS);
  if (storm.minute <= minute + 1) return storm;
  return { ...storm, minute, sinceMs: storm.sinceMs === null ? null : Math.min(storm.sinceMs, nowMs) };
}
