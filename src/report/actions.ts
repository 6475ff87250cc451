/**
 * Actions: when each ran. One state machine per node and action id:
 *
 *   (none) ── running, started, in_progress ──▶ open ── an end, or unknown ──▶ (none)
 *
 * A node tells the states of its actions; the engine that sent them tells a little more, the time on the way included. What
 * the engine tells counts only for actions no node speaks of. Where both speak of one, it shows which workcell the node serves.
 * Source: MADSci 0.7.1, spec sections 8, 15.1 and 15.4.
 */
import type { ActionFact } from "./fact.ts";
import type { Sighting, Sightings } from "./sighting.ts";
import type { Micros } from "./types.ts";

/** An action as the engine tells it. */
interface Sent {
  readonly sighting: Sighting;
  readonly workcell: string | null;
  readonly start: Micros;
  readonly order: number;
  end: Micros | null;
}

export class Actions {
  readonly #from: Micros;
  readonly #sightings: Sightings;
  /** Action id → what the engine told, as long as no node speaks of it. */
  readonly #sent = new Map<string, Sent>();
  /** Action id → the node that speaks of it, until the engine has it back. */
  readonly #told = new Map<string, Sighting>();

  constructor(from: Micros, sightings: Sightings) {
    this.#from = from;
    this.#sightings = sightings;
  }

  take(fact: ActionFact, order: number): void {
    const sighting = this.#sightings.see(fact, order);
    if (fact.by === "node") this.#byNode(fact, sighting, order);
    else this.#byEngine(fact, sighting, order);
  }

  /** Hands what only engines told to the nodes. */
  finish(): void {
    for (const [id, { sighting, start, end, order }] of this.#sent) {
      if (end === null) sighting.open.set(`sent ${id}`, { start, order, by: "engine" });
      else this.#done(sighting, start, end);
    }
    this.#sent.clear();
  }

  #byNode({ id, step, at, succeeded }: ActionFact, sighting: Sighting, order: number): void {
    const sent = this.#sent.get(id);
    if (sent !== undefined && sent.workcell !== null) sighting.workcells.add(sent.workcell);
    this.#sent.delete(id);
    this.#told.set(id, sighting);
    const open = sighting.open.get(id);
    if (step === "open" && open === undefined) sighting.open.set(id, { start: at, order, by: "node" });
    if (step !== "close") return;
    if (succeeded) this.#sightings.succeed(sighting, at);
    if (open === undefined) return;
    sighting.open.delete(id);
    this.#done(sighting, open.start, at);
  }

  #byEngine(fact: ActionFact, sighting: Sighting, order: number): void {
    const { id, step, at, workcell } = fact;
    const speaker = this.#told.get(id);
    if (speaker !== undefined) {
      if (workcell !== null) speaker.workcells.add(workcell);
      if (step === "close") this.#told.delete(id);
      return;
    }
    const sent = this.#sent.get(id);
    if (step === "close") {
      // An engine that gave up on an action says so, and then that it got the node back.
      if (sent !== undefined) sent.end ??= at;
      return;
    }
    if (sent !== undefined && sent.end === null) return;
    if (sent !== undefined) this.#done(sent.sighting, sent.start, sent.end!);
    this.#sent.set(id, { sighting, workcell, start: at, order, end: null });
  }

  #done(sighting: Sighting, start: Micros, end: Micros): void {
    if (end > start && end > this.#from) sighting.done.push({ start, end });
  }
}
