/**
 * The lab pack: rules every lab has from the start, in the very form people write their own.
 *
 * A rule of the same id in `rules` changes single fields of one (`{ id: node-error, enabled: false }`); `labPack: false`
 * leaves all out. Rules of kind `ledger` look at counters of the store and of alerting itself; one that nobody keeps
 * never fires.
 */
import type { Selector } from "../event/selector/selector.ts";
import { ofTypes } from "./of-types.ts";
import type { RuleOptions } from "./options.ts";

/** From this level on something went wrong. */
const WARNING = 30;
const ERROR = 40;

/** How different versions of MADSci say that a workflow failed. */
const FAILED: readonly Selector[] = [
  { "event_data.status": { $in: ["failed", "WorkflowStatus.FAILED"] } },
  { "event_data.workflow_status": { $in: ["failed", "WorkflowStatus.FAILED"] } },
  { "event_data.status.failed": true },
];

/** @since 0.1.0 */
export const LAB_PACK: readonly RuleOptions[] = [
  {
    id: "node-loss",
    description: "The workcell cannot reach a node",
    select: { log_level: { $gte: WARNING }, ...ofTypes("node_status_update") },
    groupBy: ["source.workcell_id", "event_data.node_name"],
    severity: "at-least-error",
    resolveWhen: { log_level: { $lt: WARNING }, ...ofTypes("node_status_update") },
  },
  {
    id: "node-silent",
    description: "A node says nothing while its workcell runs; turn on for nodes that report regularly even when idle",
    enabled: false,
    kind: "absence",
    select: {
      "source.node_id": { $exists: true },
      ...ofTypes("node_status_update", "action_status_change", "action_complete"),
    },
    forEach: ["source.node_id"],
    within: "30m",
    while: { "ledger.workcell_active": true },
    severity: "error",
  },
  {
    id: "node-error",
    description: "A node reports an error; resolved when it starts again",
    select: ofTypes("node_error"),
    groupBy: ["source.node_id"],
    severity: "at-least-error",
    resolveWhen: ofTypes("node_start"),
  },
  {
    id: "workcell-stopped",
    description:
      "A workcell has stopped: until it works again, what is not critical of its nodes is quiet. Tells nobody by itself; name receivers where nobody stops one on purpose",
    select: ofTypes("workcell_stop"),
    groupBy: ["source.workcell_id"],
    severity: "info",
    receivers: [],
    resolveAfter: "never",
    // Work proves it as well: were the start lost, its nodes would be quiet for good.
    resolveWhen: ofTypes("workcell_start", "workflow_start", "action_start"),
  },
  {
    id: "action-failed",
    description: "An action on a node failed",
    select: { log_level: { $gte: ERROR }, ...ofTypes("action_failed") },
    groupBy: ["source.workcell_id", "event_data.node_name"],
    severity: "at-least-error",
  },
  {
    id: "workflow-failed",
    description: "A workflow ended as failed",
    select: { $and: [ofTypes("workflow_complete"), { $or: FAILED }] },
    groupBy: ["event_data.workflow_id"],
    severity: "at-least-error",
  },
  {
    id: "workflow-aborted",
    description: "A workflow was aborted",
    select: ofTypes("workflow_abort"),
    groupBy: ["event_data.workflow_id"],
    severity: "at-least-error",
  },
  {
    id: "step-failed",
    description: "A step of a workflow failed",
    select: ofTypes("workflow_step_failed"),
    groupBy: ["source.workcell_id", "event_data.step_node"],
    severity: "at-least-warning",
  },
  {
    id: "manager-error",
    description: "A manager reports an error; resolved when it starts again",
    select: ofTypes("manager_error"),
    groupBy: ["source.manager_id"],
    severity: "at-least-error",
    resolveWhen: ofTypes("manager_start"),
  },
  {
    id: "hanging-action",
    description: "An action takes three times as long as it usually does and has not ended",
    kind: "sequence",
    after: ofTypes("action_start"),
    expect: ofTypes("action_complete", "action_failed"),
    join: "event_data.action_id",
    within: { times: 3, of: "event_data.action_name", atLeast: "5m", atMost: "4h" },
    groupBy: ["source.workcell_id", "event_data.node_name"],
    severity: "error",
  },
  {
    id: "manager-silent",
    description: "A manager that used to send health checks no longer does",
    kind: "absence",
    select: ofTypes("manager_health_check"),
    forEach: ["source.manager_id"],
    within: "15m",
    severity: "error",
  },
  {
    id: "event-drops",
    description: "A program lost log lines before they reached the store",
    select: ofTypes("log_dropped"),
    groupBy: ["event_data.reason"],
    severity: "at-least-error",
  },
  {
    id: "clock-skew",
    description: "A sender's clock is more than a minute ahead of ours",
    kind: "ledger",
    counter: "max_future_ms",
    over: 60_000,
    severity: "warning",
    repeatInterval: "24h",
  },
  {
    id: "disk-low",
    description: "The disk the events rest on is nearly full",
    kind: "ledger",
    counter: "disk_used_percent",
    over: 90,
    severity: "critical",
    resolveAfter: "never",
  },
  {
    id: "backup-failed",
    description: "A backup or a restore failed",
    select: { log_level: { $gte: ERROR }, ...ofTypes("backup_create", "backup_restore", "backup_failed") },
    groupBy: [],
    severity: "at-least-error",
  },
  {
    id: "retention-failed",
    description: "Archiving or purging by age failed",
    select: { log_level: { $gte: ERROR }, ...ofTypes("retention_run", "retention_failed") },
    groupBy: [],
    severity: "at-least-error",
  },
  {
    id: "dead-letter",
    description: "A message to somebody was given up after all attempts",
    kind: "ledger",
    counter: "notifications_dead",
    over: 0,
    severity: "error",
  },
  {
    id: "alerting-behind",
    description: "Events wait more than a minute before they are looked at for alerts",
    kind: "ledger",
    counter: "lag_ms",
    over: 60_000,
    for: "1m",
    severity: "error",
    resolveAfter: "never",
  },
];

/** Rules that are there without the pack as well: MADSci's own, `alert: true` or a level from `alert_level` on. */
export function alertRules(alertLevel: number): readonly RuleOptions[] {
  return [
    {
      id: "alert-flag",
      description: "The sender asked for an alert (alert: true), and no rule of the lab pack tells about it",
      select: { alert: true },
      severity: "from-level",
      oneOff: true,
    },
    {
      id: "alert-level",
      description: `An event of level ${alertLevel} or above that no rule of the lab pack tells about`,
      select: { alert: false, log_level: { $gte: alertLevel } },
      severity: "from-level",
    },
  ];
}
