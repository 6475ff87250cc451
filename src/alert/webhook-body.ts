/**
 * Body of a webhook: the notification as JSON (schema/README.md, "Webhook of alerts"), alone or as a CloudEvent.
 *
 * At most 256 KB: what is larger is cut step by step, and says so in `truncated`. All texts are well-formed Unicode.
 */
import { stringifyJson } from "../event/json.ts";
import type { Incident } from "./incident.ts";
import type { IncidentLinks } from "./links.ts";
import { briefOf, briefText } from "./notice-brief.ts";
import type { Notification } from "./notification.ts";
import type { ChannelPlan } from "./plan.ts";

export type WebhookPlan = Extract<ChannelPlan, { type: "webhook" | "slack" | "pagerduty" }>;

/** Addresses of pages about an incident, as far as there are any. */
export type Links = Partial<IncidentLinks>;

/** What a body is made with, besides the notification. */
export interface BodyContext {
  readonly publicUrl: string | null;
  readonly timezone: string;
  readonly links: Links | null;
  /** Epoch ms. */
  readonly nowMs: number;
}

export interface WebhookBody {
  readonly contentType: string;
  readonly text: string;
}

export const MAX_BODY_BYTES = 262_144;
/** Longest text, most items of a list, whether events keep their data, whether other incidents go: in turn until it fits. */
const CUTS = [
  { text: Number.POSITIVE_INFINITY, items: Number.POSITIVE_INFINITY, data: true },
  { text: 4000, items: 50, data: true },
  { text: 1000, items: 20, data: false },
  { text: 200, items: 10, data: false },
  { text: 40, items: 5, data: false, alone: true },
] as const satisfies readonly Cut[];
type Cut = { readonly text: number; readonly items: number; readonly data: boolean; readonly alone?: boolean };
/** Of one object, once something is cut. */
const MAX_FIELDS = 30;
const MAX_DEPTH = 1000;

export function webhookBody(
  notification: Notification,
  plan: Pick<WebhookPlan, "format">,
  context: BodyContext,
): WebhookBody {
  const cloud = plan.format === "cloudevents";
  const wrap = cloud ? cloudEvent(notification, context) : (data: object) => data;
  const contentType = cloud ? "application/cloudevents+json; charset=utf-8" : "application/json; charset=utf-8";
  let text = "";
  for (const [step, cut] of CUTS.entries()) {
    text = stringifyJson(wrap(bodyOf(notification, context, { cut, truncated: step > 0 })));
    if (Buffer.byteLength(text) <= MAX_BODY_BYTES) break;
  }
  return { contentType, text };
}

function bodyOf(
  notification: Notification,
  context: BodyContext,
  { cut, truncated }: { cut: Cut; truncated: boolean },
): object {
  const { notification_id, occasion, notice } = notification;
  const others = (cut.alone ? [] : notice.others).map(({ incident, notices }) => ({
    incident: withoutData(incident, cut),
    notices,
  }));
  const body = {
    type: occasion,
    notification_id,
    sent_at: new Date(context.nowMs).toISOString(),
    receiver: notice.receiver,
    incident: withoutData(notice.incident, cut),
    others,
    links: context.links ?? {},
    next: notice.next,
    text: briefText(briefOf(notification, context.timezone)),
    truncated,
  };
  return cutDown(body, cut, 0) as object;
}

function withoutData(incident: Incident, cut: Cut): Incident {
  if (cut.data) return incident;
  return { ...incident, samples: incident.samples.map((sample) => ({ ...sample, event_data: null })) };
}

/** Lists keep their newest items, which come last. */
function cutDown(value: unknown, cut: Cut, depth: number): unknown {
  if (typeof value === "string") return cutText(value, cut.text);
  if (typeof value !== "object" || value === null) return value;
  if (depth > MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.slice(-cut.items).map((item) => cutDown(item, cut, depth + 1));
  const entries = Object.entries(value).slice(0, cut.items === Number.POSITIVE_INFINITY ? undefined : MAX_FIELDS);
  return Object.fromEntries(entries.map(([key, item]) => [cutText(key, cut.text), cutDown(item, cut, depth + 1)]));
}

function cutText(text: string, max: number): string {
  return text.length <= max ? text.toWellFormed() : `${text.slice(0, max - 1).toWellFormed()}…`;
}

function cloudEvent({ notification_id, occasion, incident_id }: Notification, context: BodyContext) {
  return (data: object) => ({
    specversion: "1.0",
    id: notification_id,
    source: context.publicUrl ?? "urn:madsci-events",
    type: `madsci.alert.${occasion}`,
    subject: incident_id.toWellFormed(),
    time: new Date(context.nowMs).toISOString(),
    datacontenttype: "application/json",
    data,
  });
}
