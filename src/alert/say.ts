/**
 * Say: drafts of notices, and the incident after it has been told. A draft names receivers; the outbox makes one
 * notification per channel and recipient of it, with ids from incident, sequence, channel and recipient.
 */
import type { Group, Retired } from "./group.ts";
import type { Incident } from "./incident.ts";
import type { Live, Owed } from "./live.ts";
import { laterTimes } from "./notice-time.ts";
import type { Occasion } from "./notification.ts";
import type { Rule } from "./rule.ts";
import { isOpen, type Open, shown } from "./view.ts";
import { clockWords, isoOf } from "./words.ts";
import { afterQuiet, type World } from "./world.ts";

/** A notice before it is known who reads it. */
export interface Draft {
  readonly occasion: Occasion;
  /** As it was when the notice was made; `since_notice` counts what this notice tells. */
  readonly incident: Incident;
  readonly sequence: number;
  /** Names of receivers. */
  readonly receivers: readonly string[];
  /** In place of the receivers' own channels: an escalation's. */
  readonly channels: readonly string[] | null;
  /** Escalations done: whoever was told of the incident by one hears how it goes on. */
  readonly escalated: readonly string[];
  readonly others: readonly { readonly incident: Incident; readonly notices: number }[];
  /** In words, when the next one comes. */
  readonly next: string | null;
}

export interface Said {
  readonly group: Group;
  readonly drafts: readonly Draft[];
}

export interface SayBy {
  readonly rule: Rule;
  readonly world: World;
  readonly nowMs: number;
}

/** The notice about everything so far. */
export function sayAll(group: Open, occasion: Occasion, by: SayBy): Said {
  const live = { ...group.incident, singles: [], sequence: group.incident.sequence + 1 };
  const told: Live = {
    ...live,
    told: live.total,
    toldMs: occasion === "unsilenced" ? by.nowMs : (group.incident.toldMs ?? by.nowMs),
    lastNoticeMs: by.nowMs,
    notBeforeMs: null,
    owed: null,
    risenMs: null,
  };
  return said(group, { occasion, live, told }, by);
}

/** What is owed about an incident that is over; what is owed after that stays. */
export function sayOwed(group: Open, word: "firing" | "resolved", by: SayBy): Said {
  const owed = stillOwed(group.incident.owed, word);
  const said = sayAll(group, word, by);
  return owed === null || !isOpen(said.group)
    ? said
    : { ...said, group: { ...said.group, incident: { ...said.group.incident, owed } } };
}

function stillOwed(owed: Owed, word: "firing" | "resolved"): Owed {
  return owed === "both" && word === "firing" ? "resolved" : null;
}

/** The notice about one event. */
export function sayOne(group: Open, by: SayBy): Said {
  const [single, ...singles] = group.incident.singles;
  if (!single) return sayAll(group, "firing", by);
  const live = { ...group.incident, singles, sequence: group.incident.sequence + 1 };
  const risenMs = live.risenMs !== null && live.risenMs > single.atMs ? live.risenMs : null;
  const told: Live = {
    ...live,
    told: live.told + 1,
    toldMs: live.toldMs ?? by.nowMs,
    lastNoticeMs: by.nowMs,
    notBeforeMs: null,
    risenMs,
  };
  const first = live.first && live.first._id !== single.sample._id ? live.first : null;
  const shownAs = { ...live, first, newest: [single.sample], total: told.told, told: live.told };
  return said(group, { occasion: "firing", live: shownAs, told }, by);
}

/** An escalation goes beside the ordinary notices and does not move their dates. */
export function sayEscalation(
  group: Open,
  step: { id: string; receiver: string; channels: readonly string[] },
  by: SayBy,
) {
  const live = { ...group.incident, sequence: group.incident.sequence + 1 };
  const told: Live = { ...live, notBeforeMs: null, escalated: [...live.escalated, step.id] };
  const result = said(group, { occasion: "escalation", live, told }, by);
  const drafts = result.drafts.map((draft) => ({ ...draft, receivers: [step.receiver], channels: step.channels }));
  return { ...result, drafts };
}

/** That somebody has acknowledged it; moves no dates. */
export function sayAcknowledged(group: Open, by: SayBy): Said {
  const { acknowledged } = group.incident;
  const live = { ...group.incident, sequence: group.incident.sequence + 1 };
  const told: Live = { ...live, acknowledged: acknowledged && { ...acknowledged, told: true } };
  return said(group, { occasion: "acknowledged", live, told }, by);
}

/** What is owed about an incident that has left the group. */
export function sayRetired(group: Group, over: Retired, by: SayBy & { readonly word: "firing" | "resolved" }): Said {
  const [{ escalated }, { word }] = [over, by];
  const owed = stillOwed(over.owed, word);
  const incident = { ...over.incident, sequence: over.incident.sequence + 1 };
  const told = { ...incident, since_notice: 0, last_notice_at: isoOf(by.nowMs) };
  const retired = group.retired.map((one) => (one === over ? { incident: told, owed, escalated } : one));
  return { group: { ...group, retired, updatedMs: by.nowMs }, drafts: [{ ...draftOf(by, word, incident), escalated }] };
}

function said(group: Open, { occasion, live, told }: { occasion: Occasion; live: Live; told: Live }, by: SayBy): Said {
  const after = { ...group, incident: told, updatedMs: by.nowMs };
  const times = spokenTimes(told, by);
  const nextMs = times.repeatMs ?? times.newsMs;
  const incident = { ...shown(group, { ...live, nextNoticeMs: nextMs }) };
  return {
    group: after,
    drafts: [{ ...draftOf(by, occasion, incident), escalated: told.escalated, next: nextWords(times, by.world) }],
  };
}

/** What falls into quiet hours is said after them. */
function spokenTimes(told: Live, { rule, world }: SayBy): ReturnType<typeof laterTimes> {
  const { newsMs, repeatMs } = laterTimes(told, rule);
  const spoken = (ms: number | null) => (ms === null ? null : afterQuiet(world, ms, told.severity));
  return { newsMs: spoken(newsMs), repeatMs: spoken(repeatMs) };
}

function draftOf({ rule }: SayBy, occasion: Occasion, incident: Incident): Draft {
  const { receivers } = rule;
  return {
    occasion,
    incident,
    sequence: incident.sequence,
    receivers,
    channels: null,
    escalated: [],
    others: [],
    next: null,
  };
}

function nextWords({ newsMs, repeatMs }: ReturnType<typeof laterTimes>, { timezone }: World): string | null {
  const news = newsMs === null ? null : `at ${clockWords(newsMs, timezone)} if there is news (group_interval)`;
  const repeat = repeatMs === null ? null : `at ${clockWords(repeatMs, timezone)} (repeat_interval)`;
  if (news && repeat) return `next message ${news}, else ${repeat}`;
  return news || repeat ? `next message ${news ?? repeat}` : null;
}

/** Open and not over. */
export function isLive(group: Group): group is Open {
  return isOpen(group) && group.incident.state !== "resolved";
}
