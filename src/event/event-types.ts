/** The event types MADSci knows, and the one old spelling it had before 0.7. */
const GROUPS = {
  generic: ["unknown", "log", "log_debug", "log_info", "log_warning", "log_error", "log_critical", "test"],
  lab: ["lab_create", "lab_start", "lab_stop"],
  node: ["node_create", "node_start", "node_stop", "node_config_update", "node_status_update", "node_error"],
  workcell: ["workcell_create", "workcell_start", "workcell_stop", "workcell_config_update", "workcell_status_update"],
  workflow: ["workflow_create", "workflow_start", "workflow_complete", "workflow_abort"],
  step: ["workflow_step_start", "workflow_step_complete", "workflow_step_failed"],
  experiment: [
    "experiment_create",
    "experiment_start",
    "experiment_complete",
    "experiment_failed",
    "experiment_cancelled",
    "experiment_pause",
    "experiment_continued",
  ],
  campaign: ["campaign_create", "campaign_start", "campaign_complete", "campaign_abort"],
  action: ["action_status_change", "action_start", "action_complete", "action_failed"],
  resource: ["resource_create", "resource_update", "resource_delete", "resource_allocate", "resource_release"],
  location: ["location_create", "location_update", "location_delete", "attachment_create", "attachment_delete"],
  data: ["data_store", "data_query", "data_export"],
  manager: ["manager_start", "manager_stop", "manager_error", "manager_health_check"],
  backup: ["backup_create", "backup_restore"],
} as const;

/** @since 0.1.0 */
export type EventTypeName = (typeof GROUPS)[keyof typeof GROUPS][number];

/** All 63 event types of MADSci 0.7, lower-case as on the wire. @since 0.1.0 */
export const EVENT_TYPES: readonly string[] = Object.values(GROUPS).flat();

/** Names MADSci wrote up to 0.6.1, and today's. */
const OLD_NAMES: ReadonlyMap<string, string> = new Map([["experiment_stop", "experiment_cancelled"]]);
const KNOWN = new Map<string, string>([...EVENT_TYPES.map((type) => [type, type] as const), ...OLD_NAMES]);

/** Today's name of an event type, every other text as it is. */
export function currentType(text: string): string {
  return OLD_NAMES.get(text) ?? text;
}

/** True for one of the 63 types MADSci knows. */
export function isKnownType(type: string): boolean {
  return KNOWN.get(type) === type;
}

/** The canonical name of an event type: lower case, old aliases replaced. Unknown types only lose their case. */
export function canonicalType(text: string): string {
  const known = KNOWN.get(text);
  if (known !== undefined) return known;
  const lower = text.toLowerCase();
  return KNOWN.get(lower) ?? lower;
}
