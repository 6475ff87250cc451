/**
 * The sweep's rules once more, as plainly as possible and with no regard for cost: a day of some ticks, each question answered
 * for every tick by going through all that was told. An interval's tick `t` is [t, t + 1).
 *
 * A tick is 40 seconds, so that what is told one tick later is within a minute and what is told two ticks later is not.
 */
import type { Activity } from "../../src/event/activity.ts";
import type { Interval } from "../../src/report/types.ts";
import { union } from "./spans.ts";
import { told, wrapped } from "./stream.ts";

export const TICK = 40_000_000;
const MIDNIGHT = Date.UTC(2025, 5, 10) * 1000;
export const at = (tick: number) => MIDNIGHT + tick * TICK;

export type Step =
  | { readonly say: "workcell"; readonly step: "start" | "stop"; readonly of: string; readonly wrapped?: boolean }
  | { readonly say: "experiment"; readonly step: "start" | "pause" | "continued" | "complete"; readonly of: string }
  | { readonly say: "node"; readonly step: "start" | "stop" | "error" | "status_update"; readonly of: string }
  | { readonly say: "action"; readonly step: string; readonly of: string; readonly node: string }
  | {
      readonly say: "sent";
      readonly step: "start" | "complete";
      readonly of: string;
      readonly node: string;
      readonly workcell: string;
    };

/** Something told at a tick; the list is in order. */
export type Line = readonly [tick: number, what: Step];

/** Node names are the ids in lower case; workcells name no nodes. Action ids are each node's own. */
export function activityFor([tick, what]: Line): Activity {
  const { step, of } = what;
  const time = at(tick);
  if (what.say === "workcell") return (what.wrapped ? wrapped : told)(time, `workcell_${step}`, { workcell_id: of });
  if (what.say === "experiment") return told(time, `experiment_${step}`, { experiment_id: of });
  if (what.say === "node")
    return told(time, `node_${step}`, { node_id: of }, step === "start" ? { node_name: of.toLowerCase() } : {});
  if (what.say === "action")
    return told(time, "action_status_change", { node_id: what.node }, { action_id: what.node + of, status: step });
  const names = { action_id: what.node + of, node_name: what.node.toLowerCase() };
  return told(time, `action_${step}`, { workcell_id: what.workcell }, names);
}

export interface Answer {
  readonly sessions: readonly { readonly id: string; readonly start: number; readonly end: number }[];
  /** Id → ticks. */
  readonly running: ReadonlyMap<string, readonly number[]>;
  readonly up: ReadonlyMap<string, readonly number[]>;
  readonly busy: ReadonlyMap<string, readonly number[]>;
  readonly error: ReadonlyMap<string, readonly number[]>;
}

export const intervalsOf = (ticks: readonly number[]): Interval[] =>
  union(ticks.map((tick) => ({ start: at(tick), end: at(tick + 1) })));

const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

/** What `all` tell of the ticks [from, to); of what comes after them only whether actions went on. */
export function answer(all: readonly Line[], from: number, to: number): Answer {
  const [lines, later] = [all.filter(([tick]) => tick < to), all.filter(([tick]) => tick >= to)];
  const idOf = (name: string) =>
    lines.some(([, what]) => what.say === "node" && what.step === "start" && what.of === name)
      ? name
      : name.toLowerCase();
  const whole = [...new Set(lines.map(([, what]) => (what.say === "workcell" ? what.of : "")))]
    .filter((id) => id !== "")
    .flatMap((id) => sessionsOf(id, lines, to));
  const sessions = whole.filter(({ start, end }) => end > from && start < to);
  const inWindow = range(from, to);
  const nodes = new Set(lines.flatMap(([, what]) => nodeOf(what, idOf) ?? []));
  const experiments = new Set(lines.flatMap(([, what]) => (what.say === "experiment" ? [what.of] : [])));
  const upAt = (node: string, tick: number) => isUp(node, tick, lines, idOf);
  const ticks = <T>(ids: Iterable<T>, is: (id: T, tick: number) => boolean) =>
    new Map([...ids].map((id) => [id, inWindow.filter((tick) => is(id, tick))]));
  return {
    sessions: sessions.map(({ id, start, end }) => ({ id, start: Math.max(start, from), end })),
    running: ticks(experiments, (id, tick) => isRunning(id, tick, lines)),
    up: ticks(nodes, upAt),
    busy: ticks(nodes, (node, tick) => {
      const homes = homesOf(node, lines, idOf);
      const holding = whole.filter(({ id }) => homes.size === 0 || homes.has(id));
      const covered = sessions.length === 0 || holding.some(({ start, end }) => start <= tick && tick < end);
      return (
        covered &&
        upAt(node, tick) &&
        isAtWork(node, tick, { lines, later, to, idOf, holding, alone: sessions.length === 0 })
      );
    }),
    error: ticks(nodes, (node, tick) => upAt(node, tick) && isInError(node, tick, lines)),
  };
}

