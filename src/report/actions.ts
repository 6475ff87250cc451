/**
 * Actions: when each ran. One state machine per node and action id:
 *
 *   (none) ── running, started, in_progress ──▶ open ── an end, or unknown ──▶ (none)
 *
 * A node tells the states of its actions; the engine that sent them tells a little more, the time on the way included. What
 * the engine tells counts only for actions no node speaks of. Where both speak of one, it shows which workcell the node serves.
 * Source: MADSci 0.7.1, spec sections 8, 15.1 and 15.4.
 */
import { Early } from "./early.ts";
import type { ActionFact, NodeRef } from "./fact.ts";
import type { Sighting, Sightings } from "./sighting.ts";
import type { Micros } from "./types.ts";

/** An action as the engine tells it. */
interface Sent {
  readonly node: NodeRef;
  readonly sighting: Sighting;
  readonly workcell: string | null;
  readonly start: Micros;
  readonly order: number;
  end: Micros | null;
}

export class Actions {
  readonly #from: Micros;
  readonly #sightings: Sightings;
  /** Action id → what engines told, by node, as long as no node speaks of it. */
  readonly #sent = new Map<string, Sent[]>();
  /** Action id → the nodes that speak of it. */
  readonly #told = new Map<string, Sighting[]>();
  /** Ends of actions that have not begun: one that begins at the same instant takes no time. */
  readonly #early = new Early<true>();

  constructor(from: Micros, sightings: Sightings) {
    this.#from = from;
    this.#sightings = sightings;
  }

  take(fact: ActionFact, order: number): void {
    const sighting = this.#sightings.see(fact, order);
    sighting.firstSign ??= { order, isStart: false };
    if (fact.by === "node") this.#byNode(fact, sighting, order);
    else this.#byEngine(fact, sighting, order);
  }

  /** Hands what only engines told to the nodes. */
  finish(): void {
    for (const [id, all] of this.#sent) {
      for (const { sighting, start, end, order } of all) {
        if (end === null) sighting.open.set(`sent ${id}`, { start, order, by: "engine" });
        else this.#done(sighting, start, end);
      }
    }
    this.#sent.clear();
  }

  #byNode({ id, step, at, succeeded }: ActionFact, sighting: Sighting, order: number): void {
    this.#speak(id, sighting);
    const open = sighting.open.get(id);
    if (step === "open" && open === undefined && this.#early.at(keyOf(sighting, id), at).length === 0)
      sighting.open.set(id, { start: at, order, by: "node" });
    if (step !== "close") return;
    if (succeeded) this.#sightings.succeed(sighting, at, order);
    if (open === undefined) {
      this.#early.add(keyOf(sighting, id), at, true);
      return;
    }
    sighting.open.delete(id);
    this.#done(sighting, open.start, at);
  }

  /** From now on what engines tell of the action does not count. */
  #speak(id: string, sighting: Sighting): void {
    const speakers = this.#told.get(id);
    if (speakers === undefined) this.#told.set(id, [sighting]);
    else if (!speakers.includes(sighting)) speakers.push(sighting);
    const sent = this.#sent.get(id);
    if (sent === undefined) return;
    for (const { node, workcell } of sent)
      if (workcell !== null && isSame(sighting, node)) sighting.workcells.add(workcell);
    const others = sent.filter(({ node }) => !isSame(sighting, node));
    if (others.length > 0) this.#sent.set(id, others);
    else this.#sent.delete(id);
  }

  #byEngine(fact: ActionFact, sighting: Sighting, order: number): void {
    const { id, step, at, workcell } = fact;
    const speakers = this.#told.get(id);
    const speaker = speakers?.find((one) => isSame(one, fact.node));
    if (speaker !== undefined) {
      if (workcell !== null) speaker.workcells.add(workcell);
      return;
    }
    const all = this.#sent.get(id) ?? [];
    const sent = all.findLast(({ node }) => node.id === fact.node.id && node.name === fact.node.name);
    if (step === "close") {
      // An engine that gave up on an action says so, and then that it got the node back.
      if (sent !== undefined) sent.end ??= at;
      return;
    }
    // Sent again after its end it counts again.
    if (sent !== undefined && sent.end === null) return;
    all.push({ node: fact.node, sighting, workcell, start: at, order, end: null });
    this.#sent.set(id, all);
  }

  #done(sighting: Sighting, start: Micros, end: Micros): void {
    if (end > start && end > this.#from) sighting.done.push({ start, end });
  }
}

/** What is told first of a node is told of no other. */
const keyOf = ({ firstOrder }: Sighting, id: string) => `${firstOrder} ${id}`;

/** Whether an engine may mean the node: it names most nodes, whose names may not be known yet. */
function isSame({ id, names }: Sighting, node: NodeRef): boolean {
  if (node.id !== null) return id === node.id;
  return names.size === 0 || names.has(node.name!);
}
