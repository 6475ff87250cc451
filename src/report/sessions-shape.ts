/**
 * SessionsReport: the answer of `sessions()`, with MADSci's keys in MADSci's order; keys of ours stand last in their object.
 *
 * Times are UTC without suffix (`2025-06-10T13:02:11.123456`), but for `generated_at`. Objects by id have no prototype.
 */

/** A length of time, told in three units and in words. */
export interface DurationParts {
  /** `48.9m`: seconds below a minute, minutes below an hour, else hours. */
  readonly display: string;
  readonly seconds: number;
  readonly minutes: number;
  readonly hours: number;
  readonly primary_unit: "seconds" | "minutes" | "hours";
  readonly primary_value: number;
}

/** @since 0.1.0 */
export interface SessionsReport {
  readonly report_metadata: {
    readonly generated_at: string;
    readonly analysis_start: string;
    readonly analysis_end: string;
    readonly total_sessions: number;
    readonly analysis_duration_hours: number;
    readonly skipped_events: number;
  };
  readonly overall_summary: OverallSummary;
  readonly session_details: readonly SessionDetails[];
}

/** @since 0.1.0 */
export interface OverallSummary {
  readonly total_sessions: number;
  /** Time in which at least one session was open. */
  readonly total_system_runtime_hours: number;
  /** Time in which at least one experiment ran in a session. */
  readonly total_active_time_hours: number;
  /** Active time of all sessions by their length, to one decimal. */
  readonly average_system_utilization_percent: number;
  /** Different ones in the window, also those outside every session. */
  readonly total_experiments: number;
  readonly nodes_tracked: number;
  readonly node_summary: Readonly<Record<string, NodeTotals>>;
  readonly analysis_period: { readonly start_time: string; readonly end_time: string; readonly duration_hours: number };
  /** Sum of the sessions' lengths: two at a time count twice. */
  readonly total_session_hours: number;
}

/** A node over all of its sessions; time in two of them at once counts once. @since 0.1.0 */
export interface NodeTotals {
  /** Busy by up time, to one decimal. */
  readonly average_utilization_percent: number;
  readonly total_busy_time_hours: number;
  readonly sessions_active: number;
}

/** @since 0.1.0 */
export interface SessionDetails {
  readonly session_type: "lab" | "workcell" | "system" | "default_analysis";
  readonly session_id: string;
  readonly session_name: string;
  readonly start_time: string;
  readonly end_time: string;
  readonly timing: {
    readonly duration: DurationParts;
    readonly active_time: DurationParts;
    readonly idle_time: DurationParts;
  };
  /** Active by length, to one decimal. */
  readonly system_utilization_percent: number;
  readonly total_experiments: number;
  /** By start, then id. */
  readonly experiment_details: readonly {
    readonly experiment_id: string;
    readonly experiment_name: string | null;
    readonly display_name: string;
  }[];
  readonly nodes_active: number;
  readonly node_utilizations: Readonly<Record<string, NodeDetails>>;
  readonly raw_hours: { readonly duration: number; readonly active: number; readonly idle: number };
  readonly duration_hours: number;
  readonly active_time_hours: number;
  readonly started_before_window: boolean;
  readonly ended_by: "stop" | "restart" | "window";
}

/** A node in one session. @since 0.1.0 */
export interface NodeDetails {
  readonly node_id: string;
  readonly node_name: string | null;
  readonly display_name: string;
  /** Busy by up time, to one decimal. */
  readonly utilization_percent: number;
  /** At the session's end. */
  readonly state: "busy" | "idle" | "error" | "inactive";
  readonly timing: {
    readonly busy_time: DurationParts;
    /** Up and not busy. */
    readonly idle_time: DurationParts;
    /** Of the session. */
    readonly total_time: DurationParts;
  };
  readonly raw_hours: { readonly busy: number; readonly idle: number; readonly total: number };
  readonly busy_time_hours: number;
  readonly idle_time_hours: number;
  readonly error_time_hours: number;
  /** Of the session, when the node was not up. */
  readonly inactive_time_hours: number;
  readonly up_time_hours: number;
}
