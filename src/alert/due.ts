/**
 * Due: the one next thing that happens to a group by the passing of time, and when. `tick` does these one after the
 * other, in the order of their dates, so a late tick says what timely ones would have said; `dueAt` is the date of the
 * first, so a tick before it has nothing to do.
 */

import { noticeStep, owedMs, type Step } from "./due-notice.ts";
import { owedStep } from "./due-owed.ts";
import { stableAt, steady } from "./flap.ts";
import { forgetMs } from "./forget.ts";
import type { Group } from "./group.ts";
import { isPending, lapse, lapseMs } from "./lapse.ts";
import { count, fire, open, resolve, retire } from "./life.ts";
import { overdue } from "./overdue.ts";
import { ruleFor } from "./role-rule.ts";
import type { Rule } from "./rule.ts";
import { isLive, sayAcknowledged } from "./say.ts";
import { settled } from "./settle.ts";
import { isOpen, type Open } from "./view.ts";
import { spanWords } from "./words.ts";
import { UNSILENCE_GRACE_MS, type World } from "./world.ts";

/** Closed this long after it was resolved, unless the next one opens before. */
const CLOSE_MS = 5 * 60_000;
const ONE_OFF_MS = 24 * 3_600_000;
/** A step that has not come to its end by then never will. */
const GIVE_UP_MS = 24 * 3_600_000;

/** Epoch ms at which `tick` would next do something; null: only an event or a person can. */
export function dueAt(group: Group, rule: Rule, world: World): number | null {
  return nextStep(group, rule, world)?.atMs ?? forgetMs(group, ruleFor(rule, group));
}

/**
 * Of steps at the same instant, words come first: what is due is said before the incident is over.
 *
 * @param judgedMs from here on nothing happens without a word: an event that has yet to be folded may say otherwise
 */
export function nextStep(
  group: Group,
  asWritten: Rule,
  world: World,
  judgedMs: number = Number.POSITIVE_INFINITY,
): Step | null {
  if (!asWritten.enabled) return null;
  const rule = ruleFor(asWritten, group);
  const words = [owedStep(group, world), noticeStep(group, rule, world), acknowledgedStep(group, rule, world)];
  const silent = silentStep(group, rule, world);
  return firstOf([...words, silent && silent.atMs < judgedMs ? silent : null, unsilencedStep(group)]);
}

/** The next thing that happens without a word. @param rule as it holds for the group's role */
export function silentStep(group: Group, rule: Rule, world: World): Step | null {
  return firstOf([
    fireStep(group, rule),
    lapseStep(group, rule),
    expiryStep(group),
    quietStep(group, rule, world),
    stableStep(group, rule),
    closeStep(group, world),
    overdueStep(group, rule, world),
  ]);
}

function firstOf(steps: readonly (Step | null)[]): Step | null {
  let first: Step | null = null;
  for (const step of steps) if (step && (first === null || step.atMs < first.atMs)) first = step;
  return first;
}

function quietly(change: (nowMs: number) => Group): Step["run"] {
  return ({ nowMs }) => ({ group: change(nowMs), drafts: [] });
}

function fireStep(group: Group, rule: Rule): Step | null {
  if (!isPending(group)) return null;
  const atMs = group.incident.openedMs + rule.forMs;
  return { atMs, run: quietly(() => fire(group, atMs)) };
}

/** At the same instant it fires: it has held long enough. */
function lapseStep(group: Group, rule: Rule): Step | null {
  const atMs = lapseMs(group, rule);
  return atMs === null || !isPending(group) ? null : { atMs, run: quietly(() => lapse(group, rule, atMs)) };
}

/** Only of what was told before, and only where somebody keeps a state. */
function acknowledgedStep(group: Group, rule: Rule, { stateful }: World): Step | null {
  if (!isOpen(group) || group.incident.state !== "acknowledged" || group.incident.lastNoticeMs === null) return null;
  const { acknowledged } = group.incident;
  if (acknowledged === null || acknowledged.told || !rule.receivers.some((name) => stateful.has(name))) return null;
  return { atMs: acknowledged.atMs, run: (by) => sayAcknowledged(group, by) };
}

