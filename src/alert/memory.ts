/**
 * Memory: what a rule has to remember of a group besides its incident, one shape per kind of rule, each bounded.
 *
 * `remember` is asked once per event and answers what the event means: nothing, a hit (the rule's condition holds now),
 * or the end of what held. What happens by the passing of time alone is in overdue.ts.
 */
import { type AbsenceMemory, rememberPresence } from "./memory-absence.ts";
import { type NoveltyMemory, rememberFingerprint } from "./memory-novelty.ts";
import { type RatioMemory, rememberShare } from "./memory-ratio.ts";
import { rememberStep, type SequenceMemory } from "./memory-sequence.ts";
import { rememberStamp, type ThresholdMemory } from "./memory-threshold.ts";
import { hit, nothing, type Outcome, type Seen } from "./outcome.ts";
import type { When } from "./rule.ts";
import { MATCHED } from "./words.ts";

export interface LedgerMemory {
  readonly kind: "ledger";
  readonly value: number | null;
  readonly highest: number | null;
  /** Value at which the last incident was resolved; only a higher one opens the next. */
  readonly settled: number | null;
}

export type Memory =
  | { readonly kind: "match" }
  | ThresholdMemory
  | RatioMemory
  | AbsenceMemory
  | SequenceMemory
  | NoveltyMemory
  | LedgerMemory;

export function startMemory(kind: When["kind"]): Memory {
  return STARTS[kind];
}

const STARTS: { readonly [K in When["kind"]]: Extract<Memory, { readonly kind: K }> } = {
  match: { kind: "match" },
  threshold: { kind: "threshold", stamps: [], counts: null },
  ratio: { kind: "ratio", counts: { widthMs: 1, buckets: [] } },
  absence: { kind: "absence", seenMs: null, missing: false },
  sequence: { kind: "sequence", pending: [], late: [], early: [], usual: [], overflow: 0 },
  novelty: { kind: "novelty", known: [] },
  ledger: { kind: "ledger", value: null, highest: null, settled: null },
};

/** The memory starts anew where the rule has become one of another kind. */
export function remember(memory: Memory, when: When, seen: Seen): Outcome<Memory> {
  const own = memory.kind === when.kind ? memory : startMemory(when.kind);
  switch (when.kind) {
    case "match":
      return hit(own, when.select.matches(seen.event), MATCHED);
    case "threshold":
      return rememberStamp(own as ThresholdMemory, when, seen);
    case "ratio":
      return rememberShare(own as RatioMemory, when, seen);
    case "absence":
      return rememberPresence(own as AbsenceMemory, when, seen);
    case "sequence":
      return rememberStep(own as SequenceMemory, when, seen);
    case "novelty":
      return rememberFingerprint(own as NoveltyMemory, when, seen);
    case "ledger":
      return nothing(own);
  }
}
