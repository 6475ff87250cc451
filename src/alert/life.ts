/**
 * Life: the steps of an incident, each from one group to the next.
 *
 *   (none) ─open─► pending ─fire─► firing ⇄ acknowledged ─resolve─► resolved ─retire─► (none)
 *                     └────────────resolve: it never fired, so it goes at once──────────┘
 *
 * Not here: when a step is due (due.ts), what is said about it (say.ts).
 */
import { flapped } from "./flap.ts";
import { type Group, MAX_RETIRED } from "./group.ts";
import { addTo, type Histogram, startHistogram } from "./histogram.ts";
import type { Sample } from "./incident.ts";
import type { Live, Owed } from "./live.ts";
import { firstNoticeMs } from "./notice-time.ts";
import type { Rule, Severity } from "./rule.ts";
import { settled } from "./settle.ts";
import { higher } from "./severity.ts";
import { isOpen, type Open, shown } from "./view.ts";
import { isoOf } from "./words.ts";

/** That a rule's condition holds, and what counts for it. */
export interface Hit {
  readonly atMs: number;
  readonly severity: Severity;
  readonly sample: Sample | null;
  readonly reason: string;
  readonly storm: boolean;
  /** Events of the hit, when they are more than one. */
  readonly earlier: readonly (readonly [atMs: number, events: number])[] | null;
  readonly maxSamples: number;
}

/** Opens the next incident; one that is resolved and still there gives way. */
export function open(group: Group, rule: Rule, hit: Hit): Group {
  const free = isOpen(group) ? retire(group, hit.atMs) : group;
  const number = free.number + 1;
  const opened = { ...free, number, incident: newborn(free, number, hit), recent: [], updatedMs: hit.atMs };
  const told = queued(opened as Open, rule, hit);
  return rule.forMs === 0 ? fire(told, hit.atMs) : told;
}

function newborn(group: Group, number: number, hit: Hit): Live {
  const events = hit.earlier ?? [[hit.atMs, 1] as const];
  const firstMs = Math.min(hit.atMs, ...events.map(([atMs]) => atMs));
  const histogram = events.reduce<Histogram>((sum, [atMs, n]) => addTo(sum, atMs, n), startHistogram(firstMs));
  const newest = hit.sample ? [...group.recent, hit.sample].slice(-hit.maxSamples) : group.recent;
  return {
    ...BLANK,
    number,
    severity: hit.severity,
    openedMs: hit.atMs,
    firstMs,
    lastMs: hit.atMs,
    holdsMs: hit.atMs,
    total: events.reduce((sum, [, n]) => sum + n, 0),
    histogram,
    first: newest[0] ?? null,
    newest,
    reason: hit.reason,
    storm: hit.storm,
  };
}

const BLANK = {
  state: "pending",
  firedMs: null,
  resolvedMs: null,
  told: 0,
  sequence: 0,
  toldMs: null,
  lastNoticeMs: null,
  nextNoticeMs: null,
  notBeforeMs: null,
  owed: null,
  risenMs: null,
  acknowledged: null,
  assignee: null,
  comments: [],
  silencedBy: null,
  silencedUntilMs: null,
  inhibitedBy: null,
  singles: [],
  burst: 0,
  burstMs: null,
  escalated: [],
} as const;

/** One more event for an incident that is open. @param holds the condition still holds, so it is not quiet */
export function count(group: Open, rule: Rule, hit: Hit & { readonly holds: boolean }): Group {
  const live = group.incident;
  const rises = higher(live.severity, hit.severity) !== live.severity;
  const counted: Live = {
    ...live,
    severity: higher(live.severity, hit.severity),
    firstMs: Math.min(live.firstMs, hit.atMs),
    lastMs: Math.max(live.lastMs, hit.atMs),
    holdsMs: hit.holds ? Math.max(live.holdsMs, hit.atMs) : live.holdsMs,
    total: live.total + 1,
    histogram: addTo(live.histogram, hit.atMs, 1),
    first: live.first ?? hit.sample,
    newest: hit.sample ? [...live.newest, hit.sample].slice(-hit.maxSamples) : live.newest,
    storm: live.storm || hit.storm,
  };
  const next = {
    ...group,
    incident: rises ? risen(counted, hit.atMs) : counted,
    updatedMs: Math.max(group.updatedMs, hit.atMs),
  };
  return queued(next, rule, hit);
}

