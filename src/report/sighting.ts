/**
 * Sightings: what was told of each node, gathered while events pass.
 *
 * A node is told of by its id, or only by its name, and which id a name belongs to may be told later. So what is told is
 * kept apart by id and by (workcell, name) first and joined at the end (node-identity.ts). Workcells may name their nodes alike.
 *
 * Of the very much that is told, only what can make a difference is kept: the first instant after each start of a session,
 * marks after which a node's state may be another one than before them, and busy time as pairs of numbers.
 */
import type { NodeFact, NodeRef } from "./fact.ts";
import { join } from "./interval.ts";
import { countUntil } from "./sorted.ts";
import type { Micros } from "./types.ts";

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
export interface OpenAction {
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
  /** Instants within the window at which something was told: the first one, and the first from each start of a session on. */
  readonly seen: Micros[];
  /** The last instant within the window at which something was told. */
  lastSeen: Micros;
  readonly marks: Mark[];
  /** Orders of the last mark of an error, and of the last one that ends an error. */
  lastError: number;
  lastWell: number;
  /** By the node's own id of the action; by its number where engines alone told of it. */
  readonly open: Map<string | number, OpenAction>;
  /** Start and end of the time of actions that are over, joined where they follow each other. */
  readonly done: Micros[];
  /** How engines reached the node last. */
  route: Route | null;
}

/** How an engine means a node, and of which workcell it is: one object for very many actions. */
export interface Route {
  readonly node: NodeRef;
  readonly sighting: Sighting;
  readonly workcell: string | null;
}

export class Sightings {
  readonly #from: Micros;
  readonly #byId = new Map<string, Sighting>();
  readonly #byName = new Map<string, Sighting>();
  /** Instants at which sessions start, in order. */
  readonly #starts: Micros[] = [];
  #lastStart = Number.NEGATIVE_INFINITY;
  /** Orders of the last marks told of a node by its name alone, and of any: what is told of a name may be of any id. */
  readonly #named = { error: -1, well: -1 };
  readonly #any = { error: -1, well: -1 };

  constructor(from: Micros) {
    this.#from = from;
  }

  all(): readonly Sighting[] {
    return [...this.#byId.values(), ...this.#byName.values()];
  }

  /** What was told of a node before, if anything was. */
  known({ node, workcell }: Pick<SeeingFact, "node" | "workcell">): Sighting | undefined {
    return node.id !== null ? this.#byId.get(node.id) : this.#byName.get(nameKey(node, workcell));
  }

  /** All of them, once nothing more is told. */
  finish(): readonly Sighting[] {
    const all = this.all();
    for (const sighting of all) this.#keepLastSeen(sighting);
    return all;
  }

  /** A session may start. */
  begin(at: Micros): void {
    if (this.#lastStart !== at) this.#starts.push(at);
    this.#lastStart = at;
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
    if (step !== "seen") this.#mark(sighting, { at, order, step });
  }

  /** Notes that a node was told of. */
  see(fact: SeeingFact, order: number): Sighting {
    const { at, node, workcell } = fact;
    const sighting = this.known(fact) ?? unseen(node, order);
    if (sighting.firstOrder === order) {
      if (node.id !== null) this.#byId.set(node.id, sighting);
      else this.#byName.set(nameKey(node, workcell), sighting);
    }
    if (node.name !== null) sighting.names.add(node.name);
    sighting.speaks ||= node.own;
    if (workcell !== null) sighting.workcells.add(workcell);
    if (at >= this.#from) this.#seen(sighting, at);
    return sighting;
  }

  /** An action succeeded. */
  succeed(sighting: Sighting, at: Micros, order: number): void {
    this.#mark(sighting, { at, order, step: "well" });
  }

  /** An action is over. */
  done({ done }: Sighting, start: Micros, end: Micros): void {
    if (end > start && end > this.#from) join(done, start, end);
  }

  #seen(sighting: Sighting, at: Micros): void {
    const { seen } = sighting;
    if (seen.length === 0) seen.push(at);
    else if (at > sighting.lastSeen && seen.at(-1)! < this.#lastStart) {
      this.#keepLastSeen(sighting);
      if (this.#startsWithin(sighting.lastSeen, at)) seen.push(at);
    }
    sighting.lastSeen = at;
  }

  /** A session that starts at an instant may be told of after what is seen then. */
  #keepLastSeen({ seen, lastSeen }: Sighting): void {
    if (seen.length > 0 && this.#startsWithin(seen.at(-1)!, lastSeen)) seen.push(lastSeen);
  }

  /** Whether a session starts after one instant, and not after another. */
  #startsWithin(after: Micros, until: Micros): boolean {
    const next = this.#starts[countUntil(this.#starts, (start) => start <= after)];
    return next !== undefined && next <= until;
  }

  /** Keeps what may change the state of the node, whichever of the other sightings turn out to be of the same. */
  #mark(sighting: Sighting, mark: Mark): void {
    const { step, order } = mark;
    const others = sighting.id === null ? this.#any : this.#named;
    const isNew =
      step === "error"
        ? sighting.lastError < 0 || Math.max(sighting.lastWell, others.well) > sighting.lastError
        : step !== "well" || Math.max(sighting.lastError, others.error) > sighting.lastWell;
    if (isNew) sighting.marks.push(mark);
    if (step === "stop") return;
    const kind = step === "error" ? "error" : "well";
    if (kind === "error") sighting.lastError = order;
    else sighting.lastWell = order;
    this.#any[kind] = order;
    if (sighting.id === null) this.#named[kind] = order;
  }
}

interface SeeingFact {
  readonly at: Micros;
  readonly workcell: string | null;
  readonly node: NodeRef;
}

const nameKey = ({ name }: NodeRef, workcell: string | null) => `${workcell ?? ""}\0${name}`;

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
    lastSeen: Number.NEGATIVE_INFINITY,
    marks: [],
    lastError: -1,
    lastWell: -1,
    open: new Map(),
    done: [],
    route: null,
  };
}
