/**
 * UsersReport: the answer of `users()`, with MADSci's keys in MADSci's order; keys of ours stand last in their object.
 *
 * Authors are told in order of their first workflow (but for names that are whole numbers, which JavaScript's objects tell first).
 */

/** @since 0.1.0 */
export interface UsersReport {
  readonly report_metadata: {
    readonly generated_at: string;
    readonly analysis_start: string;
    readonly analysis_end: string;
    readonly total_workflows: number;
    /** Workflows without an author have one user, `Unknown Author`. */
    readonly total_users: number;
    readonly workflows_with_authors: number;
    readonly workflows_without_authors: number;
    readonly skipped_events: number;
  };
  readonly system_summary: WorkflowTotals;
  readonly user_utilization: Readonly<Record<string, UserRow>>;
}

/** @since 0.1.0 */
export interface WorkflowTotals {
  readonly total_workflows: number;
  /** To two decimals. */
  readonly total_runtime_hours: number;
  /** Over those with a duration, to three decimals; 0 without any. */
  readonly average_workflow_duration_hours: number;
  readonly completion_rate_percent: number;
  readonly workflows_with_known_authors: number;
  readonly author_attribution_rate_percent: number;
}

/** @since 0.1.0 */
export interface UserRow {
  readonly author: string;
  readonly total_workflows: number;
  readonly completed_workflows: number;
  readonly failed_workflows: number;
  readonly cancelled_workflows: number;
  readonly total_runtime_hours: number;
  readonly average_workflow_duration_hours: number;
  readonly shortest_workflow_hours: number | null;
  readonly longest_workflow_hours: number | null;
  readonly completion_rate_percent: number;
  readonly workflows: readonly WorkflowRow[];
}

/** @since 0.1.0 */
export interface WorkflowRow {
  readonly workflow_id: string;
  readonly workflow_name: string;
  readonly start_time: string | null;
  readonly end_time: string | null;
  readonly duration_hours: number | null;
  readonly status: string;
}
