/**
 * Caps: how many mails one recipient gets per hour and per day. Pure part: usage and what it still allows.
 *
 * Usage is counted per minute, so its size is bounded by the minutes of a day. A window takes in the whole minute it begins
 * in: a recipient may get one later than exact counting would, never one too many.
 */
import type { DeliveryPlan } from "./plan.ts";

const MINUTE_MS = 60_000;
const HOUR = 60;
const DAY = 1_440;

/** Minute since 1970, mails within the caps, and critical ones beyond them. Oldest first. */
export type Usage = readonly (readonly [minute: number, mails: number, beyond: number])[];

export interface CapRequest {
  readonly nowMs: number;
  readonly critical: boolean;
  readonly plan: DeliveryPlan["perRecipient"];
}

/** Usage with one more mail, or null when that is one too many. */
export function takeOne(usage: Usage, { nowMs, critical, plan }: CapRequest): Usage | null {
  const minute = Math.floor(nowMs / MINUTE_MS);
  const recent = withinDay(usage, minute);
  const hour = recent.filter(([at]) => at >= minute - HOUR);
  const within = sum(hour, 1) < plan.perHour && sum(recent, 1) < plan.perDay;
  if (within) return added(recent, minute, 0);
  return critical && sum(hour, 2) < plan.criticalPerHour ? added(recent, minute, 1) : null;
}

/** A clock that was ahead has left minutes of the future: they count as now, or they would count for as long as it was wrong. */
function withinDay(usage: Usage, minute: number): Usage {
  const recent = usage.filter(([at]) => at >= minute - DAY);
  const past = recent.filter(([at]) => at <= minute);
  const future = recent.slice(past.length);
  return future.length === 0 ? past : [...past, [minute, sum(future, 1), sum(future, 2)]];
}

function added(usage: Usage, minute: number, beyond: 0 | 1): Usage {
  const last = usage.at(-1);
  const [mails, extra] = last?.[0] === minute ? [last[1], last[2]] : [0, 0];
  const rest = last?.[0] === minute ? usage.slice(0, -1) : usage;
  return [...rest, [minute, mails + 1 - beyond, extra + beyond]];
}

function sum(usage: Usage, column: 1 | 2): number {
  return usage.reduce((total, row) => total + row[column], 0);
}
