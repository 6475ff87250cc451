/** Shares: each session with what belongs to it, cut to it. */
import type { Allowance } from "./allowance.ts";
import type { KnownExperiment } from "./experiments.ts";
import { cut, unionOf } from "./interval.ts";
import { holds } from "./membership.ts";
import type { Pace } from "./pace.ts";
import { countUntil } from "./sorted.ts";
import type { Interval, LabNode, Micros, NodeShare, Session, SessionShare, Spans } from "./types.ts";

/** How long before the end a node's stop is part of the shutdown. */
const SHUTDOWN = 60_000_000;

/** A node and what decides where it is listed. */
export interface ListedNode {
  readonly node: LabNode;
  /** Instants within the window at which something was told of it, in order. */
  readonly seen: ArrayLike<Micros>;
  /** Its start was told, at some time. */
  readonly started: boolean;
}

/** `sessions` come in order of start; what is told last in the window is told at `lastAt`. */
export async function shareOut(
  sessions: readonly Session[],
  experiments: readonly KnownExperiment[],
  nodes: readonly ListedNode[],
  { lastAt, pace, allowance }: { readonly lastAt: Micros; readonly pace: Pace; readonly allowance: Allowance },
): Promise<SessionShare[]> {
  const shares: SessionShare[] = [];
  const under = underWay(experiments);
  const candidates = byWorkcell(nodes);
  for (const session of sessions) {
    const running = under(session).filter((experiment) => runsIn(session, experiment));
    const active = unionOf(running.map((experiment) => cut(experiment.running, session)));
    const listed = nodesOf(session, candidates(session), lastAt);
    allowance.take(running.length, active.length);
    for (const { up, busy, error } of listed) allowance.take(1, up.length + busy.length + error.length);
    shares.push({ session, experiments: running, active, nodes: listed });
    const pause = pace();
    if (pause) await pause;
  }
  return shares;
}

/** The nodes a session may hold, in their own order: those of other workcells, which may be many, are not looked at. */
function byWorkcell(nodes: readonly ListedNode[]): (session: Session) => readonly ListedNode[] {
  const common: number[] = [];
  const own = new Map<string, number[]>();
  for (const [rank, { node }] of nodes.entries()) {
    if (node.workcells.size === 0) common.push(rank);
    for (const id of node.workcells) {
      const ranks = own.get(id);
      if (ranks === undefined) own.set(id, [rank]);
      else ranks.push(rank);
    }
  }
  return ({ type, id }) => {
    if (type !== "workcell") return nodes;
    const ranks = [...common, ...(own.get(id) ?? [])];
    return ranks.sort((a, b) => a - b).map((rank) => nodes[rank]!);
  };
}

interface Extent extends Interval {
  readonly experiment: KnownExperiment;
  readonly rank: number;
}

/** The experiments that may run in a session, in their own order: asked in order of the sessions' start, each is dropped when over. */
function underWay(experiments: readonly KnownExperiment[]): (session: Interval) => KnownExperiment[] {
  const coming = experiments.map(extentOf).sort((a, b) => a.start - b.start);
  let next = 0;
  let current: Extent[] = [];
  return ({ start, end }) => {
    current = current.filter((extent) => extent.end >= start);
    const reached = next;
    while (next < coming.length && coming[next]!.start < end) current.push(coming[next++]!);
    if (next > reached) current.sort((a, b) => a.rank - b.rank);
    return current.map(({ experiment }) => experiment);
  };
}

/** From the first to the last thing told of it in the window. */
function extentOf(experiment: KnownExperiment, rank: number): Extent {
  const { starts, running } = experiment;
  const ran = running.length > 0;
  const start = Math.min(starts[0] ?? Number.POSITIVE_INFINITY, ran ? running.start(0) : Number.POSITIVE_INFINITY);
  const end = Math.max(starts.at(-1) ?? start, ran ? running.end(running.length - 1) : start);
  return { experiment, rank, start, end };
}

function runsIn(session: Session, { running, starts, workcells }: KnownExperiment): boolean {
  if (!holds(session, workcells)) return false;
  if (cut(running, session).length > 0) return true;
  const started = starts[countUntil(starts, (at) => at < session.start)];
  return started !== undefined && started < session.end;
}

function nodesOf(session: Session, nodes: readonly ListedNode[], lastAt: Micros): NodeShare[] {
  // Where nobody told of an end, the lab ended with the last thing told.
  const end = session.type === "default_analysis" ? Math.min(lastAt, session.end) : session.end;
  const listed = nodes.flatMap((listing) => {
    const first = listing.seen[countUntil(listing.seen, (at) => at < session.start)] ?? session.end;
    const active = first < session.end;
    if (!active && !standsBy(session, listing)) return [];
    return [{ first, share: new CutNode(listing.node, session, end) }];
  });
  return listed.sort((a, b) => a.first - b.first).map(({ share }) => share);
}

/** Nothing is told of it, but it is known to be there: at work or in error since before, or up and one of the workcell's. */
function standsBy(session: Session, { node, started }: ListedNode): boolean {
  if (cut(node.busy, session).length > 0 || cut(node.error, session).length > 0) return true;
  if (!started || node.workcells.size === 0 || cut(node.up, session).length === 0) return false;
  // A session that names its nodes names all of them; the node may have been taken away since.
  const { nodeNames } = session;
  return nodeNames.size === 0 || nodeNames.has(node.id) || (node.name !== null && nodeNames.has(node.name));
}

/** Its times are cut when they are asked for: there may be very many of these. */
class CutNode implements NodeShare {
  readonly node: LabNode;
  readonly state: NodeShare["state"];
  readonly #session: Session;

  constructor(node: LabNode, session: Session, end: Micros) {
    this.node = node;
    this.#session = session;
    this.state = stateAt(end, this);
  }

  get up(): Spans {
    return cut(this.node.up, this.#session);
  }

  get busy(): Spans {
    return cut(this.node.busy, this.#session);
  }

  get error(): Spans {
    return cut(this.node.error, this.#session);
  }
}

type Times = Pick<NodeShare, "up" | "busy" | "error">;

function stateAt(end: Micros, { up, busy, error }: Times): NodeShare["state"] {
  const last = lastEnd(up);
  if (last === undefined || last < end - SHUTDOWN) return "inactive";
  // A stop in the last minute is the shutdown: the state before it is told.
  if (lastEnd(error) === last) return "error";
  return lastEnd(busy) === last ? "busy" : "idle";
}

const lastEnd = (spans: Spans) => (spans.length === 0 ? undefined : spans.end(spans.length - 1));
