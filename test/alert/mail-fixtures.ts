/** Incidents and notifications of a lab that mail tests share: one real-looking, everything else changed from it. */
import type { Incident, Sample } from "../../src/alert/incident.ts";
import type { IncidentLinks } from "../../src/alert/links.ts";
import type { MailContext } from "../../src/alert/mail-view.ts";
import type { Notice, Notification } from "../../src/alert/notification.ts";
import type { ChannelPlan, SmtpPlan } from "../../src/alert/plan.ts";

const NODE_ID = "01JE1QZ4T0PF400XARM5V8K2MD";

export const sample: Sample = {
  _id: "01JE1R2V7N8Q4ZC0F3W9H6KTBS",
  event_type: "node_error",
  log_level: 50,
  event_timestamp: "2026-11-30T14:15:02.417000",
  received_at: "2026-11-30T13:15:02.466Z",
  message: "Gripper lost vacuum while moving plate 3 to the incubator",
  source: { node_id: NODE_ID, workcell_id: "01JE1QZ4T0WC000000000RPL1X", workflow_id: "01JE1R0A2BWF93ZQ5C7RT8KQ1D" },
  event_data: {
    message: "Gripper lost vacuum while moving plate 3 to the incubator",
    node_name: "pf400",
    workcell_name: "rpl-1",
    action: "transfer",
    pressure_kpa: 61.4,
    expected_kpa: [20, 35],
    plate: { barcode: "PL-000317", from: "deck.3", to: "incubator.1" },
  },
  alert: true,
  trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
  span_id: "00f067aa0ba902b7",
};

export const incident: Incident = {
  incident_id: "g3kq9x7w2m.4",
  rule: "node-error",
  state: "firing",
  severity: "critical",
  labels: { rule: "node-error", "source.node_id": NODE_ID, event_type: "node_error" },
  opened_at: "2026-11-30T13:03:12.000Z",
  first_at: "2026-11-30T13:03:12.104Z",
  last_at: "2026-11-30T13:15:02.466Z",
  resolved_at: null,
  closed_at: null,
  total: 7,
  since_notice: 4,
  sparkline: [1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 2],
  samples: [
    { ...sample, _id: "01JE1R00000000000000000001", received_at: "2026-11-30T13:03:12.104Z" },
    {
      ...sample,
      _id: "01JE1R00000000000000000002",
      event_timestamp: "2026-11-30T14:13:40",
      message: "Vacuum below 35 kPa, second try",
      event_data: { message: "Vacuum below 35 kPa, second try", node_name: "pf400", pressure_kpa: 48 },
    },
    {
      ...sample,
      _id: "01JE1R00000000000000000003",
      event_timestamp: "2026-11-30T14:14:21",
      message: "Vacuum below 35 kPa, third try",
      event_data: { message: "Vacuum below 35 kPa, third try", node_name: "pf400", pressure_kpa: 55.9 },
    },
    sample,
  ],
  sequence: 2,
  last_notice_at: "2026-11-30T13:10:12.000Z",
  next_notice_at: "2026-11-30T13:20:12.000Z",
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

const notice: Notice = {
  occasion: "firing",
  incident,
  others: [],
  next: "next mail at 14:20 (group_interval)",
  receiver: "ops",
  compat: false,
};

export const notification: Notification = {
  notification_id: "n5f1c0a9e7d24b86a1f3",
  state: "sending",
  channel: "mail-ops",
  recipient: "lab@example.org",
  incident_id: incident.incident_id,
  sequence: 2,
  occasion: "firing",
  created_at: "2026-11-30T13:15:12.000Z",
  due_at: null,
  attempts: 1,
  last_error: null,
  sent_at: null,
  notice,
};

/** The notification of a changed notice and a changed incident. */
export function telling(change: Partial<Notice> = {}, about: Partial<Incident> = {}): Notification {
  const changed = { ...notice, ...change, incident: { ...incident, ...about } };
  return { ...notification, occasion: changed.occasion, notice: changed };
}

/** With the newest event changed. */
export function tellingOf(newest: Partial<Sample>, change: Partial<Notice> = {}): Notification {
  return telling(change, { samples: [...incident.samples.slice(0, -1), { ...sample, ...newest }] });
}

const BASE = "https://events.lab.example.org/v1";
function links({ incident_id }: Incident): IncidentLinks {
  const open = `${BASE}/incidents/${encodeURIComponent(incident_id)}`;
  return {
    open,
    events: `${BASE}/events?node_id=${NODE_ID}&type=node_error`,
    timeline: `${BASE}/events?workflow_id=01JE1R0A2BWF93ZQ5C7RT8KQ1D&order=oldest`,
    acknowledge: `${open}/act?token=ack.sig`,
    silence_1h: `${open}/act?token=one.sig`,
    silence_8h: `${open}/act?token=eight.sig`,
  };
}

export const context: MailContext = {
  publicUrl: "https://events.lab.example.org",
  timezone: "Europe/Berlin",
  links,
};

type MailPlan = Extract<ChannelPlan, { type: "email" }>;

/** A channel's plan for the server at this port, without encryption, impatient as tests are. */
export function mailPlan(port: number, smtp: Partial<SmtpPlan> = {}, channel: Partial<MailPlan> = {}): MailPlan {
  return {
    type: "email",
    name: "mail-ops",
    to: ["lab@example.org"],
    importance: "High",
    smtp: {
      host: "127.0.0.1",
      port,
      tls: "none",
      user: null,
      password: null,
      rejectUnauthorized: true,
      connections: 2,
      messagesPerConnection: 100,
      connectMs: 2_000,
      greetingMs: 2_000,
      socketMs: 2_000,
      from: "MADSci Events <no-reply@example.com>",
      ...smtp,
    },
    ...channel,
  };
}
