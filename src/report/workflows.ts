/**
 * Workflows: who had each run, when, and how it ended.
 *
 * Its start is told when it is submitted; its end also tells when it began to run, which counts more. MADSci 0.7 tells the end
 * twice, typed and wrapped: the typed one counts. After a retry the last end counts. Source: spec sections 9, 14 (Q16, Q35), 15.1.
 */
import type { WorkflowEndFact, WorkflowStartFact } from "./fact.ts";
import type { Micros, Workflow } from "./types.ts";

interface State {
  readonly id: string;
  name: string | null;
  author: string | null;
  status: string;
  submitted: Micros | null;
  end: WorkflowEndFact | null;
  listed: boolean;
}

export class Workflows {
  readonly #from: Micros;
  readonly #states = new Map<string, State>();
  readonly #listed: State[] = [];

  constructor(from: Micros) {
    this.#from = from;
  }

  take(fact: WorkflowStartFact | WorkflowEndFact): void {
    const state = this.#stateOf(fact.id);
    state.name ??= fact.name;
    state.author ??= fact.author;
    if (fact.kind === "workflow_start") start(state, fact);
    else end(state, fact);
    if (state.listed || fact.at < this.#from) return;
    state.listed = true;
    this.#listed.push(state);
  }

  /** All with an event in the window, in order of the first one. */
  finish(): Workflow[] {
    return this.#listed.map((state) => {
      const { id, name, author, status, end } = state;
      const times = { start: end?.length.startedAt ?? state.submitted, end: end?.at ?? null };
      return { id, name, author, status, ...times, durationSeconds: durationOf(state) };
    });
  }

  #stateOf(id: string): State {
    let state = this.#states.get(id);
    if (state === undefined) {
      state = { id, name: null, author: null, status: "started", submitted: null, end: null, listed: false };
      this.#states.set(id, state);
    }
    return state;
  }
}

function start(state: State, { at }: WorkflowStartFact): void {
  state.submitted ??= at;
  // At the instant of its end it may well come before that.
  if (state.end?.at !== at) state.status = "started";
}

function end(state: State, fact: WorkflowEndFact): void {
  if (fact.form === "wrapped" && state.end !== null && state.end.form !== "wrapped") return;
  state.end = fact;
  state.status = fact.status;
}

function durationOf({ end, submitted }: State): number | null {
  if (end === null) return null;
  const { seconds, startedAt, endedAt, roughSeconds } = end.length;
  return seconds ?? secondsBetween(startedAt, endedAt) ?? roughSeconds ?? secondsBetween(submitted, end.at);
}

/** Unknown where clocks disagree so much that it would be negative. */
function secondsBetween(from: Micros | null, to: Micros | null): number | null {
  return from === null || to === null || to < from ? null : (to - from) / 1e6;
}
