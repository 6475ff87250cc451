/**
 * Node identity: which sightings are of the same node, and which workcells it belongs to.
 *
 * A name belongs to the id told with it. Where several ids bear one name, the one that works for the workcell in question is
 * meant, else one that works for no other. A workcell's start names its nodes in the same way. Source: spec sections 15.1, 15.4.
 */
import type { Allowance } from "./allowance.ts";
import type { WholeSession } from "./sessions.ts";
import type { Sighting } from "./sighting.ts";

/** A node with all that was told of it. */
export interface Gathered {
  readonly id: string;
  readonly name: string | null;
  /** Its id too: a workcell may call it by that. */
  readonly names: Set<string>;
  readonly workcells: Set<string>;
  readonly sightings: Sighting[];
}

/** @throws EventStoreError `EVT_INVALID_OPTION` where workcells name too many */
export function gatherNodes(
  sightings: readonly Sighting[],
  sessions: readonly WholeSession[],
  allowance: Allowance,
): Gathered[] {
  const nodes = new Map<string, Gathered>();
  for (const sighting of sightings) if (sighting.id !== null) add(nodes, sighting.id, sighting);
  const bearers = bearersByName(nodes.values());
  for (const sighting of sightings) if (sighting.id === null) add(nodes, bearerOf(sighting, bearers), sighting);
  for (const [node, workcell] of named(sessions, nodes, allowance)) node.workcells.add(workcell);
  return [...nodes.values()].sort((a, b) => firstOrder(a) - firstOrder(b));
}

function add(nodes: Map<string, Gathered>, id: string, sighting: Sighting): void {
  const [first = null] = sighting.names;
  let node = nodes.get(id);
  if (node === undefined) {
    node = { id, name: sighting.startedAs ?? first, names: new Set([id]), workcells: new Set(), sightings: [] };
    nodes.set(id, node);
  }
  node.sightings.push(sighting);
  for (const name of sighting.names) node.names.add(name);
  for (const workcell of sighting.workcells) node.workcells.add(workcell);
}

/** The nodes of one name, in order of their last start: all, those of each workcell, and those of none. */
interface Bearers {
  readonly all: Gathered[];
  readonly serving: Map<string, Gathered[]>;
  readonly free: Gathered[];
}

function bearersByName(nodes: Iterable<Gathered>): Map<string, Bearers> {
  const byName = new Map<string, Bearers>();
  for (const node of [...nodes].sort((a, b) => lastStart(a) - lastStart(b))) {
    for (const name of node.names) {
      const bearers: Bearers = byName.get(name) ?? { all: [], serving: new Map(), free: [] };
      byName.set(name, bearers);
      bearers.all.push(node);
      if (node.workcells.size === 0) bearers.free.push(node);
      for (const workcell of node.workcells) {
        const serving = bearers.serving.get(workcell);
        if (serving === undefined) bearers.serving.set(workcell, [node]);
        else serving.push(node);
      }
    }
  }
  return byName;
}

const lastStart = ({ sightings }: Gathered) => sightings[0]!.lastStart;

const firstOrder = ({ sightings }: Gathered) =>
  sightings.reduce((first, sighting) => Math.min(first, sighting.firstOrder), Number.POSITIVE_INFINITY);

/** Id of the node a sighting by name is of: the name itself where no id is known. */
function bearerOf({ names, workcells }: Sighting, byName: ReadonlyMap<string, Bearers>): string {
  const [name = ""] = names;
  const [workcell = ""] = workcells;
  const bearers = byName.get(name);
  const meant = bearers?.serving.get(workcell)?.at(-1) ?? bearers?.free.at(-1) ?? bearers?.all.at(-1);
  return meant?.id ?? name;
}

/** The nodes that the starts of workcells name. All are found before any is added: who is free must not depend on the order. */
function named(
  sessions: readonly WholeSession[],
  nodes: ReadonlyMap<string, Gathered>,
  allowance: Allowance,
): [Gathered, string][] {
  const byName = bearersByName(nodes.values());
  return [...namesByWorkcell(sessions)].flatMap(([id, names]) =>
    [...names].flatMap((name) => {
      const { all, serving, free } = byName.get(name) ?? NOBODY;
      const meant = all.length === 1 ? all : (serving.get(id) ?? free);
      if (meant.length > 1) allowance.take(meant.length);
      return meant.map((node): [Gathered, string] => [node, id]);
    }),
  );
}

/** Each once, however often the workcell starts. */
function namesByWorkcell(sessions: readonly WholeSession[]): Map<string, Set<string>> {
  const named = new Map<string, Set<string>>();
  for (const { id, type, nodeNames } of sessions) {
    if (type !== "workcell" || nodeNames.size === 0) continue;
    const names = named.get(id) ?? new Set();
    named.set(id, names);
    for (const name of nodeNames) names.add(name);
  }
  return named;
}

const NOBODY: Bearers = { all: [], serving: new Map(), free: [] };
