/**
 * DigestDraft: the digest of one recipient while it is put together. Pure.
 *
 * Counts are exact whatever happens: a draft remembers the ids it has taken in last, so a page that comes again after a crash
 * is not counted again. At most 50 incidents are listed, the most severe; notices of others are counted together, and so are
 * those below the least severity of the plan, unless there are no others: then these are listed, for nothing is dropped.
 */
import type { AlertRecord } from "../backend/alert-records.ts";
import type { Incident } from "./incident.ts";
import type { Notice, Notification } from "./notification.ts";
import { SEVERITIES, type Severity } from "./rule.ts";

/** Incidents listed in one digest. */
const MOST_LISTED = 50;
/** Incidents told apart where they are only counted; from there on it is "at least". */
const MOST_COUNTED = 1_000;
/** Ids remembered; more than twice the page of the outbox. */
const MOST_MERGED = 512;

interface Listed {
  readonly incident: Incident;
  readonly notices: number;
}

export interface DigestDraft {
  readonly channel: string;
  readonly recipient: string;
  readonly receiver: string;
  /** Which digest of this recipient this is, from 1. */
  readonly number: number;
  /** Below the least severity as well; those come last, so they give way first. */
  readonly listed: readonly Listed[];
  /** Notices of incidents that found no place in the list. */
  readonly further: number;
  /** The same, below the least severity. */
  readonly lesser: number;
  /** Ids of all incidents in it, listed or not. */
  readonly about: readonly string[];
  readonly merged: readonly string[];
}

export function emptyDraft(who: Pick<DigestDraft, "channel" | "recipient">, number: number): DigestDraft {
  return { ...who, receiver: "", number, listed: [], further: 0, lesser: 0, about: [], merged: [] };
}

/** Takes in folded notifications of the recipient; those it has already are left out. */
export function merged(draft: DigestDraft, folded: readonly Notification[], minSeverity: Severity): DigestDraft {
  const known = new Set(draft.merged);
  let next = draft;
  for (const notification of folded) {
    if (!known.has(notification.notification_id)) next = withNotice(next, notification.notice, minSeverity);
  }
  const ids = [...new Set([...draft.merged, ...folded.map(({ notification_id }) => notification_id)])];
  return { ...next, merged: ids.slice(-MOST_MERGED) };
}

/** The notice to send; null when there is nothing in it. */
export function digestNotice(draft: DigestDraft, minSeverity: Severity): Notice | null {
  const severe = draft.listed.filter(({ incident }) => !isLesser(incident, minSeverity));
  const shown = severe.length > 0 ? severe : draft.listed;
  const [head] = shown;
  if (head === undefined) return null;
  const left = sumOf(draft.listed) - sumOf(shown);
  return {
    occasion: "digest",
    incident: head.incident,
    others: shown,
    counted: countedIn(draft),
    next: restInWords({ ...draft, lesser: draft.lesser + left }, minSeverity),
    receiver: draft.receiver,
    compat: false,
  };
}

/** As records of a database keep it. */
export function draftOf(record: AlertRecord): DigestDraft {
  const body = record.body as unknown as DigestDraft;
  return { ...emptyDraft(body, body.number), ...body };
}

function withNotice(draft: DigestDraft, notice: Notice, minSeverity: Severity): DigestDraft {
  const { receiver, incident } = notice;
  const known = draft.listed.find((entry) => entry.incident.incident_id === incident.incident_id);
  const entry = { incident: newer(known?.incident, brief(incident)), notices: (known?.notices ?? 0) + 1 };
  const listed = [...draft.listed.filter((other) => other !== known), entry].sort(byWeight);
  const out = listed.slice(MOST_LISTED);
  const lesser = sumOf(out.filter((one) => isLesser(one.incident, minSeverity)));
  return {
    ...{ ...draft, receiver, listed: listed.slice(0, MOST_LISTED) },
    ...{ further: draft.further + sumOf(out) - lesser, lesser: draft.lesser + lesser },
    about: [...new Set([...draft.about, incident.incident_id])].slice(0, MOST_COUNTED),
  };
}

function countedIn({ listed, further, lesser, about }: DigestDraft): Notice["counted"] {
  const notices = sumOf(listed) + further + lesser;
  return { notices, incidents: about.length, more: about.length >= MOST_COUNTED };
}

function sumOf(listed: readonly Listed[]): number {
  return listed.reduce((sum, { notices }) => sum + notices, 0);
}

function isLesser({ severity }: Incident, minSeverity: Severity): boolean {
  return rank(severity) < rank(minSeverity);
}

function newer(known: Incident | undefined, incident: Incident): Incident {
  return known !== undefined && known.sequence > incident.sequence ? known : incident;
}

/** The most severe first, then the one heard of last; at last by id, so that the order is always the same. */
function byWeight(a: Listed, b: Listed): number {
  const bySeverity = rank(b.incident.severity) - rank(a.incident.severity);
  if (bySeverity !== 0) return bySeverity;
  if (a.incident.last_at !== b.incident.last_at) return a.incident.last_at < b.incident.last_at ? 1 : -1;
  return a.incident.incident_id < b.incident.incident_id ? -1 : 1;
}

/** Small enough to be one of fifty. */
function brief(incident: Incident): Incident {
  return {
    ...incident,
    comments: [],
    samples: incident.samples.slice(-1).map((sample) => ({ ...sample, event_data: null })),
  };
}

function restInWords({ further, lesser }: DigestDraft, minSeverity: Severity): string | null {
  const parts = [
    further > 0 ? `${further} more of incidents not listed here` : "",
    lesser > 0 ? `${lesser} below ${minSeverity}` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? null : `notices besides: ${parts.join(", ")}`;
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}
