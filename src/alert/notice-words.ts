/**
 * What a notice says, in the same words whatever way it takes: mail, Slack, a pager.
 *
 * Everything returned is one line without control characters and without markup; a channel escapes it for its format.
 */
import { ROLE_LABEL } from "./group.ts";
import type { Incident } from "./incident.ts";
import { newestSample, otherLabels, placeOf, shortName } from "./notice-places.ts";
import { spanWords } from "./notice-times.ts";
import type { Notice, Occasion } from "./notification.ts";
import type { Severity } from "./rule.ts";
import { cut, oneLine } from "./safe-text.ts";
import { MATCHED } from "./words.ts";

/** Longest subject, in code points. */
export const MAX_SUBJECT = 120;
const MAX_THING = 60;
const MAX_REASON = 200;

export const SEVERITY_TAG = {
  info: "INFO",
  warning: "WARN",
  error: "ERROR",
  critical: "CRIT",
} as const satisfies Record<Severity, string>;

/** What stands in brackets before the subject; null: the severity. */
const OCCASION_TAG = {
  firing: null,
  escalation: null,
  acknowledged: "ACKNOWLEDGED",
  resolved: "RESOLVED",
  flapping: "FLAPPING",
  storm: "STORM",
  unsilenced: "UNSILENCED",
  digest: "DIGEST",
  test: "TEST",
} as const satisfies Record<Occasion, string | null>;

/** `CRIT`, `RESOLVED`, …: the one word that says how bad it is, or that it is over. */
export function noticeTag({ occasion, incident }: Notice): string {
  return OCCASION_TAG[occasion] ?? SEVERITY_TAG[incident.severity];
}

/**
 * `[CRIT] node_error on pf400 ×7 – workcell rpl-1`, `[ERROR] action_start on pf400: not finished after 5 min`; at most
 * {@link MAX_SUBJECT} code points.
 */
export function subjectLine(notice: Notice): string {
  return cut(`[${noticeTag(notice)}] ${subjectWords(notice)}`, MAX_SUBJECT);
}

function subjectWords(notice: Notice): string {
  const { occasion, incident } = notice;
  if (occasion === "test") return `madsci-events can reach you – channel ${oneLine(notice.receiver, MAX_THING)}`;
  if (occasion === "digest") return countsOf(notice);
  if (occasion === "unsilenced" && notice.others.length > 1) return `${notice.others.length} incidents are live`;
  const times = incident.total > 1 ? ` ×${incident.total}` : "";
  const workcell = shortName(placeOf(incident, "workcell"));
  const unheard = occasion === "escalation" ? "not acknowledged: " : "";
  const why = FIRES.has(occasion) && incident.state !== "acknowledged" ? cut(causeOf(incident), MAX_THING) : "";
  return `${unheard}${headline(incident)}${times}${why && `: ${why}`}${workcell ? ` – workcell ${workcell}` : ""}`;
}

/** Occasions whose subject says why the incident fires. */
const FIRES: ReadonlySet<Occasion> = new Set(["firing", "escalation", "unsilenced"]);

/** `12 notices about 4 incidents`, those without a place in the list as well. */
function countsOf({ others, counted }: Notice): string {
  const listed = others.reduce((sum, other) => sum + other.notices, 0);
  const { notices, incidents, more } = counted ?? { notices: listed, incidents: others.length, more: false };
  return `${plural(notices, "notice")} about ${more ? "at least " : ""}${plural(incidents, "incident")}`;
}

/**
 * What happens where: `node_error on pf400`; the rule's name where events are of several types. Of groups by something
 * else, which of them: `own_x (deck 3)`.
 */
export function headline(incident: Incident): string {
  const node = shortName(placeOf(incident, "node"));
  const label = otherLabels(incident).find(({ name }) => !UNSAID.has(name));
  const which = label === undefined ? "" : ` (${cut(label.value, MAX_LABEL)})`;
  return `${thingOf(incident)}${which}${node === null ? "" : ` on ${node}`}`;
}

const MAX_LABEL = 40;
/** Labels that tell no two incidents of a rule apart by what they are about. */
const UNSAID: ReadonlySet<string> = new Set(["log_level", ROLE_LABEL]);

/** The headline, and why where that is more than that events came: `node_status on pf400: no event for 5 min`. */
export function topic(incident: Incident): string {
  const why = cut(causeOf(incident), MAX_THING);
  return `${headline(incident)}${why && `: ${why}`}`;
}

function thingOf(incident: Incident): string {
  const types = new Set(incident.samples.map((sample) => sample.event_type));
  const thing = incident.labels.event_type ?? (types.size === 1 ? newestSample(incident)?.event_type : undefined);
  return oneLine(thing ?? incident.rule, MAX_THING) || oneLine(incident.rule, MAX_THING);
}

/** The notice in one sentence. `at`: when it was made, ISO 8601. */
export function summary(notice: Notice, at: string): string {
  return SUMMARY[notice.occasion](notice, Date.parse(at));
}

