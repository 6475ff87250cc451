/** Backoff: how long to wait before the next attempt. Pure. */
import type { DeliveryPlan } from "./plan.ts";

/** A channel may ask for a longer pause (`Retry-After`), up to this. */
const LONGEST_ASKED_MS = 86_400_000;

/**
 * Pause after the `attempt`-th try failed (from 1): `baseMs × factor^(attempt-1)`, spread by ± `jitter`, at most `maxMs`.
 * @param random a number from 0 up to 1
 */
export function backoffMs(plan: DeliveryPlan["backoff"], attempt: number, random: number): number {
  const grown = Math.min(plan.maxMs, plan.baseMs * plan.factor ** Math.max(0, attempt - 1));
  const spread = 1 + plan.jitter * (2 * random - 1);
  return Math.round(Math.min(plan.maxMs, grown * spread));
}

/** The longer of our pause and the one the channel asked for, where that is a number. */
export function pauseMs(ownMs: number, askedMs: number | undefined): number {
  return Math.max(ownMs, Math.min(askedMs || 0, LONGEST_ASKED_MS));
}
