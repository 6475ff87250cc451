/** What a lab did in a window of time: the result of the sweep, the source of every report. */

/** Microseconds since 1970-01-01T00:00:00Z as a number: exact up to the year 2255. */
export type Micros = number;

/** From `start` up to, without, `end`. */
export interface Interval {
  readonly start: Micros;
  readonly end: Micros;
}

/** Intervals in order, apart, none empty. Made, cut and measured by interval.ts. */
export interface Spans extends Iterable<Interval> {
  readonly length: number;
  /** Of the interval at an index. */
  start(index: number): Micros;
  end(index: number): Micros;
  /** Those within `window`, without a copy of them. */
  cut(window: Interval): Spans;
}

/** Of a workcell, a lab, or where neither told of itself, of the window. */
export interface Session extends Interval {
  readonly id: string;
  readonly type: "lab" | "workcell" | "system" | "default_analysis";
  /** From its start event; null where it has none. */
  readonly name: string | null;
  readonly startedBeforeWindow: boolean;
  readonly endedBy: "stop" | "restart" | "window";
  /** Names in the start event's `nodes`. */
  readonly nodeNames: ReadonlySet<string>;
}

export type ExperimentStatus = "completed" | "failed" | "cancelled" | "in_progress" | "paused";

export interface Experiment {
  readonly id: string;
  readonly name: string | null;
  /** First start, also before the window. */
  readonly start: Micros;
  /** Last end; null while it goes on. */
  readonly end: Micros | null;
  readonly status: ExperimentStatus;
  /** Start to end without pauses, cut to the window. */
  readonly running: Spans;
  /** Ids of the workcells it is known to have run in; empty: nobody said. */
  readonly workcells: ReadonlySet<string>;
}

export interface LabNode {
  /** Its name where no id is known. */
  readonly id: string;
  readonly name: string | null;
  /** Each cut to the window. `busy` and `error` lie within `up`. */
  readonly up: Spans;
  readonly busy: Spans;
  readonly error: Spans;
  /** Ids of the workcells it is known to belong to; empty: the whole lab's. */
  readonly workcells: ReadonlySet<string>;
}

export interface Workflow {
  readonly id: string;
  readonly name: string | null;
  /** Trimmed; null where no event names one. */
  readonly author: string | null;
  /** `started`, `completed`, `failed`, `cancelled`, or what the completion says. */
  readonly status: string;
  readonly start: Micros | null;
  readonly end: Micros | null;
  readonly durationSeconds: number | null;
}

export interface NodeShare {
  readonly node: LabNode;
  readonly up: Spans;
  readonly busy: Spans;
  readonly error: Spans;
  /** At the session's end. */
  readonly state: "busy" | "idle" | "error" | "inactive";
}

/** A session with what belongs to it, cut to it. */
export interface SessionShare {
  readonly session: Session;
  /** By start, then id. */
  readonly experiments: readonly Experiment[];
  /** Union of the experiments' running time. */
  readonly active: Spans;
  /** In order of their first activity. */
  readonly nodes: readonly NodeShare[];
}

export interface LabHistory {
  readonly window: Interval;
  /** By start, then id; never empty: without any there is one of the type `default_analysis`. */
  readonly sessions: readonly SessionShare[];
  /** All that run or start in the window, by start, then id; also those outside every session. */
  readonly experiments: readonly Experiment[];
  /** In order of their first activity. */
  readonly nodes: readonly LabNode[];
  /** All with an event in the window, in order of the first one. */
  readonly workflows: readonly Workflow[];
  /** Activities read within the window. */
  readonly events: number;
  /** Those of which something could not be read. */
  readonly skipped: number;
}
