/**
 * The plan of a made-up lab: who was where when, in microseconds, before anybody tells of it.
 *
 * Workcells come, go, crash and come again, also at the same time as others; actions and experiments begin before the window, run
 * over its end, begin and end exactly at midnight, and sometimes nobody tells that they ended.
 */
import { seeded } from "../bench/events.ts";
import { midnights } from "./scenario-days.ts";

export interface Piece {
  readonly start: number;
  /** Null: nobody tells. */
  readonly end: number | null;
}

export interface PlannedWorkcell {
  readonly id: string;
  readonly name: string;
  /** Names of the nodes its start tells. */
  readonly nodes: string[];
  /** One without an end crashed, or goes on. */
  readonly sessions: readonly Piece[];
}

interface PlannedAction extends Piece {
  readonly id: string;
  readonly succeeds: boolean;
}

export interface PlannedNode {
  /** Its name where only engines tell of it. */
  readonly id: string;
  readonly name: string;
  readonly byEngine: boolean;
  readonly workcells: readonly PlannedWorkcell[];
  readonly starts: number[];
  readonly stops: number[];
  readonly errors: number[];
  readonly actions: PlannedAction[];
}

export interface PlannedExperiment {
  readonly id: string;
  readonly name: string;
  readonly workcell: PlannedWorkcell | null;
  /** Each a list of pieces with pauses between, and how it ends. */
  readonly runs: readonly { readonly pieces: readonly Piece[]; readonly how: "complete" | "failed" | "cancelled" }[];
}

export interface PlannedWorkflow extends Piece {
  readonly id: string;
  readonly author: string | null;
  readonly workcell: PlannedWorkcell | null;
  readonly experiment: PlannedExperiment | null;
  readonly submitted: number;
  readonly status: "completed" | "failed" | "cancelled";
}

export interface Plan {
  readonly zone: string;
  /** Local midnights: the first and the last are the window. */
  readonly days: readonly number[];
  readonly from: number;
  readonly to: number;
  readonly workcells: readonly PlannedWorkcell[];
  readonly nodes: readonly PlannedNode[];
  readonly experiments: readonly PlannedExperiment[];
  readonly workflows: readonly PlannedWorkflow[];
}

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** The day on which the clock changes, if it does, is among them. */
const PLACES = [
  ["America/Chicago", "2025-03-08"],
  ["America/Chicago", "2025-11-01"],
  ["Europe/Berlin", "2025-03-29"],
  ["Europe/Berlin", "2025-10-25"],
  ["Australia/Lord_Howe", "2025-04-05"],
  ["Australia/Lord_Howe", "2025-10-04"],
  ["America/St_Johns", "2025-11-01"],
  ["Asia/Kathmandu", "2025-06-10"],
  ["UTC", "2025-12-30"],
] as const;
const AUTHORS = ["Ada Lovelace", "Grace Hopper", "Zoë", "=SUM(A1)", null] as const;

export function planOf(seed: number): Plan {
  const [zone, firstDay] = PLACES[seed % PLACES.length]!;
  const dice = new Dice(seed);
  const days = midnights(zone, firstDay, dice.whole(2, 4));
  const [from, to] = [days[0]!, days.at(-1)!];
  const time = { begin: from - 48 * HOUR, finish: to + 5 * HOUR, days };
  // In every seventh lab nobody tells of workcells.
  const count = seed % 7 === 6 ? 0 : dice.whole(1, 3);
  const workcells = Array.from({ length: count }, (_, n) => workcellOf(n, dice, time));
  const nodes = nodesOf(workcells, dice, time);
  const experiments = Array.from({ length: 6 * days.length }, (_, n) => experimentOf(n, { dice, time, workcells }));
  const workflows = Array.from({ length: 8 * days.length }, (_, n) =>
    workflowOf(n, { dice, time, workcells, experiments }),
  );
  return { zone, days, from, to, workcells, nodes, experiments, workflows };
}

interface Time {
  readonly begin: number;
  readonly finish: number;
  readonly days: readonly number[];
}

class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seeded(seed + 1);
  }

  /** Both ends included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  /** Whole seconds, so that what is told twice never crosses a boundary. */
  span(least: number, most: number): number {
    return this.whole(least / SECOND, most / SECOND) * SECOND;
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.whole(0, list.length - 1)] as T;
  }

  /** A time, or now and then the midnight after it. */
  snapped(time: number, { days }: Time): number {
    const next = days.find((day) => day >= time);
    return next !== undefined && this.chance(0.2) ? next : time;
  }
}

/** A ULID of its own. @param kind one of its letters */
const idOf = (kind: string, n: number) => `01J${kind}${String(n).padStart(22, "0")}`;

function workcellOf(n: number, dice: Dice, time: Time): PlannedWorkcell {
  const sessions: Piece[] = [];
  for (let at = time.begin + dice.span(0, 20 * HOUR); at < time.finish; ) {
    const start = dice.snapped(at, time);
    const end = dice.snapped(start + dice.span(HOUR, 26 * HOUR), time);
    const crashes = dice.chance(0.35);
    sessions.push({ start, end: crashes ? null : end });
    at = end + (crashes ? 0 : dice.span(5 * MINUTE, 9 * HOUR));
  }
  return { id: idOf("W", n), name: `cell ${n}`, nodes: [], sessions };
}

