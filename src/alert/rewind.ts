/**
 * rewind: a clock that went back must not make the past the future. Instants more than a minute ahead of now become now,
 * so every timer that counts from them starts over instead of waiting out the jump. Dates that people chose stay.
 */
import type { Flap } from "./flap.ts";
import type { Group } from "./group.ts";
import type { Live } from "./live.ts";
import type { Memory } from "./memory.ts";
import type { SequenceMemory } from "./memory-sequence.ts";
import { rewindThreshold } from "./memory-threshold.ts";
import { rewindWindow } from "./window.ts";

/** How far replicas' clocks may differ. */
export const SKEW_MS = 60_000;

/** The same group where nothing lies ahead. */
export function rewind(group: Group, nowMs: number): Group {
  if (latest(group) <= nowMs + SKEW_MS) return group;
  return {
    ...group,
    seenMs: Math.min(group.seenMs, nowMs),
    updatedMs: Math.min(group.updatedMs, nowMs),
    memory: rewindMemory(group.memory, nowMs),
    incident: group.incident && rewindLive(group.incident, nowMs),
    flap: rewindFlap(group.flap, nowMs),
  };
}

function latest({ seenMs, updatedMs, incident, flap }: Group): number {
  const { holdsMs = 0, firedMs = 0, resolvedMs = 0, lastNoticeMs = 0, openedMs = 0 } = incident ?? {};
  const live = [holdsMs, openedMs, firedMs ?? 0, resolvedMs ?? 0, lastNoticeMs ?? 0];
  return Math.max(seenMs, updatedMs, flap.changes.at(-1) ?? 0, ...live);
}

function rewindLive(live: Live, nowMs: number): Live {
  const back = (atMs: number) => Math.min(atMs, nowMs);
  const maybe = (atMs: number | null) => (atMs === null ? null : back(atMs));
  return {
    ...live,
    openedMs: back(live.openedMs),
    firstMs: back(live.firstMs),
    lastMs: back(live.lastMs),
    holdsMs: back(live.holdsMs),
    firedMs: maybe(live.firedMs),
    resolvedMs: maybe(live.resolvedMs),
    toldMs: maybe(live.toldMs),
    lastNoticeMs: maybe(live.lastNoticeMs),
    burstMs: maybe(live.burstMs),
    notBeforeMs: null,
    singles: live.singles.map((single) => ({ ...single, atMs: back(single.atMs) })),
  };
}

function rewindFlap(flap: Flap, nowMs: number): Flap {
  const sinceMs = flap.sinceMs === null ? null : Math.min(flap.sinceMs, nowMs);
  return { ...flap, changes: flap.changes.map((atMs) => Math.min(atMs, nowMs)), sinceMs };
}

function rewindMemory(memory: Memory, nowMs: number): Memory {
  switch (memory.kind) {
    case "threshold":
      return rewindThreshold(memory, nowMs);
    case "ratio":
      return { ...memory, counts: rewindWindow(memory.counts, nowMs) };
    case "absence":
      return { ...memory, seenMs: memory.seenMs === null ? null : Math.min(memory.seenMs, nowMs) };
    case "sequence":
      return rewindSequence(memory, nowMs);
    case "novelty":
      return { ...memory, known: memory.known.map(([print, seenMs]) => [print, Math.min(seenMs, nowMs)] as const) };
    case "match":
    case "ledger":
      return memory;
  }
}

function rewindSequence(memory: SequenceMemory, nowMs: number): SequenceMemory {
  const pending = memory.pending.map((begun) => ({ ...begun, atMs: Math.min(begun.atMs, nowMs) }));
  return { ...memory, pending, early: memory.early.map(([join, atMs]) => [join, Math.min(atMs, nowMs)] as const) };
}
