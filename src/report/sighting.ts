/**
 * Sightings: what was told of each node, gathered while events pass.
 *
 * A node is told of by its id, or only by its name, and which id a name belongs to may be told later. So what is told is
 * kept apart by id and by (workcell, name) first and joined at the end (node-identity.ts). Workcells may name their nodes alike.
 */
import type { NodeFact, NodeRef } from "./fact.ts";
import type { Interval, Micros } from "./types.ts";

/**
 * What may change a node's state; `well` is a status without error, or an action that succeeded. `order` counts facts, since two
 * may bear the same instant.
 */
export interface Mark {
  readonly at: Micros;
  readonly order: number;
  readonly step: "start" | "stop" | "error" | "well";
}

/** An action that has begun and not yet ended. */
interface OpenAction {
  readonly start: Micros;
  readonly order: number;
  readonly by: "node" | "engine";
}

/** What was told of one node under one of its names. */
export interface Sighting {
  readonly id: string | null;
  /** All names told with it, in order; `startedAs` is the first its own start told. */
  readonly names: Set<string>;
  startedAs: string | null;
  /** Order of its last start; -1 where none was told. */
  lastStart: number;
  readonly workcells: Set<string>;
  /** The node itself told something. */
  speaks: boolean;
  /** Order of the first thing told. */
  readonly firstOrder: number;
  /** The first thing told that shows whether it was up: not what others say of its state, who may be looking for it in vain. */
  firstSign: { readonly order: number; readonly isStart: boolean } | null;
  /** Instants of all that was told within the window. */
  readonly seen: Micros[];
  readonly marks: Mark[];
  readonly open: Map<string, OpenAction>;
  readonly done: Interval[];
}

export class Sightings {
  readonly #from: Micros;
  readonly #byId = new Map<string, Sighting>();
  readonly #byName = new Map<string, Sighting>();

  constructor(from: Micros) {
    this.#from = from;
  }

  get all(): readonly Sighting[] {
    return [...this.#byId.values(), ...this.#byName.values()];
  }

  take(fact: NodeFact, order: number): void {
    const { at, step, node } = fact;
    const sighting = this.see(fact, order);
    const showsItself = node.own || step === "start" || step === "stop" || step === "error";
    if (showsItself) sighting.firstSign ??= { order, isStart: step === "start" };
    if (step === "start") {
      sighting.startedAs ??= node.name;
      sighting.lastStart = order;
    }
    if (step !== "seen") sighting.marks.push({ at, order, step });
  }

  /** Notes that a node was told of. */
  see(fact: SeeingFact, order: number): Sighting {
    const { at, node, workcell } = fact;
    const shelf = node.id !== null ? this.#byId : this.#byName;
    const key = node.id ?? `${workcell ?? ""}\0${node.name}`;
    const sighting = shelf.get(key) ?? unseen(node, order);
    if (sighting.firstOrder === order) shelf.set(key, sighting);
    if (node.name !== null) sighting.names.add(node.name);
    sighting.speaks ||= node.own;
    if (workcell !== null) sighting.workcells.add(workcell);
    if (at >= this.#from) sighting.seen.push(at);
    return sighting;
  }

  /** An action succeeded. */
  succeed({ marks }: Sighting, at: Micros, order: number): void {
    // Of many before the window the last one tells enough.
    if (at < this.#from && marks.at(-1)?.step === "well") marks.pop();
    marks.push({ at, order, step: "well" });
  }
}

interface SeeingFact {
  readonly at: Micros;
  readonly workcell: string | null;
  readonly node: NodeRef;
}

function unseen({ id }: NodeRef, firstOrder: number): Sighting {
  return {
    id,
    names: new Set(),
    startedAs: null,
    lastStart: -1,
    workcells: new Set(),
    speaks: false,
    firstOrder,
    firstSign: null,
    seen: [],
    marks: [],
    open: new Map(),
    done: [],
  };
}
