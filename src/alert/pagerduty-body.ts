/**
 * Notice → event of PagerDuty's Events API v2. One incident of ours is one alert of theirs (`dedup_key`), which is
 * opened, acknowledged and resolved with ours. Their limits are kept by construction, however long the texts.
 */
import { createHash } from "node:crypto";
import type { Incident, IncidentState } from "./incident.ts";
import { type Brief, briefOf, eventLine, eventTypeOf, placeName } from "./notice-brief.ts";
import type { Notification } from "./notification.ts";
import type { Severity } from "./rule.ts";
import { oneLine } from "./safe-text.ts";
import type { BodyContext, Links, WebhookBody } from "./webhook-body.ts";

export const PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue";

/** 1024, and a character may count twice. */
const MAX_SUMMARY = 1024;
const MAX_KEY = 255;
const MAX_FIELD = 255;
const MAX_LINKS = 10;

const ACTION = {
  pending: "trigger",
  firing: "trigger",
  acknowledged: "acknowledge",
  resolved: "resolve",
  closed: "resolve",
} as const satisfies Record<IncidentState, string>;
const SEVERITY = {
  info: "info",
  warning: "warning",
  error: "error",
  critical: "critical",
} as const satisfies Record<Severity, string>;

export function pagerdutyBody(
  notification: Notification,
  routingKey: string,
  { publicUrl, timezone, links }: BodyContext,
): WebhookBody {
  const { incident } = notification.notice;
  const brief = briefOf(notification, timezone);
  const event = {
    routing_key: routingKey,
    event_action: ACTION[incident.state],
    dedup_key: dedupKey(incident.incident_id),
    client: "madsci-events",
    ...(publicUrl !== null && { client_url: links?.open ?? publicUrl }),
    links: linksOf(links),
    payload: payloadOf(incident, brief),
  };
  return { contentType: "application/json; charset=utf-8", text: JSON.stringify(event) };
}

export function dedupKey(incidentId: string): string {
  const plain = incidentId.toWellFormed();
  return plain.length <= MAX_KEY ? plain : createHash("sha256").update(plain).digest("hex");
}

function payloadOf(incident: Incident, brief: Brief) {
  const [node, workcell] = [placeName(incident, "node"), placeName(incident, "workcell")];
  const newest = brief.events[0]?.message ?? "";
  return {
    summary: oneLine(newest === "" ? brief.title : `${brief.title}: ${newest}`, MAX_SUMMARY / 2),
    source: node ?? workcell ?? "madsci-events",
    severity: SEVERITY[incident.severity],
    timestamp: incident.last_at.toWellFormed(),
    component: node ?? undefined,
    group: workcell ?? undefined,
    class: eventTypeOf(incident),
    custom_details: {
      ...Object.fromEntries(brief.facts.map(({ name, value }) => [name, value])),
      summary: brief.summary,
      last_events: brief.events.map(eventLine),
      other_incidents: brief.others,
      why: brief.footer,
    },
  };
}

const linksOf = (links: Links | null) =>
  Object.entries(links ?? {})
    .flatMap(([name, href]) => (typeof href === "string" ? [{ name, href }] : []))
    .slice(0, MAX_LINKS)
    .map(({ name, href }) => ({ href, text: oneLine(name, MAX_FIELD) }));
