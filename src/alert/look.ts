/**
 * Look: what a group sees of the world at this moment: which silence and which other incident keep it quiet, whether its
 * rule still looks at all (`during`), and our own counters.
 */
import { activeSince } from "./activity.ts";
import type { Group } from "./group.ts";
import { inhibitorOf, isLiveSource } from "./inhibit.ts";
import { count, open, resolve } from "./life.ts";
import type { Live } from "./live.ts";
import type { LedgerMemory } from "./memory.ts";
import type { Rule, When } from "./rule.ts";
import { isLive } from "./say.ts";
import { silenceHolds, silenceOver } from "./silence.ts";
import { incidentId, isOpen, type Open, selectable } from "./view.ts";
import { UNSILENCE_GRACE_MS, type World } from "./world.ts";

interface At {
  readonly rule: Rule;
  readonly world: World;
  readonly nowMs: number;
}

/** The same group where nothing is new. */
export function look(group: Group, at: At): Group {
  const { when } = at.rule;
  if (when.kind === "ledger") return lookAtCounter(group, when, at);
  if (when.kind === "absence") return lookAtActivity(group, when, at);
  return group;
}

/** Nothing is missing where nobody works. */
function lookAtActivity(group: Group, when: Extract<When, { kind: "absence" }>, { rule, world, nowMs }: At): Group {
  if (when.during === null || group.memory.kind !== "absence" || !group.memory.missing) return group;
  if (activeSince(world.activities.get(rule.id) ?? [], group.facts) !== null) return group;
  const waiting = { ...group, memory: { ...group.memory, missing: false } };
  return isLive(waiting) ? resolve(waiting, rule, { atMs: nowMs, reason: "not expected any more" }) : waiting;
}

function lookAtCounter(group: Group, when: Extract<When, { kind: "ledger" }>, { rule, world, nowMs }: At): Group {
  const value = world.counters[when.counter];
  if (value === undefined || group.memory.kind !== "ledger" || value === group.memory.value) return group;
  const memory: LedgerMemory = { ...group.memory, value };
  const next = { ...group, memory };
  if (value <= when.over) {
    const calm = { ...next, memory: { ...memory, highest: null, settled: null } };
    return isLive(calm) ? resolve(calm, rule, { atMs: nowMs, reason: `${when.counter} is ${value}` }) : calm;
  }
  return above(next, memory, { rule, nowMs, counter: when.counter, value });
}

/** A value higher than any so far is news; another one only shows that it still moves. */
function above(group: Group, memory: LedgerMemory, at: { rule: Rule; nowMs: number; counter: string; value: number }) {
  const { rule, nowMs, value } = at;
  const rises = value > (memory.highest ?? Number.NEGATIVE_INFINITY);
  const next = { ...group, memory: rises ? { ...memory, highest: value } : memory, seenMs: nowMs };
  const hit = { atMs: nowMs, severity: group.severity, sample: null, storm: false, earlier: null, maxSamples: 0 };
  const reason = `${at.counter} is ${value}`;
  if (!isLive(next)) {
    const known = memory.settled !== null && value <= memory.settled;
    return known ? { ...group, memory } : open(next, rule, { ...hit, reason });
  }
  if (!rises) return { ...next, incident: { ...next.incident, holdsMs: nowMs } };
  const counted = count(next, rule, { ...hit, reason, holds: true });
  return isOpen(counted) ? { ...counted, incident: { ...counted.incident, reason } } : counted;
}

/** Who keeps it quiet now, by what its newest event and its severity make of it. */
export function flagged(group: Group, { world, nowMs }: Omit<At, "rule">): Group {
  if (
    !isOpen(group) ||
    (world.silences.length === 0 && group.incident.silencedBy === null && !inhibiting(group, world))
  )
    return group;
  const document = selectable(group, group.incident);
  const inhibitedBy = inhibitorOf(world.inhibitors, document, incidentId(group, group.incident.number));
  const silence = silenceOver(world.silences, document, nowMs);
  const silencedBy = silence?.id ?? null;
  const seen =
    silencedBy === null ? awaiting(group, world, nowMs) : { silencedBy, silencedUntilMs: silence?.untilMs ?? null };
  const { incident } = group;
  const same =
    incident.inhibitedBy === inhibitedBy &&
    incident.silencedBy === seen.silencedBy &&
    incident.silencedUntilMs === seen.silencedUntilMs;
  if (same) return group;
  const now = { ...incident, inhibitedBy, ...seen };
  return { ...group, incident: isQuiet(incident) && !isQuiet(now) ? letGo(now, nowMs) : now };
}

function isQuiet({ silencedBy, inhibitedBy }: Live): boolean {
  return silencedBy !== null || inhibitedBy !== null;
}

/** What was not told while it was kept quiet is due from now on. */
function letGo(live: Live, nowMs: number): Live {
  return live.lastNoticeMs === null ? { ...live, notBeforeMs: Math.max(live.notBeforeMs ?? nowMs, nowMs) } : live;
}

function inhibiting({ incident }: Open, { inhibitors }: World): boolean {
  return incident.inhibitedBy !== null || inhibitors.sources.some(isLiveSource);
}

/**
 * After its silence it waits a little for the summary of all that were silenced (unsilence.ts); not where that silence goes
 * on and this one has come out of it.
 */
function awaiting({ incident }: Open, world: World, nowMs: number) {
  const { silencedBy, silencedUntilMs } = incident;
  const none = { silencedBy: null, silencedUntilMs: null };
  const known = world.silences.find(({ silence }) => silence.silence_id === silencedBy);
  if (!known || silenceHolds(known.silence, nowMs)) return none;
  const untilMs = Math.min(silencedUntilMs ?? nowMs, nowMs);
  return nowMs < untilMs + UNSILENCE_GRACE_MS ? { silencedBy, silencedUntilMs: untilMs } : none;
}