function expiryStep(group: Group): Step | null {
  if (!isOpen(group) || group.incident.state !== "acknowledged") return null;
  const atMs = group.incident.acknowledged?.expiresMs ?? null;
  if (atMs === null) return null;
  const reason = "the acknowledgement expired";
  const incident = { ...group.incident, state: "firing", acknowledged: null, reason } as const;
  return { atMs, run: quietly(() => ({ ...group, incident, updatedMs: atMs })) };
}

function quietStep(group: Group, rule: Rule, world: World): Step | null {
  if (!isLive(group)) return null;
  const { incident: live } = group;
  if (rule.oneOff) {
    const atMs = live.lastMs + ONE_OFF_MS;
    const over = { ...live, resolvedMs: atMs, singles: [], reason: `no event for ${spanWords(ONE_OFF_MS)}` };
    const rest = { ...group, memory: settled(group.memory, live.lastMs), incident: over };
    return { atMs, run: quietly(() => retire(rest, atMs)) };
  }
  const ends = quietFrom(group, rule, world);
  return ends && { atMs: ends.atMs, run: quietly(() => resolve(group, rule, ends)) };
}

/** When being quiet resolves the incident, and the words for it. */
function quietFrom(group: Open, rule: Rule, world: World) {
  const { memory, incident: live } = group;
  if (memory.kind === "absence" && rule.when.kind === "absence") {
    const { forgetMs } = rule.when;
    const atMs = (memory.seenMs ?? live.openedMs) + forgetMs;
    return { atMs, reason: `not heard of for ${spanWords(forgetMs)}: forgotten` };
  }
  if (rule.resolveAfterMs === null) return null;
  const waits = memory.kind === "sequence" && memory.late.length > 0;
  const spanMs = waits ? Math.max(rule.resolveAfterMs, GIVE_UP_MS) : rule.resolveAfterMs;
  const what = memory.kind === "ledger" ? "unchanged" : waits ? "given up waiting after" : "no event";
  const words = what === "no event" ? `no event for ${spanWords(spanMs)}` : `${what} ${spanWords(spanMs)}`;
  // What came since was too little, but may be the beginning of the next.
  const settledMs = live.holdsMs;
  return { atMs: Math.max(live.holdsMs, world.resumedAtMs) + spanMs, reason: words, settledMs };
}

function closeStep(group: Group, world: World): Step | null {
  if (!isOpen(group) || group.incident.state !== "resolved") return null;
  const resolvedMs = group.incident.resolvedMs ?? group.incident.lastMs;
  const spokenMs = (group.flap.told ? stableAt(group.flap) : owedMs(group, world)) ?? 0;
  const atMs = Math.max(resolvedMs + CLOSE_MS, spokenMs);
  return { atMs, run: quietly(() => retire(group, atMs)) };
}

/** It has held still long enough: what it has come to is said again. */
function stableStep(group: Group, rule: Rule): Step | null {
  const atMs = stableAt(group.flap);
  if (atMs === null) return null;
  const still = { ...group, flap: steady, updatedMs: Math.max(group.updatedMs, atMs) };
  if (!isOpen(still) || still.incident.state !== "resolved" || !group.flap.told || !rule.sendResolved)
    return { atMs, run: quietly(() => still) };
  return { atMs, run: quietly(() => ({ ...still, incident: { ...still.incident, owed: "resolved" } })) };
}

/** Nobody has told of the end of its silence (see unsilence.ts): it goes on by itself. */
function unsilencedStep(group: Group): Step | null {
  if (!isOpen(group) || group.incident.silencedBy === null) return null;
  const atMs = (group.incident.silencedUntilMs ?? group.updatedMs) + UNSILENCE_GRACE_MS;
  const incident = { ...group.incident, silencedBy: null, silencedUntilMs: null };
  return { atMs, run: quietly(() => ({ ...group, incident })) };
}

function overdueStep(group: Group, rule: Rule, world: World): Step | null {
  const found = overdue(group, rule, world);
  if (!found) return null;
  const { hit, memory } = found;
  const next = { ...group, memory };
  const change = () => (isLive(next) ? count(next, rule, { ...hit, holds: true }) : open(next, rule, hit));
  return { atMs: hit.atMs, run: quietly(change) };
}
