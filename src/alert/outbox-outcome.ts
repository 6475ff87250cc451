/** What an attempt makes of a notification. Pure. */
import type { AlertRecord } from "../backend/alert-records.ts";
import { backoffMs, pauseMs } from "./backoff.ts";
import type { Verdict } from "./breaker.ts";
import type { Delivery, NotificationState } from "./notification.ts";
import { changed, isDate, iso, notificationOf, reasonText, removalMs } from "./outbox-record.ts";
import type { DeliveryPlan } from "./plan.ts";

export interface OutcomeFacts {
  readonly plan: DeliveryPlan;
  readonly nowMs: number;
  /** From 0 up to 1. */
  readonly random: number;
}

/** The record after an attempt ended with `delivery`: sent, retry or dead. */
export function afterAttempt(record: AlertRecord, delivery: Delivery, facts: OutcomeFacts): AlertRecord {
  if (delivery.status === "sent") return asSent(record, facts);
  const { attempts } = notificationOf(record);
  if (delivery.status === "refused" || attempts >= facts.plan.attempts) return asDead(record, delivery.reason, facts);
  const ownMs = backoffMs(facts.plan.backoff, attempts, facts.random);
  const dueMs = facts.nowMs + pauseMs(ownMs, delivery.afterMs);
  return changed(record, { state: "retry", dueMs, nowMs: facts.nowMs }, { last_error: reasonText(delivery.reason) });
}

export function asDead(
  record: AlertRecord,
  reason: string,
  { nowMs, random }: Omit<OutcomeFacts, "plan">,
): AlertRecord {
  const dueMs = removalMs("dead", nowMs, random);
  return changed(record, { state: "dead", dueMs, nowMs }, { last_error: reasonText(reason) });
}

/**
 * A record that a former leader left in `sending`: tried again at once, for nobody knows how it ended; that it waits is no
 * failure of its channel. One that has had an attempt more than allowed is dead: maybe it is what ends the leaders.
 */
export function afterLeader(record: AlertRecord, facts: OutcomeFacts): AlertRecord {
  const { attempts } = notificationOf(record);
  if (attempts > facts.plan.attempts)
    return asDead(record, "the process ended during each of the last attempts", facts);
  return changed(record, { state: "retry", dueMs: facts.nowMs, nowMs: facts.nowMs });
}

/**
 * One that waits and was last changed in what is now the future, for the clock was ahead then: due after the pause it was
 * meant to have. One that waits without a date: due now. The very same record where nothing is wrong.
 */
export function afterClockWasSet(record: AlertRecord, { plan, nowMs }: OutcomeFacts): AlertRecord {
  const { dueMs, updatedMs } = record;
  const state = record.state as NotificationState;
  if (!isDate(dueMs)) return changed(record, { state, dueMs: nowMs, nowMs });
  if (dueMs <= nowMs || updatedMs <= nowMs) return record;
  const pauseMs = Math.min(Math.max(0, dueMs - updatedMs), plan.backoff.maxMs);
  return changed(record, { state, dueMs: nowMs + pauseMs, nowMs });
}

export function verdictOf(delivery: Delivery): Verdict {
  if (delivery.status === "sent") return "up";
  return delivery.channelDown ? "down" : "up";
}

function asSent(record: AlertRecord, { nowMs, random }: OutcomeFacts): AlertRecord {
  const dueMs = removalMs("sent", nowMs, random);
  return changed(record, { state: "sent", dueMs, nowMs }, { sent_at: iso(nowMs), last_error: null });
}
