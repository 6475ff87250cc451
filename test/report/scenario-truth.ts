/**
 * What is true of a plan, worked out the slow way: time is cut wherever anything begins or ends, and of each piece it is asked
 * whether all that is needed holds. Nothing of the reports' own code.
 */
import type { FormName } from "./scenario-events.ts";
import {
  HOUR,
  type Piece,
  type Plan,
  type PlannedExperiment,
  type PlannedNode,
  type PlannedWorkcell,
  type PlannedWorkflow,
} from "./scenario-plan.ts";

interface Span {
  readonly start: number;
  readonly end: number;
}

interface TrueSession extends Span {
  readonly id: string;
  readonly before: boolean;
  readonly endedBy: "stop" | "restart" | "window";
}

interface NodeHours {
  readonly busy: number;
  readonly up: number;
  readonly error: number;
}

export interface Truth {
  readonly sessions: readonly (TrueSession & {
    readonly active: number;
    readonly experiments: ReadonlySet<string>;
    readonly nodes: ReadonlyMap<string, NodeHours>;
  })[];
  readonly unionHours: number;
  readonly sumHours: number;
  readonly activeHours: number;
  readonly experiments: ReadonlySet<string>;
  readonly busyHours: ReadonlyMap<string, number>;
  readonly days: readonly { readonly runtime: number; readonly active: number; readonly started: number }[];
  /** Author → id → status and hours. */
  readonly users: ReadonlyMap<string, ReadonlyMap<string, { readonly status: string; readonly hours: number | null }>>;
}

/** Time at which of every list something goes on, in hours. */
function hoursOfAll(...lists: readonly (readonly Span[])[]): number {
  const cuts = [...new Set(lists.flatMap((spans) => spans.flatMap(({ start, end }) => [start, end])))].sort(
    (a, b) => a - b,
  );
  const holds = (at: number) => lists.every((spans) => spans.some(({ start, end }) => start <= at && at < end));
  let length = 0;
  for (const [n, at] of cuts.entries()) if (holds(at)) length += cuts[n + 1]! - at;
  return length / HOUR;
}

export function truthOf(plan: Plan, form: FormName): Truth {
  const sessions = sessionsOf(plan);
  const holds = ({ id }: TrueSession, workcells: ReadonlySet<string>) =>
    id.startsWith("analysis_") || workcells.size === 0 || workcells.has(id);
  const attributed = plan.experiments.map((experiment) => ({
    experiment,
    spans: spansOf(experiment.runs.flatMap(({ pieces }) => pieces)),
    starts: experiment.runs.map(({ pieces }) => pieces[0]!.start),
    workcells: workcellsOf(experiment, plan, form),
  }));
  const within = ({ spans, starts }: (typeof attributed)[number], span: Span) =>
    hoursOfAll(spans, [span]) > 0 || starts.some((at) => at >= span.start && at < span.end);
  const detailed = sessions.map((session) => {
    const held = attributed.filter((one) => holds(session, one.workcells) && within(one, session));
    const active = held.flatMap(({ spans }) => cut(spans, session));
    const nodes = plan.nodes.filter((node) => sessionsOfNode(node, plan, sessions).includes(session));
    const hours = nodes.map((node) => [node.id, hoursOfNode(node, plan, sessions, [session])] as const);
    const experiments = new Set(held.map(({ experiment }) => experiment.id));
    return { ...session, spans: active, active: hoursOfAll(active), experiments, nodes: new Map(hours) };
  });
  const active = detailed.flatMap(({ spans }) => spans);
  const window = { start: plan.from, end: plan.to };
  return {
    sessions: detailed,
    unionHours: hoursOfAll(sessions),
    sumHours: sessions.reduce((sum, { start, end }) => sum + (end - start), 0) / HOUR,
    activeHours: hoursOfAll(active),
    experiments: new Set(attributed.filter((one) => within(one, window)).map(({ experiment }) => experiment.id)),
    busyHours: new Map(
      plan.nodes.map((node) => [node.id, hoursOfNode(node, plan, sessions, sessionsOfNode(node, plan, sessions)).busy]),
    ),
    days: plan.days.slice(0, -1).map((start, n) => {
      const day = { start, end: plan.days[n + 1]! };
      // One that is run again was started once: else days would not add up to weeks.
      const started = attributed.filter(({ starts }) => starts[0]! >= day.start && starts[0]! < day.end).length;
      return { runtime: hoursOfAll(sessions, [day]), active: hoursOfAll(active, [day]), started };
    }),
    users: usersOf(plan, form),
  };
}

function sessionsOf({ workcells, from, to }: Plan): TrueSession[] {
  const told = workcells.flatMap(({ id, sessions }) =>
    sessions.map(({ start, end }, n): TrueSession => {
      const next = sessions[n + 1]?.start ?? to;
      const real = end ?? next;
      const endedBy = real >= to ? "window" : end === null ? "restart" : "stop";
      return { id, start: Math.max(start, from), end: Math.min(real, to), before: start < from, endedBy };
    }),
  );
  const within = told.filter(({ start, end }) => start < end);
  if (within.length > 0) return within.sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1));
  return [{ id: `analysis_${Math.floor(from / 1e6)}`, start: from, end: to, before: false, endedBy: "window" }];
}

