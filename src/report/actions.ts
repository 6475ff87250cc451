/**
 * Actions: when each ran. One state machine per node and action id:
 *
 *   (none) ── running, started, in_progress ──▶ open ── an end, or unknown ──▶ (none)
 *
 * A node tells the states of its actions; the engine that sent them tells a little more, the time on the way included. What
 * the engine tells counts only for actions no node speaks of. Where both speak of one, it shows which workcell the node serves.
 * Which node speaks of an action is never forgotten: an engine may tell of it at any time after.
 *
 * Of those that are open at the window's end, what is told later decides whether they went on: else a window split in two would
 * not add up. Source: MADSci 0.7.1, spec sections 8, 15.1 and 15.4.
 */
import { Early } from "./early.ts";
import type { ActionFact, NodeRef } from "./fact.ts";
import { IdTable } from "./id-table.ts";
import type { OpenAction, Route, Sighting, Sightings } from "./sighting.ts";
import type { Micros } from "./types.ts";

/** An action as an engine tells it. */
class Sent {
  readonly route: Route;
  readonly start: Micros;
  readonly order: number;
  /** The same action sent before, there or to another node. */
  before: Sent | null;
  end: Micros | null = null;

  constructor(route: Route, start: Micros, order: number, before: Sent | null) {
    this.route = route;
    this.start = start;
    this.order = order;
    this.before = before;
  }
}

/** For so long an engine's word on an action waits for the node's own. */
export const ON_ITS_WAY: Micros = 60_000_000;

export class Actions {
  readonly #sightings: Sightings;
  #ids = new IdTable();
  /** By number of the action: what engines told last of it, as long as it counts; else the node that speaks of it. */
  readonly #known: (Sent | Sighting)[] = [];
  /** Number of the action → the nodes that speak of it, where `#known` does not tell. */
  readonly #speakers = new Map<number, Sighting[]>();
  /** Ends of actions that have not begun: one that begins at the same instant takes no time. */
  readonly #early = new Early<true>();
  /** Open at the window's end: what is told later may make a difference. */
  readonly #undecided = new Set<OpenAction | Sent>();

  constructor(sightings: Sightings) {
    this.#sightings = sightings;
  }

  take(fact: ActionFact, order: number): void {
    const sighting = this.#sightings.see(fact, order);
    sighting.firstSign ??= { order, isStart: false };
    if (fact.by === "node") this.#byNode(fact, sighting, order);
    else this.#byEngine(fact, sighting, order);
  }

