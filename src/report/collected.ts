/** Collected: the state machines of a sweep, and how at its end they make one history. */
import { Actions } from "./actions.ts";
import { sharesAllowance } from "./allowance.ts";
import { Experiments } from "./experiments.ts";
import type { Fact } from "./fact.ts";
import { homes } from "./membership.ts";
import { type Gathered, gatherNodes } from "./node-identity.ts";
import { type Known, nodeTimes } from "./node-state.ts";
import type { Pace } from "./pace.ts";
import { Sessions, sessionsWithin } from "./sessions.ts";
import { type ListedNode, shareOut } from "./shares.ts";
import { Sightings } from "./sighting.ts";
import { mergeNumbers } from "./sorted.ts";
import type { Interval, LabHistory, LabNode, Micros, SessionShare } from "./types.ts";
import { Workflows } from "./workflows.ts";

/** What a history is to tell of: nothing is kept of the rest, which stays empty. */
export type TellsOf = "lab" | "workflows" | "all";

type Lab = Pick<LabHistory, "sessions" | "experiments" | "nodes">;

const NO_LAB: Lab = { sessions: [], experiments: [], nodes: [] };

export class Collected {
  readonly #from: Micros;
  readonly #of: TellsOf;
  readonly #sessions = new Sessions();
  readonly #experiments = new Experiments();
  readonly #sightings: Sightings;
  readonly #actions: Actions;
  readonly #workflows: Workflows;
  /** Counts facts, to tell the order of those of one instant. */
  #order = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  /** When a session last began or ended. */
  #changedAt = Number.NEGATIVE_INFINITY;
  /** The last instant told after the window. */
  #laterAt = Number.NEGATIVE_INFINITY;
  #events = 0;
  #skipped = 0;

  constructor(from: Micros, of: TellsOf) {
    this.#from = from;
    this.#of = of;
    this.#sightings = new Sightings(from);
    this.#actions = new Actions(this.#sightings);
    this.#workflows = new Workflows(from);
  }

  take(fact: Fact): void {
    this.#order++;
    this.#lastAt = fact.at;
    if (fact.at >= this.#from) {
      this.#events++;
      if (fact.malformed) this.#skipped++;
    }
    if (fact.kind === "workflow_start" || fact.kind === "workflow_end") {
      if (this.#of !== "lab") this.#workflows.take(fact);
    }
    if (this.#of !== "workflows") this.#takeOfLab(fact);
  }

  #takeOfLab(fact: Fact): void {
    this.#experiments.notice(fact);
    switch (fact.kind) {
      case "session":
        this.#changedAt = fact.at;
        if (fact.step === "start") this.#sightings.begin(fact.at);
        this.#sessions.take(fact);
        break;
      case "experiment":
        this.#experiments.take(fact);
        break;
      case "node":
        this.#sightings.take(fact, this.#order);
        break;
      case "action":
        this.#actions.take(fact, this.#order);
    }
  }

  /** The window is over: from here on facts go to `takeLater`, as long as they may make a difference. */
  lookAhead(): void {
    if (this.#of !== "workflows") this.#actions.lookAhead(this.#changedAt);
  }

  get isUndecided(): boolean {
    return this.#actions.isUndecided;
  }

  takeLater(fact: Fact): void {
    this.#laterAt = fact.at;
    if (fact.kind === "action") this.#actions.takeLater(fact);
  }

  async finish(window: Interval, pace: Pace): Promise<LabHistory> {
    const lab = this.#of === "workflows" ? NO_LAB : await this.#lab(window, pace);
    return { window, ...lab, workflows: this.#workflows.finish(), events: this.#events, skipped: this.#skipped };
  }

  async #lab(window: Interval, pace: Pace): Promise<Lab> {
    const whole = this.#sessions.finish(window.end);
    const within = sessionsWithin(whole, window);
    const experiments = this.#experiments.finish(window);
    this.#actions.finish();
    const homeOf = homes(window, whole, within);
    const knownTo = Math.max(window.end, this.#laterAt);
    const nodes: ListedNode[] = [];
    const allowance = sharesAllowance();
    for (const node of gatherNodes(this.#sightings.finish(), whole, allowance)) {
      nodes.push(listed(node, window, { ...homeOf(node.workcells), knownTo }));
      const pause = pace();
      if (pause) await pause;
    }
    const sessions = await shareOut(within, experiments, nodes, { lastAt: this.#lastAt, pace, allowance });
    return { sessions, experiments, nodes: mentioned(nodes, sessions) };
  }
}

function listed(gathered: Gathered, window: Interval, known: Known): ListedNode {
  const { id, name, workcells, sightings } = gathered;
  const node: LabNode = { id, name, workcells, ...nodeTimes(gathered, window, known) };
  const seen = mergeNumbers(sightings.map((sighting) => sighting.seen));
  return { node, seen, started: sightings.some(({ lastStart }) => lastStart >= 0) };
}

/** Those told of in the window or listed in a session, in order of the first thing told in it. */
function mentioned(nodes: readonly ListedNode[], sessions: readonly SessionShare[]): LabNode[] {
  const inSessions = new Set(sessions.flatMap((share) => share.nodes.map(({ node }) => node)));
  return nodes
    .filter(({ node, seen }) => seen.length > 0 || inSessions.has(node))
    .sort((a, b) => (a.seen[0] ?? Number.POSITIVE_INFINITY) - (b.seen[0] ?? Number.POSITIVE_INFINITY) || 0)
    .map(({ node }) => node);
}
