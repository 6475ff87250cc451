/**
 * What MADSci's own emitters put into `event_data`, by event type, so that an editor knows the fields.
 *
 * Every field is optional and more are welcome: releases of MADSci differ, and reports read what is there. Source: the
 * emitters of MADSci 0.5 to 0.7.1. Types nobody emits (`lab_start`, `node_stop` …) have what the reports look for.
 */

/** Fields any structured event may have. @since 0.1.0 */
export interface CommonData {
  readonly message?: string;
  readonly [more: string]: unknown;
}

/** An error as it is logged; MADSci's nodes say `error_type` and `logged_at`. @since 0.1.0 */
export interface ErrorData {
  readonly type?: string;
  readonly error_type?: string;
  readonly message?: string;
  readonly stack?: string;
  readonly cause?: unknown;
  readonly logged_at?: string;
  readonly [more: string]: unknown;
}

interface ManagerData extends CommonData {
  readonly manager_id?: string;
  readonly manager_name?: string;
  readonly manager_type?: string;
  readonly manager_description?: string | null;
}

interface WorkcellData extends ManagerData {
  readonly workcell_id?: string;
  readonly workcell_name?: string;
  readonly name?: string;
  /** Name to address. */
  readonly nodes?: Readonly<Record<string, string>> | null;
}

interface LabData extends ManagerData {
  readonly lab_id?: string;
  readonly lab_name?: string;
}

interface NodeData extends CommonData {
  readonly node_id?: string;
  readonly node_name?: string;
  readonly node_url?: string;
}

interface NodeStartData extends NodeData {
  readonly node_description?: string | null;
  readonly node_type?: string;
  readonly module_name?: string;
  readonly module_version?: string;
  readonly node_info?: Readonly<Record<string, unknown>>;
}

interface NodeErrorData extends NodeData {
  readonly error?: ErrorData | string;
}

interface ActionData extends NodeData {
  readonly action_id?: string;
  readonly action_name?: string;
  readonly workflow_id?: string;
  readonly step_id?: string;
}

interface ActionFailedData extends ActionData {
  readonly error?: ErrorData | string;
  readonly retry_count?: number;
  readonly max_retries?: number;
}

interface ActionStatusData extends ActionData {
  /** `running`, `succeeded`, `failed` … */
  readonly status?: string;
  readonly action_status?: string;
  readonly action_result?: {
    readonly action_id?: string;
    readonly status?: string;
    readonly errors?: readonly unknown[];
    readonly json_result?: unknown;
    readonly files?: unknown;
    readonly datapoints?: unknown;
    readonly history_created_at?: string | null;
  };
}

interface WorkflowData extends CommonData {
  readonly workflow_id?: string;
  readonly workflow_name?: string;
  readonly workflow_definition_id?: string;
  readonly name?: string;
  readonly author?: string | null;
}

interface WorkflowEndData extends WorkflowData {
  /** `completed`, `failed`, `cancelled` or `unknown`. */
  readonly status?: string;
  readonly duration_seconds?: number | null;
  readonly start_time?: string | null;
  readonly end_time?: string | null;
  readonly step_count?: number;
  readonly current_step_index?: number;
  readonly step_statistics?: {
    readonly completed_steps?: number;
    readonly failed_steps?: number;
    readonly skipped_steps?: number;
    readonly total_steps?: number;
  };
}

interface StepData extends CommonData {
  readonly workflow_id?: string;
  readonly step_id?: string;
  readonly step_action?: string;
  readonly step_node?: string;
  readonly step_index?: number;
  readonly step_status?: string;
}

interface ExperimentData extends CommonData {
  readonly experiment_id?: string;
  readonly experiment_name?: string;
  readonly run_name?: string;
  readonly status?: string;
  readonly error?: ErrorData | string;
  readonly experiment?: Readonly<Record<string, unknown>>;
}

interface LogData extends CommonData {
  readonly error?: ErrorData | string;
}

/** Event type → fields of its `event_data`. @since 0.1.0 */
export interface EventDataByType {
  log: LogData;
  log_debug: LogData;
  log_info: LogData;
  log_warning: LogData;
  log_error: LogData;
  log_critical: LogData;
  lab_start: LabData;
  lab_stop: LabData;
  manager_start: ManagerData;
  manager_stop: ManagerData;
  manager_error: ManagerData & LogData;
  workcell_start: WorkcellData;
  workcell_stop: WorkcellData;
  workcell_status_update: WorkcellData & StepData & { readonly valid?: boolean; readonly validation_message?: string };
  node_start: NodeStartData;
  node_stop: NodeData;
  node_error: NodeErrorData;
  node_status_update: NodeErrorData & { readonly node_names?: readonly string[] };
  action_start: ActionData;
  action_complete: ActionData;
  action_failed: ActionFailedData;
  action_status_change: ActionStatusData;
  workflow_create: WorkflowData & LogData;
  workflow_start: WorkflowData;
  workflow_complete: WorkflowEndData;
  workflow_abort: WorkflowEndData;
  workflow_step_start: StepData;
  workflow_step_complete: StepData;
  workflow_step_failed: StepData & LogData;
  experiment_start: ExperimentData;
  experiment_complete: ExperimentData;
  experiment_failed: ExperimentData;
  experiment_cancelled: ExperimentData;
  experiment_pause: ExperimentData;
  experiment_continued: ExperimentData;
}

/** `event_data` of an event type: its fields where they are known (or a text, which MADSci allows), else anything. @since 0.1.0 */
export type EventDataOf<T extends string> =
  Lowercase<T> extends keyof EventDataByType ? EventDataByType[Lowercase<T>] | string : unknown;