type Names = (name: string) => string;
interface Whole {
  readonly id: string;
  readonly start: number;
  readonly end: number;
}

function nodeOf(what: Step, idOf: Names): string | undefined {
  if (what.say === "node") return what.of;
  if (what.say === "action") return what.node;
  return what.say === "sent" ? idOf(what.node) : undefined;
}

function sessionsOf(id: string, lines: readonly Line[], to: number): Whole[] {
  const found: Whole[] = [];
  let open: { start: number; wrapped: boolean } | undefined;
  for (const [tick, what] of lines) {
    if (what.say !== "workcell" || what.of !== id) continue;
    const isWrapped = what.wrapped === true;
    const ignored =
      open !== undefined &&
      (open.start === tick || (what.step === "start" && (isWrapped || (open.wrapped && tick - open.start <= 1))));
    if (ignored) continue;
    if (open !== undefined) found.push({ id, start: open.start, end: tick });
    open = what.step === "start" ? { start: tick, wrapped: isWrapped } : undefined;
  }
  return open === undefined ? found : [...found, { id, start: open.start, end: to }];
}

function isRunning(id: string, tick: number, lines: readonly Line[]): boolean {
  let state = "ended";
  // An end may come before its start, or between two that are one, at one instant.
  let [early, started] = [-1, -1];
  for (const [told, what] of lines) {
    if (told > tick || what.say !== "experiment" || what.of !== id) continue;
    if (what.step === "complete" && state === "ended") early = told;
    if (what.step === "start" && state === "ended") {
      if (early !== told && started !== told) state = "running";
      started = told;
    }
    if (what.step === "pause" && state === "running") state = "paused";
    if (what.step === "continued" && state === "paused") state = "running";
    if (what.step === "complete") state = "ended";
  }
  return state === "running";
}

function isUp(node: string, tick: number, lines: readonly Line[], idOf: Names): boolean {
  const own = lines.filter(([, what]) => nodeOf(what, idOf) === node);
  const [, first] = own[0]!;
  let up = !(first.say === "node" && first.step === "start");
  // A stop and a start of one instant lead back, in whatever order.
  let vain = -1;
  for (const [told, what] of own) {
    if (told > tick || what.say !== "node" || (what.step !== "start" && what.step !== "stop")) continue;
    const then = what.step === "start";
    if (then === up) vain = told;
    else if (vain === told) vain = -1;
    else up = then;
  }
  return up;
}

function isInError(node: string, tick: number, lines: readonly Line[]): boolean {
  let since = -1;
  for (const [told, what] of lines) {
    if (told > tick) continue;
    if (what.say === "node" && what.of === node) {
      if (what.step === "error" && since < 0) since = told;
      if (what.step === "start" || what.step === "status_update") since = -1;
    }
    if (what.say === "action" && what.node === node && what.step === "succeeded") since = -1;
  }
  return since >= 0;
}

