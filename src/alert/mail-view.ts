/**
 * MailView: everything a mail shows, as plain words and numbers, before it becomes text, HTML or a template's input.
 *
 * All texts are clean (safe-text.ts) and bounded here, none is escaped. Not here: how it looks (mail-text.ts,
 * mail-html.ts).
 */

import type { StoredEvent } from "../event/event.ts";
import { stringifyJson } from "../event/json.ts";
import { levelName } from "../event/levels.ts";
import type { Incident, Sample } from "./incident.ts";
import type { IncidentLinks } from "./links.ts";
import { newestSample, otherLabels, type Place, placesOf } from "./notice-places.ts";
import { eventMs, spanWords, type TimeWords, timeWords } from "./notice-times.ts";
import {
  countWords,
  headline,
  noticeTag,
  reasonOf,
  SEVERITY_TAG,
  stateWords,
  subjectLine,
  summary,
  topic,
  whyWords,
} from "./notice-words.ts";
import type { Notice, Notification, Occasion } from "./notification.ts";
import type { Severity } from "./rule.ts";
import { cut, manyLines, oneLine } from "./safe-text.ts";

export interface MailRow {
  readonly name: string;
  readonly value: string;
}

export interface MailEvent {
  readonly time: string;
  readonly type: string;
  readonly level: string;
  readonly message: string;
  readonly id: string;
  /** `event_data` as indented JSON; null where it says nothing more. */
  readonly data: string | null;
}

export interface MailLink {
  readonly text: string;
  readonly url: string;
}

export interface MailOther {
  readonly tag: string;
  readonly severity: Severity;
  readonly headline: string;
  readonly state: string;
  readonly notices: number;
  readonly total: number;
  readonly url: string | null;
}

/** The names templates know. */
export interface MailView {
  readonly subject: string;
  readonly occasion: Occasion;
  readonly severity: Severity;
  /** `CRIT`, `RESOLVED`, … */
  readonly tag: string;
  readonly headline: string;
  readonly summary: string;
  /** The newest event's message; empty where there is none. */
  readonly message: string;
  /** State, counts and times. */
  readonly facts: readonly MailRow[];
  /** Parts of the lab and other labels. */
  readonly labels: readonly MailRow[];
  /** Events per twelfth of `bars_span`; empty where there is nothing to see. */
  readonly bars: readonly number[];
  readonly bars_span: string;
  /** Newest first. */
  readonly events: readonly MailEvent[];
  /** Other incidents, of digests and ended silences. */
  readonly others: readonly MailOther[];
  readonly others_left: number;
  readonly links: readonly MailLink[];
  readonly footer: readonly string[];
}

export interface MailContext {
  /** Where people reach the server; named in the footer. */
  readonly publicUrl: string | null;
  /** Zone of times, an IANA name. */
  readonly timezone: string;
  readonly links?: (incident: Incident) => IncidentLinks | null;
  /** A stored event, for MADSci's form, which shows it whole. */
  readonly event?: ((id: string) => Promise<StoredEvent | undefined>) | undefined;
}

const EVENTS = 3;
const OTHERS = 20;
const MAX_MESSAGE = 500;

/** `dataLimit`: how many characters of each event's data are shown. */
export function mailView(notification: Notification, context: MailContext, dataLimit: number): MailView {
  const { notice, created_at } = notification;
  const { incident, occasion } = notice;
  const single = isSingle(notice);
  const time = timeWords(context.timezone);
  return {
    subject: subjectLine(notice),
    occasion,
    severity: incident.severity,
    tag: noticeTag(notice),
    headline: single ? headline(incident) : subjectLine(notice).replace(/^\[[A-Z]+\] /, ""),
    summary: summary(notice, created_at),
    message: single ? oneLine(newestSample(incident)?.message ?? "", MAX_MESSAGE) : "",
    facts: single ? factRows(incident, time) : [],
    labels: single ? labelRows(incident) : [],
    bars: single && incident.total > 1 ? incident.sparkline.slice(0, 12) : [],
    bars_span: spanWords(Date.parse(incident.last_at) - Date.parse(incident.first_at)),
    events: single ? eventsOf(incident, { ...context, time, dataLimit }) : [],
    others: othersOf(notice, context),
    others_left: Math.max(0, notice.others.length - OTHERS),
    links: single && occasion !== "test" ? linkList(context.links?.(incident) ?? null, occasion) : [],
    footer: footerOf(notification, context),
  };
}