  /**
   * The window is over. Notes the open actions that may not have gone on until then: those whose session has ended, whose node has
   * started again, or of which only an engine has told yet. `changed` is when a session last began or ended.
   */
  lookAhead(changed: Micros): void {
    for (const { open, lastStart } of this.#sightings.all())
      for (const action of open.values())
        if (action.start <= changed || action.order < lastStart) this.#undecided.add(action);
    for (const known of this.#known) for (const sent of sentOf(known)) if (sent.end === null) this.#undecided.add(sent);
  }

  get isUndecided(): boolean {
    return this.#undecided.size > 0;
  }

  /** Takes what is told after the window: that what was open then ended, or that the engine's word on it does not count. */
  takeLater(fact: ActionFact): void {
    const { by, id, step, at, node } = fact;
    const number = this.#ids.find(id);
    const known = number < 0 ? undefined : this.#known[number];
    if (by === "engine") {
      const sent = step === "close" ? lastSent(known, node) : undefined;
      if (sent === undefined || sent.end !== null) return;
      sent.end = at;
      this.#undecided.delete(sent);
      return;
    }
    const sighting = this.#sightings.known(fact);
    const names = sighting?.names ?? new Set(node.name === null ? [] : [node.name]);
    if (known instanceof Sent) this.#forget(known, { id: node.id, names });
    const open = sighting?.open.get(id);
    if (sighting === undefined || open === undefined || step !== "close") return;
    sighting.open.delete(id);
    this.#undecided.delete(open);
    this.#sightings.done(sighting, open.start, at);
  }

  /** What engines told of a node's action does not count. */
  #forget(known: Sent, node: Named): void {
    for (const sent of sentOf(known)) {
      // One without length is none.
      if (isSame(node, sent.route.node) && this.#undecided.delete(sent)) sent.end = sent.start;
    }
  }

  /** Hands what only engines told to the nodes. */
  finish(): void {
    for (const [number, known] of this.#known.entries()) {
      for (const { route, start, end, order } of sentOf(known).reverse()) {
        if (end === null) route.sighting.open.set(number, { start, order, by: "engine" });
        else this.#sightings.done(route.sighting, start, end);
      }
    }
    // Nothing of it is needed any more.
    this.#known.length = 0;
    this.#ids = new IdTable();
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
    this.#sightings.done(sighting, open.start, at);
  }

  /** From now on what engines tell of the action does not count. */
  #speak(id: string, sighting: Sighting): void {
    const number = this.#ids.find(id);
    if (number < 0) {
      this.#ids.add(id);
      this.#known.push(sighting);
      return;
    }
    const known = this.#known[number]!;
    if (known === sighting) return;
    const speakers = this.#speakersOf(number);
    if (!speakers.includes(sighting)) speakers.push(sighting);
    this.#speakers.set(number, speakers);
    if (!(known instanceof Sent)) return;
    let others: Sent | null = null;
    for (const sent of sentOf(known).reverse()) {
      const { node, workcell } = sent.route;
      if (!isSame(sighting, node)) {
        sent.before = others;
        others = sent;
      } else if (workcell !== null) sighting.workcells.add(workcell);
    }
    this.#known[number] = others ?? sighting;
    if (others === null && speakers.length === 1) this.#speakers.delete(number);
  }

  #byEngine(fact: ActionFact, sighting: Sighting, order: number): void {
    const { id, step, at, workcell, node } = fact;
    const number = this.#ids.find(id);
    const known = number < 0 ? undefined : this.#known[number];
    const speaker = this.#speakersOf(number).find((one) => isSame(one, node));
    if (speaker !== undefined) {
      if (workcell !== null) speaker.workcells.add(workcell);
      return;
    }
    const sent = lastSent(known, node);
    if (step === "close") {
      // An engine that gave up on an action says so, and then that it got the node back.
      if (sent !== undefined) sent.end ??= at;
      return;
    }
    // Sent again after its end it counts again.
    if (sent !== undefined && sent.end === null) return;
    const last = known instanceof Sent ? known : null;
    const next = new Sent(routeTo(sighting, node, workcell), at, order, last);
    if (number < 0) {
      this.#ids.add(id);
      this.#known.push(next);
      return;
    }
    if (last === null) this.#speakers.set(number, this.#speakersOf(number));
    this.#known[number] = next;
  }

  #speakersOf(number: number): Sighting[] {
    const known = number < 0 ? undefined : this.#known[number];
    const alone = known === undefined || known instanceof Sent ? [] : [known];
    return this.#speakers.get(number) ?? alone;
  }
}

/** What engines told of an action, the last first. */
function sentOf(known: Sent | Sighting | undefined): Sent[] {
  const all: Sent[] = [];
  for (let sent = known instanceof Sent ? known : null; sent !== null; sent = sent.before) all.push(sent);
  return all;
}

const lastSent = (known: Sent | Sighting | undefined, { id, name }: NodeRef) =>
  sentOf(known).find(({ route }) => route.node.id === id && route.node.name === name);

/** Most actions reach their node as the one before did. */
function routeTo(sighting: Sighting, node: NodeRef, workcell: string | null): Route {
  const last = sighting.route;
  if (last !== null && last.node.id === node.id && last.node.name === node.name && last.workcell === workcell)
    return last;
  sighting.route = { node, sighting, workcell };
  return sighting.route;
}

/** What is told first of a node is told of no other. */
const keyOf = ({ firstOrder }: Sighting, id: string) => `${firstOrder} ${id}`;

type Named = Pick<Sighting, "id" | "names">;

/** Whether an engine may mean the node: it names most nodes, whose names may not be known yet. */
function isSame({ id, names }: Named, node: NodeRef): boolean {
  if (node.id !== null) return id === node.id;
  return names.size === 0 || names.has(node.name!);
}
