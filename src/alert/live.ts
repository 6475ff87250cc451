/**
 * Live: the incident a group has open, with what is needed to go on: instants as numbers, and what has been told.
 * view.ts shows it as an `Incident`.
 */
import type { Histogram } from "./histogram.ts";
import type { Comment, IncidentState, Sample } from "./incident.ts";
import type { Severity } from "./rule.ts";

/**
 * What is still to be said about an incident that was resolved. `both`: it was over before its first notice, which had been
 * due, could be said; then that comes first, unless quiet hours had kept it back.
 */
export type Owed = "resolved" | "firing" | "both" | null;

interface Acknowledgement {
  readonly by: string;
  readonly atMs: number;
  readonly expiresMs: number | null;
  /** Channels that keep a state of their own have been told. */
  readonly told?: boolean;
}

/** An event that gets a notice of its own. */
interface Single {
  readonly atMs: number;
  readonly sample: Sample;
}

/** Of a receiver's step, counted from 0. */
export function escalationId(receiver: string, step: number): string {
  return `${receiver}#${step}`;
}

export interface Live {
  readonly number: number;
  readonly state: Exclude<IncidentState, "closed">;
  readonly severity: Severity;
  /** When the condition became true; the timers of the first notice and of `for` start here. */
  readonly openedMs: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** When the condition was last true; being quiet is counted from here. */
  readonly holdsMs: number;
  readonly firedMs: number | null;
  readonly resolvedMs: number | null;
  readonly total: number;
  /** How many of `total` have been told. */
  readonly told: number;
  readonly histogram: Histogram;
  readonly first: Sample | null;
  readonly newest: readonly Sample[];
  readonly sequence: number;
  /** Of the first notice, or the one that ended a silence: from then on somebody may react. */
  readonly toldMs: number | null;
  readonly lastNoticeMs: number | null;
  readonly nextNoticeMs: number | null;
  /** No notice before this: quiet hours. */
  readonly notBeforeMs: number | null;
  readonly owed: Owed;
  /** When it became critical after it had been told as less; null once that is told. */
  readonly risenMs: number | null;
  readonly reason: string;
  readonly acknowledged: Acknowledgement | null;
  readonly assignee: string | null;
  readonly comments: readonly Comment[];
  readonly silencedBy: string | null;
  /** When that silence stops holding. */
  readonly silencedUntilMs: number | null;
  readonly inhibitedBy: string | null;
  readonly storm: boolean;
  /** Events waiting to be told one by one, at most the rule's `burst`. */
  readonly singles: readonly Single[];
  /** Events told one by one, or waiting for it, since the burst began. */
  readonly burst: number;
  readonly burstMs: number | null;
  /** Escalations done, by {@link escalationId}. */
  readonly escalated: readonly string[];
}
