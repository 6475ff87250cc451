/**
 * Sequence: what was begun (`select`) and has not yet come to its end (`expect` of the same `join` value).
 *
 *   begun ─► pending ─(its time is up, overdue.ts)─► late ─► ended late: the incident is over when none is late
 *               └──► ended: how long it took is remembered
 *
 * Bounds: 1000 pending and 1000 late (the oldest pending one goes and is counted), 100 ends that came before their
 * beginning, 20 durations of each of 100 names.
 */
import { textAt } from "./event-path.ts";
import type { Sample } from "./incident.ts";
import { nothing, type Outcome, type Seen } from "./outcome.ts";
import type { Patience, When } from "./rule.ts";
import { slimSample } from "./sample.ts";

export const MAX_PENDING = 1000;
const MAX_EARLY = 100;
const MAX_NAMES = 100;
const DURATIONS = 20;
/** Pending ones that keep their event's sample. */
const MAX_SAMPLES = 50;
/** An end that came before its beginning was overtaken on the way, not much longer ago than this. */
const EARLY_MS = 60_000;

export interface Begun {
  readonly join: string;
  readonly atMs: number;
  /** How long it may take. */
  readonly patienceMs: number;
  readonly of: string;
  readonly sample: Sample | null;
}

export interface SequenceMemory {
  readonly kind: "sequence";
  /** In order of arrival. */
  readonly pending: readonly Begun[];
  readonly late: readonly Omit<Begun, "sample">[];
  readonly early: readonly (readonly [join: string, atMs: number])[];
  /** Newest durations by the value at `of`. */
  readonly usual: readonly (readonly [of: string, durationsMs: readonly number[]])[];
  /** Pending ones given up because there were too many. */
  readonly overflow: number;
}

type Sequence = Extract<When, { readonly kind: "sequence" }>;

export function rememberStep(memory: SequenceMemory, when: Sequence, seen: Seen): Outcome<SequenceMemory> {
  const join = textAt(seen.event, when.join);
  const ends = when.expect.matches(seen.event);
  const begins = when.select.matches(seen.event);
  if (join === null || (!ends && !begins)) return nothing(memory);
  const ended = ends ? end(memory, { join, atMs: seen.atMs, keep: !begins }) : memory;
  const next = begins ? begin(ended, when, { ...seen, join }) : ended;
  const over = memory.late.length > 0 && next.late.length === 0;
  return { ...nothing(next, true), ends: over ? "came to its end after all" : null };
}

function begin(memory: SequenceMemory, when: Sequence, seen: Seen & { readonly join: string }): SequenceMemory {
  const { join, atMs } = seen;
  const overtaken = memory.early.find(([early, endMs]) => early === join && Math.abs(atMs - endMs) <= EARLY_MS);
  if (overtaken) return { ...memory, early: memory.early.filter((entry) => entry !== overtaken) };
  const of = "of" in when.within ? (textAt(seen.event, when.within.of) ?? "") : "";
  const others = memory.pending.filter((begun) => begun.join !== join);
  const sample = seen.sample && others.length < MAX_SAMPLES ? slimSample(seen.sample) : null;
  const pending = [...others, { join, atMs, of, sample, patienceMs: patienceMs(when.within, usualOf(memory, of)) }];
  return {
    ...memory,
    pending: pending.slice(-MAX_PENDING),
    late: memory.late.filter((begun) => begun.join !== join),
    overflow: memory.overflow + Math.max(0, pending.length - MAX_PENDING),
  };
}

/** @param at.keep remember an end without a beginning: it may have overtaken it */
function end(memory: SequenceMemory, at: { join: string; atMs: number; keep: boolean }): SequenceMemory {
  const { join, atMs } = at;
  const isIt = (begun: { readonly join: string }) => begun.join === join;
  const begun = memory.pending.find(isIt) ?? memory.late.find(isIt);
  if (!begun)
    return at.keep ? { ...memory, early: [...memory.early, [join, atMs] as const].slice(-MAX_EARLY) } : memory;
  return {
    ...memory,
    pending: memory.pending.filter((other) => other !== begun),
    late: memory.late.filter((other) => other !== begun),
    usual: learned(memory.usual, begun.of, Math.max(0, atMs - begun.atMs)),
  };
}

function learned(usual: SequenceMemory["usual"], of: string, tookMs: number): SequenceMemory["usual"] {
  const before = usual.find(([name]) => name === of)?.[1] ?? [];
  const others = usual.filter(([name]) => name !== of);
  return [...others, [of, [...before, tookMs].slice(-DURATIONS)] as const].slice(-MAX_NAMES);
}

/** Median of the last durations; null where none is known. */
export function usualOf(memory: SequenceMemory, of: string): number | null {
  const sorted = [...(memory.usual.find(([name]) => name === of)?.[1] ?? [])].sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** Where nothing is known yet of how long it usually takes, the longest. */
function patienceMs(patience: Patience, usualMs: number | null): number {
  if ("ms" in patience) return patience.ms;
  const wanted = usualMs === null ? patience.mostMs : patience.times * usualMs;
  return Math.round(Math.min(patience.mostMs, Math.max(patience.leastMs, wanted)));
}