/** About one incident; else the list of several is the message. */
function isSingle({ occasion, others }: Notice): boolean {
  return occasion !== "digest" && (occasion !== "unsilenced" || others.length < 2);
}

function factRows(incident: Incident, time: TimeWords): MailRow[] {
  const rows = [
    { name: "State", value: stateWords(incident) },
    { name: "Why", value: reasonOf(incident) },
    { name: "Severity", value: incident.severity },
    { name: "Events", value: countWords(incident) },
    { name: "First", value: time(Date.parse(incident.first_at)) },
    { name: "Last", value: incident.total > 1 ? time(Date.parse(incident.last_at)) : "" },
    { name: "Resolved", value: incident.resolved_at === null ? "" : time(Date.parse(incident.resolved_at)) },
  ];
  return rows.filter(({ value }) => value !== "");
}

function labelRows(incident: Incident): MailRow[] {
  const trace = oneLine(newestSample(incident)?.trace_id ?? "", 64);
  return [
    ...placesOf(incident).map((place) => ({ name: capital(place.kind), value: placeWords(place) })),
    ...(trace ? [{ name: "Trace", value: trace }] : []),
    ...otherLabels(incident),
  ];
}

function placeWords({ name, id }: Place): string {
  if (name === null || id === null || name === id) return name ?? id ?? "";
  return `${name} (${id})`;
}

interface EventLook {
  readonly timezone: string;
  readonly time: TimeWords;
  readonly dataLimit: number;
}

function eventsOf(incident: Incident, look: EventLook): MailEvent[] {
  const newest = incident.samples.slice(-EVENTS).reverse();
  return newest.map((sample) => ({
    time: look.time(eventMs(sample, look.timezone)),
    type: oneLine(sample.event_type, 60),
    level: levelName(sample.log_level),
    message: oneLine(sample.message, MAX_MESSAGE),
    id: oneLine(sample._id, 64),
    data: dataText(sample, look.dataLimit),
  }));
}

/** Without the message, which stands above it. */
function dataText({ event_data, message }: Sample, limit: number): string | null {
  let data: unknown = event_data;
  if (typeof data === "object" && data !== null && !Array.isArray(data)) {
    const { message: told, ...rest } = data as { readonly [key: string]: unknown };
    if (told === message) data = rest;
    if (Object.keys(data as object).length === 0) return null;
  }
  if (data === null || data === message) return null;
  const text = manyLines(stringifyJson(data, 2).replace(LINE_ENDS, escaped));
  if (text.length <= limit) return text;
  return `${cut(text, Math.max(1, limit))}\n(cut: ${text.length} characters)`;
}

/** What JSON leaves in texts though it ends a line: an event could write lines that look like ours. */
const LINE_ENDS = /[\u0085\u2028\u2029]/g;
const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;

function othersOf({ others, occasion }: Notice, { links }: MailContext): MailOther[] {
  if (occasion === "unsilenced" && others.length < 2) return [];
  return others.slice(0, OTHERS).map(({ incident, notices }) => ({
    tag: SEVERITY_TAG[incident.severity],
    severity: incident.severity,
    headline: topic(incident),
    state: stateWords(incident),
    notices,
    total: incident.total,
    url: links?.(incident)?.open ?? null,
  }));
}

function linkList(links: IncidentLinks | null, occasion: Occasion): MailLink[] {
  if (links === null) return [];
  const over = occasion === "resolved";
  const all: readonly (readonly [string, string | null])[] = [
    ["Open incident", links.open],
    ["Open events", links.events],
    ["Run timeline", links.timeline],
    ["Acknowledge", over ? null : links.acknowledge],
    ["Silence 1 h", over ? null : links.silence_1h],
    ["Silence 8 h", over ? null : links.silence_8h],
  ];
  return all.flatMap(([text, url]) => (url !== null && /^https?:\/\//.test(url) ? [{ text, url }] : []));
}

function footerOf({ notice, incident_id }: Notification, { publicUrl }: MailContext): string[] {
  const next = notice.next === null ? "" : oneLine(notice.next, 200);
  const about = isSingle(notice) && notice.occasion !== "test" ? `Incident ${oneLine(incident_id, 100)}. ` : "";
  return [
    whyWords(notice),
    next && `${capital(next).replace(/\.$/, "")}.`,
    `${about}Sent by madsci-events${publicUrl === null ? "" : ` at ${oneLine(publicUrl, 200)}`}.`,
  ].filter((line) => line !== "");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
