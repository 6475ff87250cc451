/**
 * Walk: along the slices of a plan in order, one short step after the other, so that no search blocks the event loop.
 *
 * A step first looks how far the next N entries of each index reach (index only, cheap) and ends where the first slice
 * has used them up; then `work` reads everything between here and there. However rare the matches, the step stays
 * short, and where it ended is a position to go on from. N follows the time the last step took.
 */
import { setImmediate as turn } from "node:timers/promises";
import { compareText } from "../../event/selector/compare.ts";
import type { FindQuery, Position } from "../backend.ts";
import type { Connection } from "./connection.ts";
import type { SqlValue } from "./driver.ts";
import type { Plan, Slice } from "./plan.ts";

/** From (exclusive) one place in the order to another (inclusive). */
export interface Stretch {
  readonly behind: Position;
  readonly upTo: Position;
  /** True when nothing of the plan lies behind it. */
  readonly last: boolean;
}

export interface WalkOptions {
  readonly order: FindQuery["order"];
  readonly after?: Position | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Entries of the first step. */
  readonly firstStep: number;
  /** How long a step should take. @default 8 */
  readonly aimMs?: number;
}

export interface Step<Result> {
  readonly result: Result;
  readonly stretch: Stretch;
}

const AIM_MS = 8;
const MIN_STEP = 8;
const MAX_STEP = 100_000;

/** Ends quietly when the signal is aborted. `work` runs without a pause; its time decides the size of the next step. */
export async function* walk<Result>(
  reader: Connection,
  plan: Plan,
  options: WalkOptions,
  work: (stretch: Stretch) => Result,
): AsyncGenerator<Step<Result>, void> {
  let behind = startOf(plan, options);
  const end = endOf(plan, options.order);
  let size = options.firstStep;
  for (let started = false; !options.signal?.aborted; started = true) {
    if (started) await turn();
    if (options.signal?.aborted) return;
    const startMs = performance.now();
    const upTo = nextBoundary(reader, plan, options.order, { behind, upTo: end, last: true }, size);
    const stretch: Stretch = { behind, upTo: upTo ?? end, last: upTo === undefined };
    const step = { result: work(stretch), stretch };
    size = nextSize(size, (performance.now() - startMs) / (options.aimMs ?? AIM_MS));
    yield step;
    if (stretch.last) return;
    behind = stretch.upTo;
  }
}

/** @param share of the time a step should take that the last one took */
function nextSize(size: number, share: number): number {
  const factor = Math.min(4, Math.max(0.1, 1 / Math.max(share, 0.01)));
  return Math.min(MAX_STEP, Math.max(MIN_STEP, Math.round(size * factor)));
}

function startOf(plan: Plan, { order, after }: WalkOptions): Position {
  if (order === "newest") return after && after.instant <= plan.last ? after : { instant: plan.last + 1n, id: "" };
  return after && after.instant >= plan.first ? after : { instant: plan.first, id: "" };
}

function endOf(plan: Plan, order: FindQuery["order"]): Position {
  return order === "newest" ? { instant: plan.first, id: "" } : { instant: plan.last + 1n, id: "" };
}

/** Where the first slice has used up `size` entries; undefined when none has that many. */
function nextBoundary(
  reader: Connection,
  plan: Plan,
  order: FindQuery["order"],
  rest: Stretch,
  size: number,
): Position | undefined {
  let nearest: Position | undefined;
  for (const slice of plan.slices) {
    if (!slice.ordered) continue;
    const place = entryAt(reader, plan, order, rest, { slice, offset: size - 1 });
    if (place && (!nearest || comesBefore(place, nearest, order))) nearest = place;
  }
  return nearest && betweenInstants(nearest, rest.behind, order);
}

/**
 * The place just before the entry's instant, where no comparison of ids is needed (a quarter of a scan's time); the
 * entry itself where a step does not get past one instant.
 */
function betweenInstants(entry: Position, behind: Position, order: FindQuery["order"]): Position {
  if (entry.instant === behind.instant) return entry;
  const place = { instant: order === "newest" ? entry.instant + 1n : entry.instant, id: "" };
  return comesBefore(behind, place, order) ? place : entry;
}

interface Entry {
  readonly slice: Slice;
  readonly offset: number;
}

function entryAt(
  reader: Connection,
  plan: Plan,
  order: FindQuery["order"],
  rest: Stretch,
  { slice, offset }: Entry,
): Position | undefined {
  const from = sliceSql(plan, slice, { stretch: rest, order, filtered: false });
  const sql = `select ${plan.key} as instant, id from ${from} ${orderSql(plan, order)} limit 1 offset ?`;
  return reader.getBig<Position>(sql, [...sliceValues(slice, rest), BigInt(offset)]);
}

function comesBefore(a: Position, b: Position, order: FindQuery["order"]): boolean {
  const difference = a.instant === b.instant ? compareText(a.id, b.id) : a.instant < b.instant ? -1 : 1;
  return order === "newest" ? difference > 0 : difference < 0;
}

/** `events … where …` for the part of a slice within a stretch; values from {@link sliceValues}. */
export function sliceSql({ key, where }: Plan, slice: Slice, { stretch, order, filtered }: Part): string {
  const [behind, upTo] = order === "newest" ? (["<", ">="] as const) : ([">", "<="] as const);
  const range = `${boundSql(key, behind, stretch.behind)} and ${boundSql(key, upTo, stretch.upTo)}`;
  const condition = filtered && where.sql !== "1" ? ` and ${where.sql}` : "";
  return `events indexed by ${slice.index} where ${slice.shared.sql} and ${range}${condition}`;
}

interface Part {
  readonly stretch: Stretch;
  readonly order: FindQuery["order"];
  /** With the plan's condition? */
  readonly filtered: boolean;
}

/** No id is before the empty one, so such a place lies between two instants. */
function boundSql(key: Plan["key"], compare: "<" | "<=" | ">" | ">=", { id }: Position): string {
  if (id !== "") return `(${key}, id) ${compare} (?, ?)`;
  return `${key} ${compare.startsWith("<") ? "<" : ">="} ?`;
}

export function sliceValues(slice: Slice, { behind, upTo }: Stretch): SqlValue[] {
  return [...slice.shared.values, ...placeValues(behind), ...placeValues(upTo)];
}

function placeValues({ instant, id }: Position): SqlValue[] {
  return id === "" ? [instant] : [instant, id];
}

export function orderSql({ key }: Plan, order: FindQuery["order"]): string {
  return order === "newest" ? `order by ${key} desc, id desc` : `order by ${key}, id`;
}