const SUMMARY = {
  firing: ({ incident }, atMs) => firing(incident, atMs),
  resolved: ({ incident }, atMs) =>
    `${subjectAndPlace(incident)} is resolved after ${lifeOf(incident, atMs)}${behind(reasonOf(incident))}.`,
  flapping: ({ incident }) =>
    `${subjectAndPlace(incident)} goes on and off${behind(reasonOf(incident))}; you hear of it again when it is stable.`,
  storm: ({ incident }) =>
    `${subjectAndPlace(incident)} comes so often that its events are only counted: ${incident.total} so far.`,
  unsilenced: ({ incident, others }) =>
    others.length > 1
      ? `A silence has ended, and ${others.length} incidents under it are live.`
      : `A silence has ended, and ${subjectAndPlace(incident)} is live: ${plural(incident.total, "event")} in all${why(incident)}.`,
  digest: (notice) => `Here are ${countsOf(notice)} that were collected instead of being sent one by one.`,
  escalation: ({ incident }, atMs) =>
    `Nobody has acknowledged ${subjectAndPlace(incident)} for ${spanWords(atMs - Date.parse(incident.opened_at))}${because(incident)}.`,
  acknowledged: ({ incident }) =>
    `${subjectAndPlace(incident)} was acknowledged by ${oneLine(incident.acknowledged_by ?? "somebody", MAX_THING)}.`,
  test: ({ receiver }) =>
    `This is a test: what is told about the lab through channel ${oneLine(receiver, MAX_THING)} arrives here.`,
} as const satisfies Record<Occasion, (notice: Notice, atMs: number) => string>;

function firing(incident: Incident, atMs: number): string {
  const what = subjectAndPlace(incident);
  if (incident.last_notice_at !== null && incident.since_notice === 0) {
    return `${what} is still unresolved after ${lifeOf(incident, atMs)}, without anything new${why(incident)}.`;
  }
  if (incident.last_notice_at !== null) {
    return `${what} goes on: ${plural(incident.since_notice, "new event")}, ${incident.total} in all${why(incident)}.`;
  }
  const life = Date.parse(incident.last_at) - Date.parse(incident.first_at);
  if (incident.total < 2) return `${what}${because(incident)}.`;
  return `${what}: ${incident.total} events${life >= 1000 ? ` in ${spanWords(life)}` : " at once"}${why(incident)}.`;
}

function subjectAndPlace(incident: Incident): string {
  const workcell = shortName(placeOf(incident, "workcell"));
  return workcell === null ? headline(incident) : `${headline(incident)} in workcell ${workcell}`;
}

/** From the first event to the end of the incident; where it is not over, to when the notice was made. */
function lifeOf(incident: Incident, atMs: number): string {
  const endMs = incident.resolved_at === null ? atMs : Date.parse(incident.resolved_at);
  return spanWords(Math.max(endMs, Date.parse(incident.last_at)) - Date.parse(incident.first_at));
}

function because(incident: Incident): string {
  return behind(causeOf(incident));
}

/** The same after counts. */
function why(incident: Incident): string {
  const cause = causeOf(incident);
  return cause === "" ? "" : ` (${cause})`;
}

/** Why it fires, where that says more than that events came; once it is over, its reason is why it is over. */
function causeOf(incident: Incident): string {
  const reason = reasonOf(incident);
  return reason === MATCHED || incident.resolved_at !== null ? "" : reason.replace(/\.$/, "");
}

function behind(reason: string): string {
  return reason === "" ? "" : `: ${reason.replace(/\.$/, "")}`;
}

/** Why the incident is in its state, in one line; empty where nothing is known. */
export function reasonOf(incident: Incident): string {
  return oneLine(incident.reason, MAX_REASON);
}

/** `firing`, and what else is to be known about that. */
export function stateWords(incident: Incident): string {
  const more = [
    incident.acknowledged_by && `acknowledged by ${oneLine(incident.acknowledged_by, MAX_THING)}`,
    incident.assignee && `assigned to ${oneLine(incident.assignee, MAX_THING)}`,
    incident.flapping && "flapping",
    incident.storm && "storm",
    incident.silenced_by && "silenced",
    incident.inhibited_by && "inhibited",
  ].filter((word) => typeof word === "string" && word !== "");
  return [incident.state, ...more].join(", ");
}

/** `7 in all, 4 since the last notice` */
export function countWords(incident: Incident): string {
  const told = incident.last_notice_at !== null && incident.since_notice > 0;
  const fresh = told ? `, ${incident.since_notice} since the last notice` : "";
  return `${incident.total} in all${fresh}`;
}

/** Why somebody gets this: the last words of a message. */
export function whyWords(notice: Notice): string {
  const receiver = oneLine(notice.receiver, MAX_THING);
  if (notice.occasion === "test") return `You get this because somebody tested channel ${receiver}.`;
  if (notice.occasion === "digest")
    return `You get this because receiver ${receiver} had more to tell than its limits let through at once.`;
  return `You get this because rule ${oneLine(notice.incident.rule, MAX_THING)} tells receiver ${receiver}.`;
}

export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
