/** Histories written by hand: hours of one day, so that a test reads like a timetable. */
import type { Told } from "../../src/report/history.ts";
import { unionOf } from "../../src/report/interval.ts";
import type {
  Experiment,
  Interval,
  LabHistory,
  LabNode,
  NodeShare,
  Session,
  SessionShare,
  Spans,
  Workflow,
} from "../../src/report/types.ts";
import { spans } from "./spans.ts";

const MIDNIGHT = Date.UTC(2025, 5, 10) * 1000;
export const at = (hour: number) => MIDNIGHT + hour * 3_600_000_000;
export const span = (from: number, to: number): Interval => ({ start: at(from), end: at(to) });

/** Some fields of `T`, its lists of intervals as arrays. */
type Some<T> = { readonly [Key in keyof T]?: T[Key] extends Spans ? readonly Interval[] : T[Key] };

/** The lists of intervals among `fields` as reports hold them. */
function made<T>(fields: Some<T>): Partial<T> {
  const entries = Object.entries(fields).map(([key, value]) => [key, Array.isArray(value) ? spans(value) : value]);
  return Object.fromEntries(entries) as Partial<T>;
}

export function session(id: string, hours: readonly [number, number], more: Partial<Session> = {}): Session {
  const rest = { name: null, startedBeforeWindow: false, endedBy: "stop", nodeNames: new Set<string>() } as const;
  return { id, type: "workcell", ...rest, ...span(...hours), ...more };
}

export function experiment(id: string, hours: readonly [number, number], more: Some<Experiment> = {}): Experiment {
  const { start, end } = span(...hours);
  const rest = { name: null, status: "completed", workcells: new Set<string>() } as const;
  return { id, ...rest, start, end, running: spans([{ start, end }]), ...made(more) };
}

export function node(id: string, more: Some<LabNode> = {}): LabNode {
  const nothing = spans([]);
  return { id, name: null, up: nothing, busy: nothing, error: nothing, workcells: new Set(), ...made(more) };
}

export function share(of: LabNode, more: Some<NodeShare> = {}): NodeShare {
  return { node: of, up: of.up, busy: of.busy, error: of.error, state: "idle", ...made(more) };
}

export function held(
  of: Session,
  experiments: readonly Experiment[] = [],
  nodes: readonly NodeShare[] = [],
): SessionShare {
  return { session: of, experiments, active: unionOf(experiments.map(({ running }) => running)), nodes };
}

export function workflow(id: string, more: Partial<Workflow> = {}): Workflow {
  const rest = { name: null, author: null, start: null, end: null, durationSeconds: null };
  return { id, status: "started", ...rest, ...more };
}

/** The day of `history`, as the reports get it. */
export function told(history: Partial<LabHistory>): Told {
  const window = span(0, 24);
  const nothing = { sessions: [], experiments: [], nodes: [], workflows: [], events: 0, skipped: 0 };
  return {
    from: BigInt(window.start),
    to: BigInt(window.end),
    history: { window, ...nothing, ...history },
    generatedAt: "2025-12-01T00:00:00+00:00",
    skipped: 0,
    pace: () => undefined,
  };
}
