/** A notification about a node error, for tests of channels; any part can be replaced. */
import type { Incident, Sample } from "../../src/alert/incident.ts";
import type { Notice, Notification } from "../../src/alert/notification.ts";

export const SAMPLE: Sample = {
  _id: "01JDXAMPLE0000000000000001",
  event_type: "node_error",
  log_level: 40,
  event_timestamp: "2026-11-30T13:03:12.000Z",
  received_at: "2026-11-30T13:03:12.250Z",
  message: "gripper lost plate 7 <at> nest & stopped",
  source: { node_id: "01JDNODE00000000000000PF40", workcell_id: "01JDWORKCELL0000000000RPL1" },
  event_data: { node_name: "pf400", workcell_name: "rpl-1", attempts: 3 },
  alert: false,
  trace_id: null,
  span_id: null,
};

export const INCIDENT: Incident = {
  incident_id: "g4f1c2.3",
  rule: "node-error",
  state: "firing",
  severity: "critical",
  labels: { event_type: "node_error", "source.node_id": "01JDNODE00000000000000PF40" },
  opened_at: "2026-11-30T13:03:12.250Z",
  first_at: "2026-11-30T13:03:12.250Z",
  last_at: "2026-11-30T13:05:00.000Z",
  resolved_at: null,
  closed_at: null,
  total: 7,
  since_notice: 7,
  sparkline: [1, 0, 0, 2, 0, 0, 0, 1, 0, 0, 1, 2],
  samples: [SAMPLE],
  sequence: 0,
  last_notice_at: null,
  next_notice_at: null,
  reason: "an event matched",
  acknowledged_by: null,
  acknowledged_at: null,
  acknowledge_expires_at: null,
  assignee: null,
  comments: [],
  silenced_by: null,
  inhibited_by: null,
  flapping: false,
  storm: false,
};

/** @param change.notice parts of the notice, over those of a first firing */
export function sampleNotification(
  change: { incident?: Partial<Incident>; notice?: Partial<Notice>; notification?: Partial<Notification> } = {},
): Notification {
  const incident = { ...INCIDENT, ...change.incident };
  const notice: Notice = {
    occasion: "firing",
    incident,
    others: [],
    next: "next notice at 14:05 (group_interval)",
    receiver: "ops",
    compat: false,
    ...change.notice,
  };
  return {
    notification_id: "n0123456789abcdef",
    state: "sending",
    channel: "hook",
    recipient: "hooks.example.org",
    incident_id: incident.incident_id,
    sequence: 1,
    occasion: notice.occasion,
    created_at: "2026-11-30T13:05:00.000Z",
    due_at: null,
    attempts: 1,
    last_error: null,
    sent_at: null,
    notice,
    ...change.notification,
  };
}
