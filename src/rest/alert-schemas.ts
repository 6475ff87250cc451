/** Schemas of what the routes of alerts give, for the OpenAPI document; the shapes are those of the room `alert`. */
import { z } from "zod";
import { SEVERITIES } from "../alert/rule.ts";

export const INCIDENT_STATES = ["pending", "firing", "acknowledged", "resolved", "closed"] as const;
export const SILENCE_STATES = ["pending", "active", "expired"] as const;
export const NOTIFICATION_STATES = ["pending", "sending", "retry", "sent", "dead", "discarded", "folded"] as const;
const OCCASIONS = [
  "firing",
  "resolved",
  "flapping",
  "storm",
  "unsilenced",
  "digest",
  "escalation",
  "acknowledged",
  "test",
] as const;

const instant = z.string().describe("UTC, ISO 8601");
const instantOrNone = instant.nullable();

const sampleSchema = z
  .object({
    _id: z.string(),
    event_type: z.string(),
    log_level: z.number(),
    event_timestamp: z.string(),
    received_at: instant,
    message: z.string(),
    source: z.record(z.string(), z.string()),
    event_data: z.unknown().describe("Cut at 4 KB, secrets replaced"),
    alert: z.boolean(),
    trace_id: z.string().nullable(),
    span_id: z.string().nullable(),
  })
  .meta({ id: "Sample", description: "What an incident keeps of an event" });

export const incidentSchema = z
  .object({
    incident_id: z.string(),
    rule: z.string(),
    state: z.enum(INCIDENT_STATES),
    severity: z.enum(SEVERITIES),
    labels: z.record(z.string(), z.string().nullable()).describe("Values that make the group, by path"),
    opened_at: instant,
    first_at: instant,
    last_at: instant,
    resolved_at: instantOrNone,
    closed_at: instantOrNone,
    total: z.int().describe("Events so far"),
    since_notice: z.int().describe("Events since the last notice"),
    sparkline: z.array(z.number()).describe("Events per twelfth of its life so far"),
    samples: z.array(sampleSchema).describe("The first event and the newest ones, oldest first"),
    sequence: z.int().describe("Notices so far"),
    last_notice_at: instantOrNone,
    next_notice_at: instantOrNone,
    reason: z.string().describe("Why it is in its state"),
    acknowledged_by: z.string().nullable(),
    acknowledged_at: instantOrNone,
    acknowledge_expires_at: instantOrNone,
    assignee: z.string().nullable(),
    comments: z.array(z.object({ at: instant, by: z.string(), text: z.string() })),
    silenced_by: z.string().nullable().describe("Id of the silence that keeps it quiet"),
    inhibited_by: z.string().nullable().describe("Id of the incident that keeps it quiet"),
    flapping: z.boolean(),
    storm: z.boolean(),
  })
  .meta({ id: "Incident", description: "What a rule opened for one group of events" });

export const weeklySchema = z.object({
  days: z.array(z.int().min(0).max(6)).min(1).max(7).describe("0 is Sunday"),
  from: z.string().describe("HH:MM"),
  to: z.string().describe("HH:MM; before `from`: on the next day; 24:00: the end of the day"),
  timezone: z.string().describe("IANA name"),
});

export const silenceSchema = z
  .object({
    silence_id: z.string(),
    selector: z.record(z.string(), z.unknown()),
    starts_at: instant,
    ends_at: instant,
    author: z.string(),
    comment: z.string(),
    weekly: weeklySchema.nullable(),
  })
  .meta({ id: "Silence", description: "Incidents its selector accepts count and show, and tell nobody" });

const noticeSchema = z.object({
  occasion: z.enum(OCCASIONS),
  incident: incidentSchema,
  others: z.array(z.object({ incident: incidentSchema, notices: z.int() })),
  next: z.string().nullable(),
  receiver: z.string(),
  compat: z.boolean(),
});

export const notificationSchema = z
  .object({
    notification_id: z.string(),
    state: z.enum(NOTIFICATION_STATES),
    channel: z.string(),
    recipient: z.string(),
    incident_id: z.string(),
    sequence: z.int(),
    occasion: z.enum(OCCASIONS),
    created_at: instant,
    due_at: instantOrNone.describe("Next attempt"),
    attempts: z.int(),
    last_error: z.string().nullable(),
    sent_at: instantOrNone,
    notice: noticeSchema,
  })
  .meta({ id: "Notification", description: "One message to one recipient of one channel" });

export const ruleSchema = z
  .object({
    id: z.string(),
    description: z.string().nullable(),
    kind: z.string(),
    enabled: z.boolean(),
    severity: z.string(),
    group_by: z.array(z.string()),
    receivers: z.array(z.string()),
    when: z.record(z.string(), z.unknown()),
    events: z.int(),
    live_incidents: z.int(),
  })
  .meta({ id: "Rule", description: "What was configured, and how it is doing" });

export const whySchema = z.object({
  event_id: z.string(),
  trail: z.array(z.string()).describe("In words, in the order of the pipeline"),
  rules: z.array(z.string()),
  incidents: z.array(incidentSchema),
  notifications: z.array(notificationSchema),
});
