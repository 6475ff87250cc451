/** Outcome: what one event means to what a rule remembers; the answer of every `memory-*.ts`. */
import type { StoredEvent } from "../event/event.ts";
import type { Sample } from "./incident.ts";

/** An event on its way through a memory. */
export interface Seen {
  readonly event: StoredEvent;
  readonly atMs: number;
  /** Null while the rule is in a storm. */
  readonly sample: Sample | null;
}

export interface Outcome<M> {
  readonly memory: M;
  /** The event belongs to the rule at all. */
  readonly mine: boolean;
  /** The condition holds now. */
  readonly hit: boolean;
  /** It counts in an incident that is open. */
  readonly counts: boolean;
  /** What held has ended, in words. */
  readonly ends: string | null;
  /** The condition is known not to hold now: an incident that waits for its `for` goes. Kinds that count within a time. */
  readonly fails: boolean;
  /** Why it hit, for people. */
  readonly reason: string;
  /** The events of the hit, this one included, when it opens an incident: instants with counts. Null: this one alone. */
  readonly earlier: readonly (readonly [atMs: number, events: number])[] | null;
}

export function nothing<M>(memory: M, mine = false): Outcome<M> {
  return { memory, hit: false, counts: false, ends: null, fails: false, mine, reason: "", earlier: null };
}

/** @param holds whether the event makes the condition hold; if so it counts */
export function hit<M>(memory: M, holds: boolean, reason: string): Outcome<M> {
  return { ...nothing(memory, holds), hit: holds, counts: holds, reason };
}
