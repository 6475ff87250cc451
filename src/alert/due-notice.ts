/**
 * When an incident is next spoken of, with everything that may hold it back:
 *
 *   silenced, inhibited   nothing at all; news and repeats are due at once when that ends
 *   flapping              one notice, then nothing until it is stable
 *   quiet hours           the notice waits for their end, except for the severities they spare
 */
import type { Group } from "./group.ts";
import { escalationId, type Live } from "./live.ts";
import { firstNoticeMs, plannedNotice } from "./notice-time.ts";
import type { Rule } from "./rule.ts";
import { type Said, type SayBy, sayAll, sayEscalation, sayOne, sayOwed } from "./say.ts";
import { isOpen, type Open } from "./view.ts";
import { afterQuiet, type World } from "./world.ts";

/** Something that happens at a date, and to what. */
export interface Step {
  readonly atMs: number;
  readonly run: (by: SayBy) => Said;
}

export function noticeStep(group: Group, rule: Rule, world: World): Step | null {
  if (!isOpen(group) || isHeld(group.incident)) return null;
  if (group.flap.sinceMs !== null) return flappingStep(group, world);
  const owed = owedMs(group, world);
  if (owed !== null) return spoken(group, owed, (by) => sayOwed(group, nextWord(group.incident, rule, world), by));
  const ordinary = ordinaryStep(group, rule, world);
  const escalation = escalationStep(group, rule, world);
  if (!ordinary || !escalation) return ordinary ?? escalation;
  return escalation.atMs < ordinary.atMs ? escalation : ordinary;
}

/** When the next ordinary notice comes, as far as can be said; null while something else keeps it back. */
export function nextNoticeMs(group: Open, rule: Rule, quiet: Pick<World, "quietHours">): number | null {
  if (isHeld(group.incident) || group.flap.sinceMs !== null) return null;
  const planned = plannedNotice(group.incident, rule);
  return planned && notBefore(group.incident, quiet, planned.atMs);
}

function isHeld(live: Live): boolean {
  return live.silencedBy !== null || live.inhibitedBy !== null || live.state === "pending";
}

/** When the word owed about a resolved incident may be said; null where none is. */
export function owedMs(group: Open, world: World): number | null {
  const live = group.incident;
  if (live.state !== "resolved" || live.owed === null || isHeld(live) || group.flap.sinceMs !== null) return null;
  return notBefore(live, world, live.resolvedMs ?? live.lastMs);
}

/** Of what is owed, what comes first. Quiet hours that have kept back the first notice until all was over keep it for good. */
export function nextWord(
  over: Pick<Live, "owed" | "severity" | "openedMs" | "firedMs" | "resolvedMs">,
  rule: Rule,
  world: Pick<World, "quietHours">,
): "firing" | "resolved" {
  if (over.owed !== "both") return over.owed ?? "resolved";
  const firstMs = afterQuiet(world, firstNoticeMs(over, rule), over.severity);
  return firstMs <= (over.resolvedMs ?? firstMs) ? "firing" : "resolved";
}

function notBefore(live: Live, world: Pick<World, "quietHours">, atMs: number): number {
  return afterQuiet(world, Math.max(atMs, live.notBeforeMs ?? atMs), live.severity);
}

/** Speaks, unless quiet hours have begun in the meantime. */
function spoken(group: Open, atMs: number, say: (by: SayBy) => Said): Step {
  const run = (by: SayBy): Said => {
    const quietMs = afterQuiet(by.world, by.nowMs, group.incident.severity);
    if (quietMs <= by.nowMs) return say(by);
    return { group: { ...group, incident: { ...group.incident, notBeforeMs: quietMs } }, drafts: [] };
  };
  return { atMs, run };
}

function flappingStep(group: Open, world: World): Step | null {
  const { sinceMs, told } = group.flap;
  if (sinceMs === null || told) return null;
  return spoken(group, notBefore(group.incident, world, sinceMs), (by) => {
    const said = sayAll(group, "flapping", by);
    return { ...said, group: { ...said.group, flap: { ...group.flap, told: true } } };
  });
}

function ordinaryStep(group: Open, rule: Rule, world: World): Step | null {
  const planned = plannedNotice(group.incident, rule);
  if (!planned) return null;
  const occasion = group.role === "storm" ? "storm" : "firing";
  const single = group.incident.singles.length > 0;
  const say = (by: SayBy) => (single ? sayOne(group, by) : sayAll(group, occasion, by));
  return spoken(group, notBefore(group.incident, world, planned.atMs), say);
}

/** The earliest step of any receiver that has not been done. */
function escalationStep(group: Open, rule: Rule, world: World): Step | null {
  const live = group.incident;
  // Who has not been told cannot have acknowledged: what held the first notice back holds the escalation back as long.
  if (live.state !== "firing" || live.firedMs === null || live.toldMs === null) return null;
  const heldMs = Math.max(0, live.toldMs - firstNoticeMs(live, rule));
  let next: {
    readonly id: string;
    readonly receiver: string;
    readonly channels: readonly string[];
    readonly atMs: number;
  } | null = null;
  for (const receiver of rule.receivers) {
    for (const [i, step] of (world.receivers.get(receiver)?.escalate ?? []).entries()) {
      const id = escalationId(receiver, i);
      const atMs = live.firedMs + heldMs + step.afterMs;
      if (live.escalated.includes(id) || (next && next.atMs <= atMs)) continue;
      next = { id, receiver, channels: step.channels, atMs };
    }
  }
  const step = next;
  return step && spoken(group, notBefore(live, world, step.atMs), (by) => sayEscalation(group, step, by));
}
