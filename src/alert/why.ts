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
import type { AlertPlan } from "./plan.ts";
import type { Rule } from "./rule.ts";
import { incidentOf } from "./view.ts";
import { type ToldParts, toldOf } from "./why-told.ts";
import { isoOf } from "./words.ts";
import { afterQuiet, worldOf } from "./world.ts";

const WAITS = "it waits to be judged";
const JUDGED = "it was judged, and the rule's condition does not hold";
/** By `import`, by a shipper that writes into the database itself, by a program without alerts; or too early for a rule. */
const UNSEEN = "it was stored without alerting, or before the rule was as it is today";
/** Incidents are kept so long. */
const KEPT_MS = 90 * 86_400_000;
/** Closed incidents of one group that are looked through. */
const MOST = 1000;
const WAITING = 1000;

interface Parts extends ToldParts {
  readonly host: AlertHost;
  readonly plan: AlertPlan;
}

interface About {
  readonly event: StoredEvent;
  readonly trail: string[];
  readonly nowMs: number;
}

/** Undefined for an event nobody has. Incidents of rules that are not there any more are not found. */
export async function whyEvent(parts: Parts, id: string, nowMs: number): Promise<Why | undefined> {
  const { host, plan } = parts;
  const event = await host.get(id);
  if (!event) return undefined;
  const matched = compileMarker(plan.rules)(event);
  const rules = plan.rules.filter((rule) => matched.includes(rule.id));
  const trail = [arrivalWords(event)];
  trail.push(
    matched.length > 0 ? `today's rules that it concerns: ${matched.join(", ")}` : "no rule of today concerns it",
  );
  const waits = (await host.records.marked(RULES_LANE, WAITING)).some((marked) => marked.event._id === id);
  if (waits) trail.push(WAITS);
  const incidents: Incident[] = [];
  for (const rule of rules) incidents.push(...(await ofRule(host.records, rule, { event, trail, nowMs })));
  const notifications = await toldOf(host.records, incidents, parts);
  const quiet = incidents.flatMap((incident) => quietWords(incident, { plan, nowMs }));
  trail.push(...quiet, ...notifications.map(toldWords));
  if (incidents.length > 0 && notifications.length === 0) trail.push("nobody has been told so far");
  return { event_id: id, trail, rules: matched, incidents, notifications };
}

function arrivalWords({ event_type, log_level, alert, received_at }: StoredEvent): string {
  const flag = alert ? ", alert: true" : "";
  return `event ${event_type} of level ${log_level}${flag} arrived at ${received_at ?? "an unknown time (another program wrote it)"}`;
}

async function ofRule(records: AlertRecords, rule: Rule, { event, trail, nowMs }: About): Promise<Incident[]> {
  if (!rule.enabled) {
    trail.push(`rule ${rule.id} is turned off`);
    return [];
  }
  const [own, ...shared] = [keyOf(rule, event), "storm", "overflow"] as const;
  const ids = [own, ...shared].map((key) => groupId(rule.id, key));
  const groups = (await records.read("groups", ids)).map(groupOf);
  const folded = groups.some((group) => group.ring.includes(ringId(event)));
  const mine = groups.filter(({ role }) => role !== "overflow" || !alone);
  const open = mine.flatMap((group) => [incidentOf(group) ?? [], group.retired.map(({ incident }) => incident)].flat());
  // A group of its own is the only one, but for a storm.
  const alone = groups.some(({ id }) => id === ids[0]);
  const closed = await Promise.all(ids.slice(0, alone ? 2 : 3).map((id) => closedOf(records, id)));
  const all = new Map([...closed.flat(), ...open].map((incident) => [incident.incident_id, incident]));
  const words: string[] = [];
  const found = [...all.values()].filter((incident) => {
    const part = partIn(incident, rule, event);
    if (part !== null) words.push(`${part} ${nameOf(incident, ids)}, which is ${incident.state}: ${incident.reason}`);
    return part !== null;
  });
  const none = () => (folded ? JUDGED : noIncident(rule, event, nowMs));
  trail.push(`rule ${rule.id} (${rule.when.kind}): ${words.join("; ") || (trail.includes(WAITS) ? WAITS : none())}`);
  return found;
}

