/**
 * fold: marked events into the group they belong to. Pure; an id the group's ring holds changes nothing, so a batch may
 * be folded again after a crash.
 *
 * An event counts at the instant it arrived (`received_at`), and what was due before that instant has happened before it
 * (catch-up.ts), however late anybody looks. Folding says nothing to anybody: see tick.ts.
 */
import type { MarkedEvent } from "../backend/alert-records.ts";
import type { StoredEvent } from "../event/event.ts";
import { factsOf } from "./activity.ts";
import { caughtUp } from "./catch-up.ts";
import { nextNoticeMs as nextNotice } from "./due-notice.ts";
import { type Group, RING } from "./group.ts";
import { ringId } from "./hub.ts";
import type { Sample } from "./incident.ts";
import { isPending, lapse } from "./lapse.ts";
import { count, type Hit, hold, open, resolve } from "./life.ts";
import { flagged } from "./look.ts";
import { remember } from "./memory.ts";
import type { Outcome } from "./outcome.ts";
import type { QuietHours } from "./plan.ts";
import { rewind, SKEW_MS } from "./rewind.ts";
import { ruleFor } from "./role-rule.ts";
import type { Rule, Severity } from "./rule.ts";
import { sampleOf } from "./sample.ts";
import { severityOf } from "./severity.ts";
import { isOpen } from "./view.ts";
import { isoOf } from "./words.ts";
import type { World } from "./world.ts";

/** What folding needs of the plan. */
export interface FoldLimits {
  readonly maxSamples: number;
  readonly severityFromLevel: ReadonlyMap<number, Severity>;
  readonly stormPerMinute: number;
  /** Event paths never shown. */
  readonly redact: readonly string[];
  /** @default none */
  readonly quietHours?: QuietHours | null;
}

export interface FoldBy {
  readonly rule: Rule;
  readonly nowMs: number;
  /** The leader's. */
  readonly fence: number;
  readonly limits: FoldLimits;
  /** The rule's events storm: count only. */
  readonly storm?: boolean;
  /** Ring ids of all that may be folded again after a crash; most others the ring forgets. @default all it holds */
  readonly again?: ReadonlySet<string> | undefined;
  /** As it is before the events. @default nothing was due before them */
  readonly world?: World | undefined;
}

/** Newest ids that stay in the ring for people who ask about an event (why.ts). */
const SHOWN = 20;

/** @param events at most BATCH */
export function fold(group: Group, events: readonly MarkedEvent[], by: FoldBy): Group {
  const { again } = by;
  const last = group.ring.length - SHOWN;
  const known = new Set(again ? group.ring.filter((id, at) => at >= last || again.has(id)) : group.ring);
  const fresh: StoredEvent[] = [];
  for (const { event } of events) {
    const id = ringId(event);
    if (known.has(id)) continue;
    known.add(id);
    fresh.push(event);
  }
  if (fresh.length === 0) return group;
  const rule = ruleFor(by.rule, group);
  const at = { ...by, rule };
  const folded = fresh.reduce((next, event) => seen(foldOne(next, event, at), event, at), rewind(group, by.nowMs));
  return planned({ ...folded, ring: [...known].slice(-RING), fence: Math.max(group.fence, by.fence) }, rule, by.limits);
}

/** With the date of the next notice. */
export function planned(group: Group, rule: Rule, { quietHours = null }: Pick<FoldLimits, "quietHours">): Group {
  if (!isOpen(group)) return group;
  const nextNoticeMs = nextNotice(group, rule, { quietHours });
  if (nextNoticeMs === group.incident.nextNoticeMs) return group;
  return { ...group, incident: { ...group.incident, nextNoticeMs } };
}

/** When an event counts. A clock that was ahead does not make it late. */
export function arrivalMs(event: StoredEvent, nowMs: number): number {
  const atMs = event.received_at === null ? nowMs : Date.parse(event.received_at);
  return Number.isFinite(atMs) && atMs <= nowMs + SKEW_MS ? atMs : nowMs;
}

/** What keeps it quiet from this event on: the next one in the batch may end it, and then it matters who was to be told. */
function seen(group: Group, event: StoredEvent, { world, nowMs }: FoldBy): Group {
  return world ? flagged(group, { world, nowMs: Math.min(arrivalMs(event, nowMs), nowMs) }) : group;
}

function foldOne(before: Group, event: StoredEvent, by: FoldBy): Group {
  const { rule, nowMs, limits, world } = by;
  const atMs = arrivalMs(event, nowMs);
  const group = world ? caughtUp(before, { rule, world, untilMs: Math.min(atMs, nowMs) }) : before;
  const seen = { ...group, seenMs: Math.max(group.seenMs, atMs) };
  if (rule.resolveWhen?.matches(event)) {
    return isOpen(seen) ? resolve(seen, rule, { atMs, reason: `resolved by ${event.event_type}` }) : seen;
  }
  const sample = by.storm || group.role === "storm" ? null : sampleOf(event, isoOf(atMs), limits.redact);
  const outcome = remember(group.memory, rule.when, { event, atMs, sample });
  const next: Group = { ...seen, memory: outcome.memory, ...(outcome.mine ? owned(group, event, by) : {}) };
  // One that shows that the condition holds and does not count is not what the incident is about.
  const aside = outcome.hit && !outcome.counts;
  const severity = aside ? group.severity : severityOf(rule, event.log_level, limits.severityFromLevel);
  const shows = { severity, sample: aside ? null : sample, storm: by.storm === true, reason: outcome.reason };
  const hit = { atMs, ...shows, earlier: outcome.earlier, maxSamples: limits.maxSamples };
  return judged(next, rule, { outcome, hit });
}

function owned(group: Group, event: StoredEvent, { rule, limits }: FoldBy): Partial<Group> {
  const { when } = rule;
  const aside =
    when.kind === "sequence" ? when.expect.matches(event) : when.kind === "ratio" && !when.bad.matches(event);
  return {
    events: group.events + 1,
    severity: aside ? group.severity : severityOf(rule, event.log_level, limits.severityFromLevel),
    facts: when.kind === "absence" ? factsOf(when.during, event) : group.facts,
  };
}

interface Judged {
  readonly outcome: Outcome<Group["memory"]>;
  readonly hit: Hit;
}

function judged(before: Group, rule: Rule, { outcome, hit }: Judged): Group {
  if (outcome.ends !== null && isOpen(before)) return resolve(before, rule, { atMs: hit.atMs, reason: outcome.ends });
  const group = outcome.fails && isPending(before) ? lapse(before, rule, hit.atMs) : before;
  const live = isOpen(group) && group.incident.state !== "resolved";
  if (live && outcome.counts) return count(group, rule, { ...hit, holds: outcome.hit });
  if (live && outcome.hit) return hold(group, hit.atMs);
  if (!live && outcome.hit) return open(group, rule, reasoned(group, rule, hit));
  return outcome.counts && hit.sample ? { ...group, recent: recent(group, hit.sample, hit.maxSamples) } : group;
}

function reasoned(group: Group, rule: Rule, hit: Hit): Hit {
  if (group.role === "storm") return { ...hit, reason: "events come too fast to look at each: they are only counted" };
  return group.role === "overflow" ? { ...hit, reason: `more than ${rule.maxKeys} groups: counted together` } : hit;
}

function recent(group: Group, sample: Sample, most: number): readonly Sample[] {
  return [...group.recent, sample].slice(-most);
}
