/**
 * What is still owed about incidents that have left their group: said after the quiet hours, and not while a silence or
 * another incident keeps it quiet. Nobody tells a group without an open incident that this is over, so it asks again; after
 * a day it is let go without a word.
 */
import { nextWord, type Step } from "./due-notice.ts";
import type { Group, Retired } from "./group.ts";
import { inhibitorOf } from "./inhibit.ts";
import { type SayBy, sayRetired } from "./say.ts";
import { silenceOver } from "./silence.ts";
import { selectable } from "./view.ts";
import { afterQuiet, type World } from "./world.ts";

/** How often it asks whether it may speak, unless it knows when. */
const ASK_MS = 5 * 60_000;
const LET_GO_MS = 24 * 3_600_000;

/** Of words due at the same instant, those of the older incident. */
export function owedStep(group: Group, world: World): Step | null {
  let first: Step | null = null;
  for (const retired of group.retired) {
    if (retired.owed === null) continue;
    const atMs = afterQuiet(world, retired.askMs ?? overMs(retired), retired.incident.severity);
    if (first === null || atMs < first.atMs) first = { atMs, run: (by) => saidOrKept(group, retired, by) };
  }
  return first;
}

function overMs({ incident }: Retired): number {
  return Date.parse(incident.closed_at ?? incident.last_at);
}

function saidOrKept(group: Group, retired: Retired, by: SayBy): ReturnType<Step["run"]> {
  const { world, nowMs } = by;
  const spokenMs = afterQuiet(world, nowMs, retired.incident.severity);
  if (spokenMs > nowMs) return kept(group, retired, { ...retired, askMs: spokenMs });
  const heldMs = heldUntil(group, retired, by);
  if (heldMs === null) return sayRetired(group, retired, { ...by, word: nextWord(timesOf(retired), by.rule, world) });
  const letGoMs = overMs(retired) + LET_GO_MS;
  const change = nowMs >= letGoMs ? { owed: null } : { askMs: Math.min(heldMs, letGoMs) };
  return kept(group, retired, { ...retired, ...change });
}

function timesOf({ incident, owed }: Retired) {
  const { severity, opened_at, resolved_at } = incident;
  const resolvedMs = resolved_at === null ? null : Date.parse(resolved_at);
  return { owed, severity, openedMs: Date.parse(opened_at), firedMs: null, resolvedMs };
}

function kept(group: Group, before: Retired, after: Retired): ReturnType<Step["run"]> {
  return { group: { ...group, retired: group.retired.map((one) => (one === before ? after : one)) }, drafts: [] };
}

/** When to ask again; null where it may speak. It is seen as it was before it was closed. */
function heldUntil(group: Group, { incident }: Retired, { world, nowMs }: SayBy): number | null {
  const { samples, severity, incident_id } = incident;
  const document = selectable(group, { newest: samples, first: null, severity, state: "resolved" });
  const silence = silenceOver(world.silences, document, nowMs);
  if (silence !== null) return Math.min(silence.untilMs, nowMs + ASK_MS);
  return inhibitorOf(world.inhibitors, document, incident_id) === null ? null : nowMs + ASK_MS;
}
