/**
 * Node state: when a node was up, busy and in error. Two small machines over the marks of its sightings:
 *
 *   down ── start ──▶ up ── stop ──▶ down            the first sign of it is no start: it was up before
 *                                                   a stop and a start of one instant lead back, in whatever order
 *   well ── error ──▶ error ── start, a status without error, an action that succeeded ──▶ well
 *
 * An action that never ends, neither in the window nor after it, stops where its node starts again, else where the last of the sessions ends that it began in.
 * Source: spec section 15.4.
 */
import { ON_ITS_WAY } from "./actions.ts";
import { cut, intersect, spansOf, unionOf } from "./interval.ts";
import type { Home } from "./membership.ts";
import type { Gathered } from "./node-identity.ts";
import type { Mark } from "./sighting.ts";
import { countUntil } from "./sorted.ts";
import type { Interval, Micros, Spans } from "./types.ts";

/** What is known where a node belongs. */
export interface Known extends Home {
  /** How far what was told reaches: to the window's end, or to what was read after it. */
  readonly knownTo: Micros;
}

export interface NodeTimes {
  readonly up: Spans;
  readonly busy: Spans;
  readonly error: Spans;
}

export function nodeTimes(node: Gathered, window: Interval, known: Known): NodeTimes {
  const marks = node.sightings.flatMap((sighting) => sighting.marks).sort((a, b) => a.order - b.order);
  const up = cut(upTime(node, marks, window.end), window);
  const done = node.sightings.map((sighting) => spansOf(sighting.done));
  const actions = unionOf([...done, unended(node, marks, window.end, known)]);
  const busy = intersect(intersect(cut(actions, window), up), known.covered);
  return { up, busy, error: intersect(errorTime(marks, window.end), up) };
}

function upTime({ sightings }: Gathered, marks: readonly Mark[], end: Micros): Spans {
  const signs = sightings.flatMap(({ firstSign }) => firstSign ?? []).sort((a, b) => a.order - b.order);
  const up: Micros[] = [];
  let since: Micros | null = signs[0]?.isStart ? null : Number.NEGATIVE_INFINITY;
  let vain: Micros | null = null;
  for (const { step, at } of marks) {
    if (step !== "start" && step !== "stop") continue;
    if ((step === "start") === (since !== null)) vain = at;
    else if (at === vain) vain = null;
    else if (since === null) since = at;
    else {
      up.push(since, at);
      since = null;
    }
  }
  if (since !== null) up.push(since, end);
  return spansOf(up);
}

function errorTime(marks: readonly Mark[], end: Micros): Spans {
  const errors: Micros[] = [];
  let since: Micros | null = null;
  for (const { step, at } of marks) {
    if (step === "error") since ??= at;
    if (since === null || step === "error" || step === "stop") continue;
    errors.push(since, at);
    since = null;
  }
  if (since !== null) errors.push(since, end);
  return spansOf(errors);
}

/** The time of actions that have begun and not ended. */
function unended({ sightings }: Gathered, marks: readonly Mark[], end: Micros, { lastEnd, knownTo }: Known): Spans {
  const speaks = sightings.some((sighting) => sighting.speaks);
  const starts = marks.filter(({ step }) => step === "start");
  const times: Micros[] = [];
  for (const { open } of sightings) {
    for (const { start, order, by } of open.values()) {
      // The node itself is about to tell of it.
      if (by === "engine" && speaks && start > knownTo - ON_ITS_WAY) continue;
      const restart = starts[countUntil(starts, (mark) => mark.order < order)]?.at ?? end;
      times.push(start, Math.min(restart, lastEnd(start)));
    }
  }
  return spansOf(times);
}
