/**
 * Node identity: which sightings are of the same node, and which workcells it belongs to.
 *
 * A name belongs to the id told with it. Where several ids bear one name, the one that works for the workcell in question is
 * meant, else one that works for no other. A workcell's start names its nodes in the same way. Source: spec sections 15.1, 15.4.
 */

import type { WholeSession } from "./sessions.ts";
import type { Sighting } from "./sighting.ts";

/** A node with all that was told of it. */
export interface Gathered {
  readonly id: string;
  readonly name: string | null;
  readonly workcells: Set<string>;
  readonly sightings: Sighting[];
}

export function gatherNodes(sightings: readonly Sighting[], sessions: readonly WholeSession[]): Gathered[] {
  const nodes = new Map<string, Gathered>();
  for (const sighting of sightings) if (sighting.id !== null) add(nodes, sighting.id, sighting);
  const bearers = bearersByName(nodes.values());
  for (const sighting of sightings) if (sighting.id === null) add(nodes, bearerOf(sighting, bearers), sighting);
  // All are found before any is added: who is free must not depend on the order of the workcells.
  const named = sessions
    .filter(({ type }) => type === "workcell")
    .flatMap((session) => namedBy(session, bearers, nodes));
  for (const [node, workcell] of named) node.workcells.add(workcell);
  return [...nodes.values()].sort((a, b) => firstOrder(a) - firstOrder(b));
}

function add(nodes: Map<string, Gathered>, id: string, sighting: Sighting): void {
  const [first = null] = sighting.names;
  let node = nodes.get(id);
  if (node === undefined) {
    node = { id, name: sighting.startedAs ?? first, workcells: new Set(), sightings: [] };
    nodes.set(id, node);
  }
  node.sightings.push(sighting);
  for (const workcell of sighting.workcells) node.workcells.add(workcell);
}

type Nodes = ReadonlyMap<string, Gathered>;
type Bearers = ReadonlyMap<string, readonly Gathered[]>;

/** Name → the nodes with an id that bear it, the one that started last at the end. */
function bearersByName(nodes: Iterable<Gathered>): Bearers {
  const bearers = new Map<string, Gathered[]>();
  for (const node of [...nodes].sort((a, b) => lastStart(a) - lastStart(b))) {
    for (const name of node.sightings[0]!.names) {
      const others = bearers.get(name);
      if (others === undefined) bearers.set(name, [node]);
      else others.push(node);
    }
  }
  return bearers;
}

const lastStart = ({ sightings }: Gathered) =>
  sightings[0]!.marks.findLast(({ step }) => step === "start")?.order ?? -1;

const firstOrder = ({ sightings }: Gathered) => Math.min(...sightings.map((sighting) => sighting.firstOrder));

/** Id of the node a sighting by name is of: the name itself where no id is known. */
function bearerOf({ names, workcells }: Sighting, bearers: Bearers): string {
  const [name = ""] = names;
  const [workcell] = workcells;
  const known = bearers.get(name) ?? [];
  const meant = workcell === undefined ? known : known.filter((node) => node.sightings[0]!.workcells.has(workcell));
  const free = known.filter((node) => node.sightings[0]!.workcells.size === 0);
  return (meant.at(-1) ?? free.at(-1) ?? known.at(-1))?.id ?? name;
}

/** The nodes a workcell's start names. */
function namedBy({ id, nodeNames }: WholeSession, bearers: Bearers, nodes: Nodes): [Gathered, string][] {
  return [...nodeNames].flatMap((name) => {
    const itself = nodes.get(name);
    const known = bearers.get(name) ?? (itself === undefined ? [] : [itself]);
    const served = known.filter(({ workcells }) => workcells.has(id));
    const free = known.filter(({ workcells }) => workcells.size === 0);
    const meant = known.length === 1 ? known : served.length > 0 ? served : free;
    return meant.map((node): [Gathered, string] => [node, id]);
  });
}
