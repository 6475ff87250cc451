/**
 * When the next notice of an incident is due, by the rule alone. The whole table:
 *
 *   first     opened + group_wait (5 s when critical, else 30 s, unless set), not before it fires
 *   one by one  (the first `burst` events of a busy time) as they come, after the first
 *   news      last notice + group_interval, if events came since; became critical: after + group_wait, if that is sooner
 *   repeat    last notice + repeat_interval, while firing and unacknowledged; never for one-offs
 *
 * Exact to the millisecond. What may hold a notice back (silence, inhibition, flapping, quiet hours) is in due.ts.
 */
import type { Live } from "./live.ts";
import type { Rule } from "./rule.ts";

export interface Planned {
  readonly atMs: number;
  readonly why: "group_wait" | "burst" | "group_interval" | "repeat_interval";
}

const CRITICAL_WAIT_MS = 5000;
const WAIT_MS = 30_000;
const YEAR_MS = 366 * 86_400_000;

export function firstNoticeMs(live: Pick<Live, "severity" | "openedMs" | "firedMs">, rule: Rule): number {
  const waitMs = rule.groupWaitMs ?? (live.severity === "critical" ? CRITICAL_WAIT_MS : WAIT_MS);
  return Math.max(live.openedMs + waitMs, live.firedMs ?? live.openedMs + rule.forMs);
}

/** Null while pending, once resolved, and where nothing will be said. */
export function plannedNotice(live: Live, rule: Rule): Planned | null {
  if (live.state !== "firing" && live.state !== "acknowledged") return null;
  const firstMs = live.lastNoticeMs === null ? firstNoticeMs(live, rule) : null;
  const [single] = live.singles;
  if (single)
    return { atMs: Math.max(single.atMs, firstMs ?? single.atMs), why: firstMs === null ? "burst" : "group_wait" };
  if (firstMs !== null) return { atMs: firstMs, why: "group_wait" };
  return laterNotice(live, rule, live.lastNoticeMs as number);
}

function laterNotice(live: Live, rule: Rule, lastMs: number): Planned | null {
  if (live.total > live.told) {
    const newsMs = lastMs + rule.groupIntervalMs;
    const risenMs = live.risenMs === null ? newsMs : live.risenMs + (rule.groupWaitMs ?? CRITICAL_WAIT_MS);
    return risenMs < newsMs ? { atMs: risenMs, why: "group_wait" } : { atMs: newsMs, why: "group_interval" };
  }
  if (live.state !== "firing" || rule.oneOff) return null;
  return { atMs: lastMs + rule.repeatIntervalMs, why: "repeat_interval" };
}

/** Dates after a notice: of the next with news, and of the repeat. Null where there is none within a year. */
export function laterTimes(
  live: Live,
  rule: Rule,
): { readonly newsMs: number | null; readonly repeatMs: number | null } {
  if (live.lastNoticeMs === null || live.state === "resolved") return { newsMs: null, repeatMs: null };
  const within = (ms: number) => (ms > YEAR_MS ? null : (live.lastNoticeMs as number) + ms);
  const repeats = live.state === "firing" && !rule.oneOff;
  return { newsMs: within(rule.groupIntervalMs), repeatMs: repeats ? within(rule.repeatIntervalMs) : null };
}