/** The condition still holds, by an event that does not count. */
export function hold(group: Open, atMs: number): Group {
  return { ...group, incident: { ...group.incident, holdsMs: Math.max(group.incident.holdsMs, atMs) } };
}

/** A higher severity ends an acknowledgement, and may be spared by the quiet hours that the lower one waits for. */
function risen(live: Live, atMs: number): Live {
  const state = live.state === "acknowledged" ? "firing" : live.state;
  const risenMs = live.severity === "critical" && live.lastNoticeMs !== null ? atMs : null;
  return {
    ...live,
    state,
    risenMs,
    notBeforeMs: null,
    acknowledged: null,
    reason: `severity rose to ${live.severity}`,
  };
}

/** The first events of a busy time are told one by one; a new busy time begins after an interval without a word. */
function queued(group: Open, rule: Rule, { sample, atMs }: Hit): Open {
  const live = group.incident;
  if (rule.burst <= 1 || sample === null) return group;
  const begins = live.burstMs === null || atMs >= Math.max(live.burstMs, live.lastNoticeMs ?? 0) + rule.groupIntervalMs;
  const allTold = live.total - 1 <= live.told;
  const fresh = begins && allTold && live.singles.length === 0;
  const burst = fresh ? 0 : live.burst;
  if (burst >= rule.burst) return group;
  const singles = [...live.singles, { atMs, sample }];
  return { ...group, incident: { ...live, singles, burst: burst + 1, burstMs: fresh ? atMs : (live.burstMs ?? atMs) } };
}

export function fire(group: Open, atMs: number): Group {
  const live = group.incident;
  const state = live.acknowledged ? "acknowledged" : "firing";
  return { ...group, incident: { ...live, state, firedMs: atMs }, flap: flapped(group.flap, atMs), updatedMs: atMs };
}

/** How an incident comes to be over. */
export interface End {
  readonly atMs: number;
  readonly reason: string;
  /** Events up to then are over with it, and do not count towards the next. @default atMs */
  readonly settledMs?: number;
}

/** The condition is over. One that never fired goes without a word. */
export function resolve(group: Open, rule: Rule, end: End): Group {
  const live = group.incident;
  if (live.state === "resolved") return group;
  const rest = { ...group, memory: settled(group.memory, end.settledMs ?? end.atMs), updatedMs: end.atMs };
  const over: Live = { ...live, reason: end.reason, resolvedMs: Math.max(end.atMs, live.openedMs), singles: [] };
  if (live.state === "pending") return retire({ ...rest, incident: over }, end.atMs);
  const owed = owedWord(group, rule, end.atMs);
  return { ...rest, flap: flapped(group.flap, end.atMs), incident: { ...over, state: "resolved", owed } };
}

/** An incident whose first notice was due but had to wait (quiet hours, a late leader) is told when it is over already. */
function owedWord({ incident: live, flap }: Open, rule: Rule, atMs: number): Owed {
  if (live.lastNoticeMs !== null || flap.told) return rule.sendResolved ? "resolved" : null;
  const silenced = live.silencedBy !== null && (live.silencedUntilMs ?? atMs + 1) > atMs;
  const held = silenced || live.inhibitedBy !== null || flap.sinceMs !== null;
  const firstMs = firstNoticeMs(live, rule);
  if (held || firstMs > atMs) return null;
  if (!rule.sendResolved) return "firing";
  return Math.max(firstMs, live.notBeforeMs ?? firstMs) < atMs ? "both" : "resolved";
}

/** It leaves the group. */
export function retire(group: Open, atMs: number): Group {
  const live = group.incident;
  const closedAt = isoOf(Math.max(atMs, live.resolvedMs ?? live.lastMs));
  const incident = { ...shown(group, live), state: "closed" as const, closed_at: closedAt, next_notice_at: null };
  const owed = group.flap.sinceMs === null ? live.owed : null;
  const retired = [...group.retired, { incident, owed, escalated: live.escalated }].slice(-MAX_RETIRED);
  return { ...group, incident: null, retired, updatedMs: Math.max(group.updatedMs, atMs) };
}
