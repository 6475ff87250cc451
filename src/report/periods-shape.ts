/**
 * PeriodsReport: the answer of `periods()`, with MADSci's keys in MADSci's order; keys of ours stand last in their object.
 *
 * A period is one bucket of local calendar time. Utilization in series is a percentage and not rounded.
 */

/** @since 0.1.0 */
export type AnalysisType = "hourly" | "daily" | "weekly" | "monthly";

/** @since 0.1.0 */
export interface PeriodsReport {
  readonly summary_metadata: {
    readonly analysis_type: AnalysisType;
    readonly generated_at: string;
    readonly period_start: string;
    readonly period_end: string;
    readonly user_timezone: string;
    readonly total_periods: number;
    readonly method: "session_based_analysis_with_experiment_details_refactored";
    readonly skipped_events: number;
  };
  readonly key_metrics: KeyMetrics;
  /** Where users were asked for. */
  readonly user_utilization?: PeriodUsers;
  readonly node_summary: Readonly<Record<string, PeriodNodeTotals>>;
  readonly workcell_summary: Readonly<Record<string, PeriodWorkcellTotals>>;
  readonly trends: { readonly utilization_trend: Trend; readonly experiment_trend: Trend };
  readonly experiment_details: {
    /** All in the window; the list is a page of them. */
    readonly total_experiments: number;
    readonly experiments: readonly ExperimentRow[];
  };
  readonly time_series: {
    readonly system: readonly SystemPeriod[];
    readonly nodes: Readonly<Record<string, readonly NodePeriod[]>>;
    readonly workcells: Readonly<Record<string, readonly WorkcellPeriod[]>>;
  };
}

/** The highest utilization of a period, and which it was: the first of equals. */
export interface Peak {
  readonly peak_utilization: number;
  readonly peak_period: string | null;
  readonly peak_context: string;
}

/** To two decimals. @since 0.1.0 */
export interface KeyMetrics extends Peak {
  /** Mean over active periods; monthly: active time by runtime. */
  readonly average_utilization: number;
  /** Started in the window. */
  readonly total_experiments: number;
  readonly total_runtime_hours: number;
  readonly total_active_time_hours: number;
  /** Periods with active time. */
  readonly active_periods: number;
  readonly total_periods: number;
  /** Different ones that ran or started in the window. */
  readonly total_experiments_active: number;
}

/** @since 0.1.0 */
export interface PeriodUsers {
  readonly total_users: number;
  readonly author_attribution_rate_percent: number;
  /** At most ten, by runtime. */
  readonly top_users: readonly {
    readonly author: string;
    readonly total_workflows: number;
    readonly total_runtime_hours: number;
    readonly completion_rate_percent: number;
    readonly average_workflow_duration_hours: number;
  }[];
  readonly system_totals: {
    readonly total_workflows: number;
    readonly total_runtime_hours: number;
    readonly completion_rate_percent: number;
  };
}

/** @since 0.1.0 */
export interface PeriodNodeTotals extends Peak {
  readonly node_id: string;
  readonly node_name: string | null;
  readonly display_name: string;
  /** Mean over the periods in which it was up. */
  readonly average_utilization: number;
  readonly total_busy_hours: number;
}

/** @since 0.1.0 */
export interface PeriodWorkcellTotals extends Peak {
  readonly workcell_id: string;
  readonly workcell_name: string;
  readonly display_name: string;
  /** Mean over the periods in which it had a session. */
  readonly average_utilization: number;
  readonly total_experiments: number;
  readonly total_runtime_hours: number;
  readonly total_active_time_hours: number;
}

/** From the first to the last period with utilization above 0. @since 0.1.0 */
export type Trend =
  | { readonly direction: "insufficient_data"; readonly change_percent: 0 }
  | {
      readonly direction: "increasing" | "decreasing" | "stable";
      readonly change_percent: number;
      readonly first_value: number;
      readonly last_value: number;
      readonly active_periods_analyzed: number;
    };

/** @since 0.1.0 */
export interface ExperimentRow {
  readonly experiment_id: string;
  readonly experiment_name: string;
  readonly start_time: string;
  readonly end_time: string | null;
  readonly status: string;
  readonly duration_hours: number | null;
  /** `45.6 minutes`, or `Ongoing`. */
  readonly duration_display: string;
}

interface PeriodLabel {
  /** From 1. */
  readonly period_number: number;
  readonly period_type: "period" | "day" | "week" | "month";
  readonly period_display: string;
  readonly date: string;
}

/** @since 0.1.0 */
export interface SystemPeriod extends PeriodLabel {
  /** Local start of the calendar unit. */
  readonly start_time: string;
  /** Not before the window. */
  readonly start_time_utc: string;
  readonly utilization: number;
  /** Started in the period. */
  readonly experiments: number;
  readonly runtime_hours: number;
  readonly active_time_hours: number;
  /** Different ones that ran or started in the period. */
  readonly experiments_active: number;
}

/** Only periods in which the node was up. @since 0.1.0 */
export interface NodePeriod extends PeriodLabel {
  readonly utilization: number;
  /** Rounded to three decimals, but for hours. */
  readonly busy_hours: number;
  readonly busy_time_hours: number;
  readonly up_time_hours: number;
  readonly error_time_hours: number;
}

/** Only periods in which the workcell had a session. @since 0.1.0 */
export interface WorkcellPeriod extends PeriodLabel {
  readonly utilization: number;
  /** Started in the period that may be the workcell's. */
  readonly experiments: number;
  readonly runtime_hours: number;
  readonly active_time_hours: number;
  readonly attributed: false;
  /** Of `experiments`, those known to be the workcell's. */
  readonly attributed_experiments: number;
}