const spansOf = (pieces: readonly Piece[]) =>
  pieces.map(({ start, end }) => ({ start, end: end ?? Number.MAX_SAFE_INTEGER }));

const cut = (spans: readonly Span[], { start, end }: Span) =>
  spans
    .map((span) => ({ start: Math.max(span.start, start), end: Math.min(span.end, end) }))
    .filter((span) => span.start < span.end);

/** MADSci's current emitters tell nobody where an experiment runs. */
function workcellsOf(experiment: PlannedExperiment, { workflows, to }: Plan, form: FormName): Set<string> {
  if (form === "current") return new Set();
  if (experiment.workcell !== null) return new Set([experiment.workcell.id]);
  const its = workflows.filter((workflow) => workflow.experiment === experiment && workflow.submitted < to);
  return new Set(its.map(({ workcell }) => workcell!.id));
}

/** A workcell's start names its nodes, whose own events tell who bears the name; until both are told a node may be anybody's. */
function cellsOf({ workcells, byEngine, starts, stops }: PlannedNode, { to }: Plan): readonly PlannedWorkcell[] {
  const isNamed = byEngine || [...starts, ...stops].some((at) => at < to);
  return workcells.filter(({ sessions }) => byEngine || (isNamed && sessions.some(({ start }) => start < to)));
}

function sessionsOfNode(node: PlannedNode, plan: Plan, sessions: readonly TrueSession[]): TrueSession[] {
  const ids = cellsOf(node, plan).map(({ id }) => id);
  return sessions.filter(({ id }) => id.startsWith("analysis_") || ids.length === 0 || ids.includes(id));
}

function hoursOfNode(node: PlannedNode, plan: Plan, all: readonly TrueSession[], where: readonly Span[]): NodeHours {
  const up = upOf(node, plan);
  const busy = node.actions.map(({ start, end }) => ({
    start,
    end: end ?? unendedUntil(start, node, plan, all),
  }));
  const recovered = [
    ...node.starts,
    ...node.actions.flatMap(({ end, succeeds }) => (succeeds && end !== null ? [end] : [])),
  ];
  const error = node.errors.map((start) => {
    const after = recovered.filter((at) => at > start);
    return { start, end: Math.min(plan.to, ...after) };
  });
  const hours = (spans: readonly Span[]) =>
    hoursOfAll(
      where.flatMap((span) => cut(spans, span)),
      up,
    );
  return { busy: hours(busy), up: hoursOfAll(up, where), error: hours(error) };
}

/** A node that was not seen to start has been up for ever. */
function upOf({ starts, stops, errors, actions }: PlannedNode, { to }: Plan): Span[] {
  const changes = [...starts.map((at) => ({ at, up: true })), ...stops.map((at) => ({ at, up: false }))];
  changes.sort((a, b) => a.at - b.at);
  const first = Math.min(...stops, ...errors, ...actions.map(({ start }) => start));
  const early = !(changes[0]?.up && changes[0].at < first);
  const all = early ? [{ at: 0, up: true }, ...changes] : changes;
  return all.flatMap(({ at, up }, n) => (up ? [{ start: at, end: all[n + 1]?.at ?? to }] : []));
}

/** Until its node starts anew, or the last session it began in ends; begun outside of all, it is over at once. */
function unendedUntil(start: number, node: PlannedNode, plan: Plan, all: readonly TrueSession[]): number {
  const restart = Math.min(plan.to, ...node.starts.filter((at) => at > start));
  const known = cellsOf(node, plan);
  const cells = known.length > 0 ? known : plan.workcells;
  const ends = cells.flatMap(({ sessions }) =>
    sessions.flatMap((session, n) => {
      const end = session.end ?? sessions[n + 1]?.start ?? plan.to;
      return session.start <= start && start < end ? [end] : [];
    }),
  );
  if (ends.length > 0) return Math.min(restart, Math.max(...ends));
  // Where the window has no sessions, nobody can tell.
  return all[0]!.id.startsWith("analysis_") ? restart : start;
}

function usersOf({ workflows, from, to }: Plan, form: FormName): Truth["users"] {
  const users = new Map<string, Map<string, { status: string; hours: number | null }>>();
  const seen = (at: number | null) => at !== null && at >= from && at < to;
  for (const workflow of workflows.filter(({ submitted, end }) => seen(submitted) || seen(end))) {
    const ended = workflow.end !== null && workflow.end < to;
    // Today's servers do not say whose workflow begins.
    const author = form === "current" && !ended ? null : workflow.author;
    const rows = users.get(author ?? "Unknown Author") ?? new Map();
    users.set(author ?? "Unknown Author", rows.set(workflow.id, outcome(workflow, ended)));
  }
  return users;
}

function outcome({ start, end, status }: PlannedWorkflow, ended: boolean) {
  return ended ? { status, hours: (end! - start) / HOUR } : { status: "started", hours: null };
}
