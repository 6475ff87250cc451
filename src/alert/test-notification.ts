/** The message of a test: about a stored event, or about one made up. It looks like an incident, and is none. */
import { randomBytes } from "node:crypto";
import type { StoredEvent } from "../event/event.ts";
import { newId } from "../event/id.ts";
import { LEVEL } from "../event/levels.ts";
import type { Incident, Sample } from "./incident.ts";
import type { Notification } from "./notification.ts";
import type { AlertPlan } from "./plan.ts";
import { redactedIncident } from "./redact-notice.ts";
import type { Severity } from "./rule.ts";
import { sampleOf } from "./sample.ts";
import { severityAt } from "./severity.ts";
import { isoOf } from "./words.ts";

export interface TestMessage {
  readonly channel: string;
  readonly recipient: string;
  /** One is made up where there is none. */
  readonly event?: StoredEvent | undefined;
  readonly plan: Pick<AlertPlan, "mode" | "redact" | "severityFromLevel">;
  readonly nowMs: number;
}

export function testNotification({ channel, recipient, event, plan, nowMs }: TestMessage): Notification {
  const now = isoOf(nowMs);
  const sample = event === undefined ? madeUp(now) : sampleOf(event, event.received_at ?? now, plan.redact);
  const whole = incidentAbout(sample, { now, severity: severityAt(sample.log_level, plan.severityFromLevel) });
  const incident = redactedIncident(whole, plan.redact);
  const compat = plan.mode === "compat";
  return {
    notification_id: randomBytes(16).toString("hex"),
    state: "sending",
    channel,
    recipient,
    incident_id: incident.incident_id,
    sequence: incident.sequence,
    occasion: "test",
    created_at: now,
    due_at: null,
    attempts: 1,
    last_error: null,
    sent_at: null,
    notice: { occasion: "test", incident, others: [], next: null, receiver: channel, compat },
  };
}

function madeUp(now: string): Sample {
  return {
    _id: newId(),
    event_type: "log_error",
    log_level: LEVEL.ERROR,
    event_timestamp: now,
    received_at: now,
    message: "This is a test; nothing has happened.",
    source: {},
    event_data: { message: "This is a test; nothing has happened." },
    alert: true,
    trace_id: null,
    span_id: null,
  };
}

function incidentAbout(sample: Sample, { now, severity }: { now: string; severity: Severity }): Incident {
  const { event_type, source, received_at } = sample;
  const labels = { event_type, ...(source.node_id !== undefined && { "source.node_id": source.node_id }) };
  return {
    incident_id: `test-${randomBytes(6).toString("hex")}.1`,
    rule: "test",
    state: "firing",
    severity,
    labels,
    opened_at: now,
    first_at: received_at,
    last_at: received_at,
    resolved_at: null,
    closed_at: null,
    total: 1,
    since_notice: 1,
    sparkline: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    samples: [sample],
    sequence: 1,
    last_notice_at: null,
    next_notice_at: null,
    reason: "somebody asked for a test",
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
}