/** Two or three of each workcell, one of all, one of none, and in each workcell one that never speaks itself. */
function nodesOf(workcells: readonly PlannedWorkcell[], dice: Dice, time: Time): PlannedNode[] {
  const groups = workcells.flatMap((workcell) => Array.from({ length: dice.whole(2, 3) }, () => [workcell]));
  const own = [...groups, workcells, []].map((of, n) => nodeOf({ n, of, byEngine: false }, dice, time));
  const silent = workcells.map((workcell, n) => nodeOf({ n: 100 + n, of: [workcell], byEngine: true }, dice, time));
  return [...own, ...silent];
}

interface Place {
  readonly n: number;
  readonly of: readonly PlannedWorkcell[];
  readonly byEngine: boolean;
}

function nodeOf({ n, of, byEngine }: Place, dice: Dice, time: Time): PlannedNode {
  const name = `node_${n}`;
  for (const { nodes } of of) nodes.push(name);
  const id = byEngine ? name : idOf("N", n);
  const node = { id, name, byEngine, workcells: of, starts: [], stops: [], errors: [], actions: [] };
  if (!byEngine) addLife(node, dice);
  addActions(node, dice, time);
  return node;
}

/** Starts and stops lie at odd parts of a second, where nothing else of a node happens. */
function addLife({ workcells, starts, stops, errors }: PlannedNode, dice: Dice): void {
  for (const { start, end } of workcells.flatMap(({ sessions }) => sessions)) {
    const up = start + dice.span(20 * SECOND, 100 * SECOND) + 123_457;
    if (dice.chance(0.8)) starts.push(up);
    if (dice.chance(0.15)) stops.push(up + dice.span(10 * MINUTE, 3 * HOUR) + 11);
    if (dice.chance(0.4)) errors.push(up + dice.span(10 * MINUTE, 3 * HOUR) + 13);
    if (end !== null && dice.chance(0.4)) stops.push(end - 20 * SECOND + 17);
  }
}

function addActions({ id, actions, byEngine }: PlannedNode, dice: Dice, time: Time): void {
  for (let at = time.begin + dice.span(0, 12 * HOUR); at < time.finish; at += dice.span(MINUTE, 4 * HOUR)) {
    const start = dice.snapped(at, time);
    const end = dice.snapped(start + dice.span(5 * SECOND, 90 * MINUTE), time);
    const told = dice.chance(0.07) ? null : end;
    const name = `${byEngine ? "sent" : "own"} ${id} ${actions.length}`;
    actions.push({ id: name, start, end: told, succeeds: dice.chance(0.85) });
  }
}

interface Lab {
  readonly dice: Dice;
  readonly time: Time;
  readonly workcells: readonly PlannedWorkcell[];
}

function experimentOf(n: number, { dice, time, workcells }: Lab): PlannedExperiment {
  const workcell = workcells.length > 0 && dice.chance(0.5) ? dice.pick(workcells) : null;
  const runs = [];
  let at = dice.snapped(time.begin + dice.span(0, time.finish - time.begin), time);
  for (let run = dice.chance(0.15) ? 2 : 1; run > 0; run--) {
    const pieces: Piece[] = [];
    for (let piece = dice.whole(1, 3); piece > 0; piece--) {
      const end = dice.snapped(at + dice.span(MINUTE, 5 * HOUR), time);
      // What nobody ends goes on, and is not begun again.
      const lost = run === 1 && piece === 1 && dice.chance(0.08);
      pieces.push({ start: at, end: lost ? null : end });
      at = end + dice.span(2 * SECOND, 2 * HOUR);
    }
    runs.push({ pieces, how: dice.pick(["complete", "complete", "failed", "cancelled"] as const) });
    at += dice.span(5 * MINUTE, 5 * HOUR);
  }
  return { id: idOf("E", n), name: `experiment ${n}`, workcell, runs };
}

function workflowOf(
  n: number,
  { dice, time, workcells, experiments }: Lab & { readonly experiments: readonly PlannedExperiment[] },
): PlannedWorkflow {
  const submitted = dice.snapped(time.begin + dice.span(0, time.finish - time.begin), time);
  const start = submitted + dice.span(SECOND, 20 * MINUTE);
  const end = dice.snapped(start + dice.span(2 * SECOND, 3 * HOUR), time);
  const workcell = workcells.length > 0 ? dice.pick(workcells) : null;
  const experiment = workcell !== null && dice.chance(0.2) ? dice.pick(experiments) : null;
  const status = dice.pick(["completed", "completed", "completed", "failed", "cancelled"] as const);
  const told = dice.chance(0.06) ? null : end;
  return { id: idOf("F", n), author: dice.pick(AUTHORS), workcell, experiment, submitted, start, end: told, status };
}
