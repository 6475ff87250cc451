/**
 * Activity: what reports read of an event, and nothing else of it.
 *
 * Only events of certain types matter, and of their `event_data` only a few paths. The lists here are what a backend
 * projects; whoever has whole events may hand those over instead, since a path that is missing and one that was never read
 * look the same.
 *
 * An event's type may be its own, stand in `event_data.event_type` (a wrapped event: its own type is `log` or `log_…`), or
 * in `event_data.message.event_type` (a nested one). Source: MADSci 0.5 to 0.7.1, what its emitters send.
 */
import type { Source } from "./event.ts";
import type { Instant } from "./instant.ts";
import type { Json } from "./json.ts";

/**
 * Longest an action or a workflow is followed, in microseconds: those that began this long before a window may go on in it, and
 * those open at its end may end this long after it. What lasts longer is taken to have begun, or ended, unseen.
 */
export const LONGEST_OPEN: Instant = 31n * 86_400_000_000n;

const START = ["workcell_id", "manager_id", "lab_id", "name", "workcell_name", "lab_name"] as const;
const STARTED = [...START, "manager_name", "display_name", "nodes"] as const;
const STOPPED = ["workcell_id", "manager_id", "lab_id"] as const;
const EXPERIMENT = [
  "experiment_id",
  "experiment_name",
  "name",
  "run_name",
  "status",
  "experiment.experiment_id",
  "experiment._id",
  "experiment.name",
  "experiment.run_name",
  "experiment.status",
  "experiment.experiment_design.experiment_name",
] as const;
const ACTION = ["action_id", "node_id", "node_name", "node"] as const;
const ACTION_STATUS = [
  ...ACTION,
  "action",
  "task_id",
  "_id",
  "id",
  "status",
  "action_result.action_id",
  "action_result.status",
] as const;
const NODE = ["node_id", "node_name", "node", "node_info.node_id", "node_info.node_name"] as const;
const NODE_STATE = [...NODE, "error", "errors", "errored"] as const;
const WORKFLOW = [
  "workflow_id",
  "name",
  "workflow_name",
  "author",
  "definition_metadata.author",
  "workflow_definition_metadata.author",
] as const;
const WORKFLOW_END = [
  ...WORKFLOW,
  "status",
  "workflow_status",
  "workflow_author",
  "duration_seconds",
  "workflow_duration",
  "start_time",
  "end_time",
] as const;

/** The types reports know, and the paths in `event_data` they read of each. @since 0.1.0 */
export const ACTIVITY_PATHS = {
  lab_start: STARTED,
  lab_stop: STOPPED,
  workcell_start: STARTED,
  workcell_stop: STOPPED,
  node_start: NODE,
  node_stop: NODE,
  node_error: NODE,
  node_status_update: NODE_STATE,
  experiment_start: EXPERIMENT,
  experiment_complete: EXPERIMENT,
  experiment_failed: EXPERIMENT,
  experiment_cancelled: EXPERIMENT,
  experiment_stop: EXPERIMENT,
  experiment_pause: EXPERIMENT,
  experiment_continued: EXPERIMENT,
  action_status_change: ACTION_STATUS,
  action_start: ACTION,
  action_complete: ACTION,
  action_failed: ACTION,
  workflow_start: WORKFLOW,
  workflow_complete: WORKFLOW_END,
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** @since 0.1.0 */
export type ActivityType = keyof typeof ACTIVITY_PATHS;

export const ACTIVITY_TYPES = Object.keys(ACTIVITY_PATHS) as readonly ActivityType[];

/**
 * Types that tell what state the lab is in: all of them before a window are read, since the last one may be old. Of the
 * others, which are many, only those of the days before it are.
 */
export const STATE_TYPES: readonly ActivityType[] = ACTIVITY_TYPES.filter(
  (type) => !type.startsWith("action_") && !type.startsWith("workflow_"),
);

/** An event as reports read it. @since 0.1.0 */
export interface Activity {
  readonly _id: string;
  /** What orders activities; ties are ordered by id. */
  readonly instant: Instant;
  /** The event's own type: `log_info` where the payload has the one meant. */
  readonly event_type: string;
  readonly log_level: number;
  readonly source: Source;
  /** The paths of its type, or all of it. */
  readonly event_data: Json;
}

export function isActivityType(type: unknown): type is ActivityType {
  return typeof type === "string" && Object.hasOwn(ACTIVITY_PATHS, type);
}
