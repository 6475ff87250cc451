/**
 * Incident: what a rule opened for one group of events, from its first event until it is closed.
 *
 *   pending ─(for)─► firing ⇄ acknowledged ─► resolved ─► closed        a new event after `resolved` opens the next one
 *
 * Field names are those of the API. Instants are ISO 8601 UTC texts with milliseconds.
 */
import type { Json } from "../event/json.ts";
import type { Severity } from "./rule.ts";

/** @since 0.1.0 */
export type IncidentState = "pending" | "firing" | "acknowledged" | "resolved" | "closed";

/** What is kept of an event for people to read; `event_data` is cut at 4 KB, secrets replaced. @since 0.1.0 */
export interface Sample {
  readonly _id: string;
  readonly event_type: string;
  readonly log_level: number;
  readonly event_timestamp: string;
  readonly received_at: string;
  readonly message: string;
  readonly source: { readonly [field: string]: string };
  readonly event_data: Json;
  readonly alert: boolean;
  readonly trace_id: string | null;
  readonly span_id: string | null;
}

/** @since 0.1.0 */
export interface Incident {
  /** `<group>.<number>`: the group's id and which incident of the group this is, from 1. */
  readonly incident_id: string;
  readonly rule: string;
  readonly state: IncidentState;
  readonly severity: Severity;
  /** Values that make the group, by path. */
  readonly labels: { readonly [path: string]: string | null };
  readonly opened_at: string;
  readonly first_at: string;
  readonly last_at: string;
  readonly resolved_at: string | null;
  readonly closed_at: string | null;
  /** Events so far, and since the last notice. */
  readonly total: number;
  readonly since_notice: number;
  /** Events per twelfth of the incident's life so far. */
  readonly sparkline: readonly number[];
  /** The first event and the five newest, oldest first. */
  readonly samples: readonly Sample[];
  /** Notices so far. */
  readonly sequence: number;
  readonly last_notice_at: string | null;
  readonly next_notice_at: string | null;
  /** Why it is in its state, for people: `no event for 15 min`. */
  readonly reason: string;
  readonly acknowledged_by: string | null;
  readonly acknowledged_at: string | null;
  readonly acknowledge_expires_at: string | null;
  readonly assignee: string | null;
  readonly comments: readonly Comment[];
  /** Id of the silence that keeps it quiet; id of the incident that does. */
  readonly silenced_by: string | null;
  readonly inhibited_by: string | null;
  readonly flapping: boolean;
  readonly storm: boolean;
}

/** @since 0.1.0 */
export interface Comment {
  readonly at: string;
  readonly by: string;
  readonly text: string;
}

/** @since 0.1.0 */
export interface Silence {
  readonly silence_id: string;
  /** Over an incident as {@link silenceView} shows it: `rule`, `severity`, `labels.*`, `event_type`, `source.*`. */
  readonly selector: { readonly [field: string]: Json };
  readonly starts_at: string;
  readonly ends_at: string;
  readonly author: string;
  readonly comment: string;
  /** Holds only in these hours of these days. */
  readonly weekly: Weekly | null;
}

/** @since 0.1.0 */
export interface Weekly {
  /** 0 is Sunday. */
  readonly days: readonly number[];
  /** `HH:MM`; an end before the start is on the next day, and `24:00` is the end of the day. */
  readonly from: string;
  readonly to: string;
  /** IANA name. */
  readonly timezone: string;
}
