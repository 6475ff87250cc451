/**
 * Experiments: when each ran. One state machine per id:
 *
 *            start              pause
 *   (ended) ───────▶ running ◀────────▶ paused      an end leads back from both
 *                              continue
 *
 * MADSci 0.7 tells each step two or three times: one that changes nothing is ignored, but an end within a minute of the
 * one before may tell that the experiment failed after all. A start after an end is another run of the same experiment; one
 * whose end comes first, at the same instant, takes no time.
 * Source: spec sections 15.1 and 15.3.
 */
import { Early } from "./early.ts";
import type { ExperimentEnd, ExperimentFact, Fact } from "./fact.ts";
import { cut, join, spansOf } from "./interval.ts";
import type { Experiment, ExperimentStatus, Interval, Micros, Spans } from "./types.ts";

/** How long after an end another may correct it. */
const SAME_END = 60_000_000;

/** An experiment and the starts of its runs within the window. */
export interface KnownExperiment extends Experiment {
  readonly starts: readonly Micros[];
}

interface State {
  readonly id: string;
  name: string | null;
  readonly start: Micros;
  readonly starts: Micros[];
  /** Start and end of each piece of running time that is over. */
  readonly running: Micros[];
  /** Start of the piece of running time that goes on. */
  since: Micros | null;
  end: Micros | null;
  status: ExperimentStatus;
  readonly workcells: Set<string>;
}

export class Experiments {
  readonly #states = new Map<string, State>();
  /** Experiment → workcells whose workflows and actions were told to belong to it. */
  readonly #usedWorkcells = new Map<string, Set<string>>();
  /** Ends of what does not run. */
  readonly #early = new Early<ExperimentEnd>();

  take(fact: ExperimentFact): void {
    const { id, at, step, workcell } = fact;
    if (step === "start" && !this.#states.has(id)) this.#states.set(id, begun(id, at));
    const state = this.#states.get(id);
    if (isEnd(step) && state?.end !== null) this.#early.add(id, at, step);
    if (state === undefined) return;
    state.name ??= fact.name;
    if (workcell !== null) state.workcells.add(workcell);
    if (isEnd(step)) end(state, at, step);
    else if (step === "pause") pause(state, at);
    else if (step === "continue") resume(state, at);
    else {
      start(state, at);
      for (const how of this.#early.at(id, at)) end(state, at, how);
    }
  }

  /** Notes where a workcell works for an experiment. */
  notice({ experiment, workcell }: Fact): void {
    if (experiment === null || workcell === null) return;
    const workcells = this.#usedWorkcells.get(experiment);
    if (workcells === undefined) this.#usedWorkcells.set(experiment, new Set([workcell]));
    else workcells.add(workcell);
  }

  /** All that run or start in the window, by start, then id. */
  finish(window: Interval): KnownExperiment[] {
    const known: KnownExperiment[] = [];
    for (const state of this.#states.values()) {
      stand(state, window.end);
      const running = cut(spansOf(state.running), window);
      const starts = state.starts.filter((at) => at >= window.start);
      if (running.length > 0 || starts.length > 0) known.push(this.#toExperiment(state, running, starts));
    }
    return known.sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1));
  }

  #toExperiment(state: State, running: Spans, starts: Micros[]): KnownExperiment {
    const { id, name, start, end, status } = state;
    const workcells = state.workcells.size > 0 ? state.workcells : (this.#usedWorkcells.get(id) ?? state.workcells);
    return { id, name, start, end, status, running, workcells, starts };
  }
}

const isEnd = (step: ExperimentFact["step"]): step is ExperimentEnd =>
  step !== "start" && step !== "pause" && step !== "continue";

function begun(id: string, at: Micros): State {
  const ended = { since: null, end: at, status: "completed" } as const;
  return { id, name: null, start: at, starts: [], running: [], workcells: new Set(), ...ended };
}

function start(state: State, at: Micros): void {
  // Told again at the instant of the last one, it is that one, even if the end came in between.
  if (state.end === null || state.starts.at(-1) === at) return;
  state.starts.push(at);
  Object.assign(state, { since: at, end: null, status: "in_progress" });
}

function pause(state: State, at: Micros): void {
  if (state.since === null) return;
  stand(state, at);
  state.status = "paused";
}

function resume(state: State, at: Micros): void {
  if (state.status !== "paused") return;
  Object.assign(state, { since: at, status: "in_progress" });
}

function end(state: State, at: Micros, how: ExperimentEnd): void {
  if (state.end !== null) {
    if (state.status === "completed" && at - state.end <= SAME_END) state.status = how;
    return;
  }
  stand(state, at);
  Object.assign(state, { end: at, status: how });
}

/** The piece of running time that goes on ends. */
function stand(state: State, at: Micros): void {
  if (state.since === null) return;
  // A pause of no length is none: pieces must lie apart.
  if (at > state.since) join(state.running, state.since, at);
  state.since = null;
}
