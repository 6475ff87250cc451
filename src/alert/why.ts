/** Why: what became of an event, step by step: which rules, which incident, what keeps it quiet, who was told. */
import type { AlertRecords } from "../backend/alert-records.ts";
import type { StoredEvent } from "../event/event.ts";
import type { Why } from "./desk.ts";
import { RULES_LANE } from "./folder.ts";
import { groupId, groupOf, keyOf } from "./group.ts";
import type { AlertHost } from "./host.ts";
import { ringId } from "./hub.ts";
import type { Incident } from "./incident.ts";
import { compileMarker } from "./marker.ts";
import type { Notification } from "./notification.ts";
import { notificationOf } from "./outbox-record.ts";
import type { AlertPlan } from "./plan.ts";
import type { Rule } from "./rule.ts";
import { incidentOf } from "./view.ts";

/** Looked through for one incident. */
const MOST = 1000;
const WAITING = 1000;

interface Parts {
  readonly host: AlertHost;
  readonly plan: AlertPlan;
}

/** Undefined for an event nobody has. */
export async function whyEvent({ host, plan }: Parts, id: string, nowMs: number): Promise<Why | undefined> {
  const event = await host.get(id);
  if (!event) return undefined;
  const matched = compileMarker(plan.rules)(event);
  const rules = plan.rules.filter((rule) => matched.includes(rule.id));
  const trail = [arrivalWords(event)];
  trail.push(
    matched.length > 0 ? `today's rules that it concerns: ${matched.join(", ")}` : "no rule of today concerns it",
  );
  const waits = (await host.records.marked(RULES_LANE, WAITING)).some((marked) => marked.event._id === id);
  if (waits) trail.push("it waits to be judged");
  const incidents: Incident[] = [];
  for (const rule of rules) incidents.push(...(await ofRule(host.records, rule, { event, trail })));
  const notifications = await toldOf(host.records, incidents);
  trail.push(...incidents.flatMap((incident) => quietWords(incident, nowMs)), ...notifications.map(toldWords));
  if (incidents.length > 0 && notifications.length === 0) trail.push("nobody has been told so far");
  return { event_id: id, trail, rules: matched, incidents, notifications };
}

function arrivalWords({ event_type, log_level, alert, received_at }: StoredEvent): string {
  const flag = alert ? ", alert: true" : "";
  return `event ${event_type} of level ${log_level}${flag} arrived at ${received_at ?? "an unknown time (another program wrote it)"}`;
}

async function ofRule(
  records: AlertRecords,
  rule: Rule,
  { event, trail }: { readonly event: StoredEvent; readonly trail: string[] },
): Promise<Incident[]> {
  if (!rule.enabled) {
    trail.push(`rule ${rule.id} is turned off`);
    return [];
  }
  const ids = [groupId(rule.id, keyOf(rule, event)), groupId(rule.id, "overflow")];
  const groups = (await records.read("groups", ids)).map(groupOf);
  const folded = groups.some((group) => group.ring.includes(ringId(event)));
  const open = groups.flatMap((group) => incidentOf(group) ?? group.retired.map(({ incident }) => incident));
  const closed = await closedOf(records, ids[0] as string);
  const found = [...open, ...closed].filter((incident) => holds(incident, event));
  const words = found.map(({ incident_id, state, reason }) => `incident ${incident_id} is ${state}: ${reason}`);
  trail.push(`rule ${rule.id} (${rule.when.kind}): ${words.join("; ") || noIncident(folded)}`);
  return found;
}

function noIncident(folded: boolean): string {
  return folded ? "it was judged, and the rule's condition does not hold" : "no incident of that time is known";
}

async function closedOf(records: AlertRecords, group: string): Promise<Incident[]> {
  const found = await records.list("incidents", { prefix: `${group}.`, limit: MOST });
  return found.map(({ body }) => body as unknown as Incident);
}

/** It arrived while the incident was open. */
function holds({ first_at, last_at }: Incident, { received_at }: StoredEvent): boolean {
  const atMs = Date.parse(received_at ?? "");
  return atMs >= Date.parse(first_at) - 1 && atMs <= Date.parse(last_at) + 1;
}

async function toldOf(records: AlertRecords, incidents: readonly Incident[]): Promise<Notification[]> {
  if (incidents.length === 0) return [];
  const ids = new Set(incidents.map(({ incident_id }) => incident_id));
  const found = await records.list("notifications", { limit: MOST });
  return found.filter(({ body }) => ids.has(String(body.incident_id))).map(notificationOf);
}

function quietWords({ incident_id, ...incident }: Incident, nowMs: number): string[] {
  const words: string[] = [];
  const say = (text: string) => words.push(`incident ${incident_id} ${text}`);
  if (incident.silenced_by) say(`is kept quiet by silence ${incident.silenced_by}`);
  if (incident.inhibited_by) say(`is kept quiet by incident ${incident.inhibited_by}`);
  if (incident.flapping) say("flaps, so it waits until it holds still");
  if (incident.acknowledged_by) say(`was acknowledged by ${incident.acknowledged_by}`);
  if (incident.next_notice_at && Date.parse(incident.next_notice_at) > nowMs)
    say(`tells of itself next at ${incident.next_notice_at}`);
  return words;
}

function toldWords({ occasion, channel, recipient, state, sent_at, last_error }: Notification): string {
  const how = state === "sent" ? `sent at ${sent_at}` : `${state}${last_error ? ` (${last_error})` : ""}`;
  return `${occasion} to ${recipient} through ${channel}: ${how}`;
}