/** Workcells that sent it an action, by its name or by one it tells of itself. */
function homesOf(node: string, lines: readonly Line[], idOf: Names): Set<string> {
  const first = (id: string) =>
    lines.findIndex(([, what]) => what.say === "action" && what.node === node && what.of === id);
  const homes = lines.flatMap(([, what], place) => {
    if (what.say !== "sent") return [];
    const spokenOf = what.node === node && first(what.of) >= 0 && (what.step === "start" || place > first(what.of));
    return spokenOf || idOf(what.node) === node ? [what.workcell] : [];
  });
  return new Set(homes);
}

interface World {
  readonly lines: readonly Line[];
  /** Told from `to` on. */
  readonly later: readonly Line[];
  readonly to: number;
  readonly idOf: Names;
  readonly holding: readonly Whole[];
  readonly alone: boolean;
}

const OPENS = ["running"];
const CLOSES = ["succeeded", "failed", "unknown"];

function isAtWork(node: string, tick: number, world: World): boolean {
  const { lines } = world;
  const speaker = node.toUpperCase();
  const described = new Set(
    lines.flatMap(([, what]) => (what.say === "action" && what.node === speaker ? [what.of] : [])),
  );
  const told = (id: string, sent: boolean) =>
    lines.flatMap(([when, what], order) => {
      if (what.of !== id) return [];
      if (sent)
        return what.say === "sent" && world.idOf(what.node) === node
          ? [{ when, order, opens: what.step === "start" }]
          : [];
      if (what.say !== "action" || what.node !== node) return [];
      return OPENS.includes(what.step) || CLOSES.includes(what.step)
        ? [{ when, order, opens: OPENS.includes(what.step) }]
        : [];
    });
  const ids = new Set(lines.flatMap(([, what]) => (what.say === "action" || what.say === "sent" ? [what.of] : [])));
  return [...ids].some((id) => {
    const spans = spansOf(told(id, !described.has(id)), { id, node, sent: !described.has(id) }, world);
    return spans.some(([start, end]) => start <= tick && tick < end);
  });
}

interface Told {
  readonly when: number;
  readonly order: number;
  readonly opens: boolean;
}

interface Action {
  readonly id: string;
  readonly node: string;
  /** Engines alone tell of it. */
  readonly sent: boolean;
}

function spansOf(told: readonly Told[], action: Action, world: World): [number, number][] {
  const spans: [number, number][] = [];
  let open: Told | undefined;
  // A node's own word on an end may come before that on the beginning, at one instant.
  let early = -1;
  for (const step of told) {
    if (step.opens && (action.sent || early !== step.when)) open ??= step;
    else if (!step.opens && open === undefined) early = step.when;
    else if (!step.opens && open !== undefined) {
      spans.push([open.when, step.when]);
      open = undefined;
    }
  }
  return open === undefined
    ? spans
    : [...spans, [open.when, laterEnd(open, action, world) ?? endOfUnended(open, action, world)]];
}

/** What the first to tell of it after the window says: its node tells an engine's word to be none. */
function laterEnd({ when }: Told, { id, node, sent }: Action, { later, idOf }: World): number | undefined {
  const word = later.find(([, what]) => {
    if (what.of !== id) return false;
    if (what.say === "sent") return sent && what.step === "complete" && idOf(what.node) === node;
    if (what.say !== "action") return false;
    return sent ? what.node === node.toUpperCase() : what.node === node && CLOSES.includes(what.step);
  });
  if (word === undefined) return undefined;
  return sent && word[1].say === "action" ? when : word[0];
}

function endOfUnended({ when, order }: Told, { node, sent }: Action, world: World): number {
  const { lines, later, to, holding, alone } = world;
  const speaks = lines.some(
    ([, what]) => (what.say === "node" && what.of === node) || (what.say === "action" && what.node === node),
  );
  const knownTo = later.at(-1)?.[0] ?? to;
  if (sent && speaks && knownTo - when <= 1) return when;
  const restart = lines.findIndex(
    ([, what], place) => place > order && what.say === "node" && what.step === "start" && what.of === node,
  );
  const ends = holding.filter(({ start, end }) => start <= when && when < end).map(({ end }) => end);
  const outside = alone ? to : when;
  return Math.min(restart < 0 ? to : lines[restart]![0], ends.length > 0 ? Math.max(...ends) : outside);
}