function nameOf({ incident_id }: Incident, [, storm, overflow]: readonly string[]): string {
  const of = (group: string | undefined) => group !== undefined && incident_id.startsWith(`${group}.`);
  if (of(storm)) return `incident ${incident_id} of the storm, in which events are only counted`;
  if (of(overflow)) return `incident ${incident_id} of groups beyond the rule's limit`;
  return `incident ${incident_id}`;
}

/** Where nothing shows that it was judged: of each event that was, a rule without more conditions has an incident. */
function noIncident({ when, forMs, resolveWhen }: Rule, event: StoredEvent, nowMs: number): string {
  if (event.received_at === null) return "no incident shows it, and without a time of arrival none can be found";
  if (Date.parse(event.received_at) < nowMs - KEPT_MS) return "incidents of that time are not kept any more";
  const always = when.kind === "match" && forMs === 0 && !resolveWhen?.matches(event);
  return `no incident of that time is known: ${always ? UNSEEN : `the condition did not hold, or ${UNSEEN}`}`;
}

async function closedOf(records: AlertRecords, group: string): Promise<Incident[]> {
  const found = await records.list("incidents", { prefix: `${group}.`, limit: MOST });
  return found.map(({ body }) => body as unknown as Incident);
}

/** What the event was to the incident, in words; null for nothing. */
function partIn(incident: Incident, rule: Rule, event: StoredEvent): string | null {
  if (incident.samples.some(({ _id }) => _id === event._id)) return "it is shown in";
  if (event.received_at === null) return null;
  const atMs = Date.parse(event.received_at);
  const ends = rule.resolveWhen?.matches(event) || rule.when.kind === "sequence" || rule.when.kind === "absence";
  if (ends && incident.resolved_at !== null && Date.parse(incident.resolved_at) === atMs) return "it resolved";
  if (rule.resolveWhen?.matches(event)) return null;
  const during = atMs >= Date.parse(incident.first_at) - 1 && atMs <= Date.parse(incident.last_at) + 1;
  return during ? "it arrived during" : null;
}

function quietWords(incident: Incident, { plan, nowMs }: { readonly plan: AlertPlan; readonly nowMs: number }) {
  const words: string[] = [];
  const say = (text: string) => words.push(`incident ${incident.incident_id} ${text}`);
  const nextMs = incident.next_notice_at === null ? null : Date.parse(incident.next_notice_at);
  const quietMs = afterQuiet(worldOf(plan), nowMs, incident.severity);
  if (incident.state === "pending") say("waits whether it lasts (for)");
  if (incident.silenced_by) say(`is kept quiet by silence ${incident.silenced_by}`);
  if (incident.inhibited_by) say(`is kept quiet by incident ${incident.inhibited_by}`);
  if (incident.flapping) say("flaps, so it waits until it holds still");
  if (incident.acknowledged_by) say(`was acknowledged by ${incident.acknowledged_by}, so it is not repeated`);
  if (incident.state !== "closed" && quietMs > nowMs) say(`waits for the end of the quiet hours at ${isoOf(quietMs)}`);
  if (nextMs !== null && nextMs > nowMs) {
    const first = incident.last_notice_at === null ? "for the first time (group_wait)" : "next";
    say(`tells of itself ${first} at ${incident.next_notice_at}`);
  }
  if (plan.rules.find(({ id }) => id === incident.rule)?.receivers.length === 0) say("is of a rule without receivers");
  return words;
}

function toldWords({ occasion, channel, recipient, state, sent_at, last_error }: Notification): string {
  const how = state === "sent" ? `sent at ${sent_at}` : `${state}${last_error ? ` (${last_error})` : ""}`;
  return `${occasion} to ${recipient} through ${channel}: ${how}`;
}
