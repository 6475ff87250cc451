/**
 * Searching and counting: walk the plan, and in each step let SQL find the candidates and the matcher judge those that
 * SQL cannot.
 */
import type { StoredEvent } from "../../event/event.ts";
import { compileMatcher, type EventMatcher } from "../../event/selector/matches.ts";
import type { ZoneReader } from "../../event/zone.ts";
import type { CountQuery, FindPage, FindQuery, Position } from "../backend.ts";
import type { Connection } from "./connection.ts";
import { eventsOf, parseRows, ROW_SQL } from "./document.ts";
import type { SqlValue } from "./driver.ts";
import { NOT_ARCHIVED, type Plan, planOf } from "./plan.ts";
import { sparseSql } from "./sparse.ts";
import { orderSql, type Stretch, sliceSql, sliceValues, walk } from "./walk.ts";

const FIRST_STEP = 256;
const FIRST_STEP_BYTES = 1_000_000;
const MIN_FIRST_STEP = 8;
/** From this share of matches on, reading whole documents at once is cheaper than looking first. */
const MANY = 0.25;
/** From this number of archived events on, a count looks at the rows. */
const MANY_ARCHIVED = 20_000;

/** A plan in a direction, with its matcher. */
class Search {
  readonly #reader: Connection;
  readonly #plan: Plan;
  readonly #order: FindQuery["order"];
  readonly #matches: EventMatcher | undefined;
  readonly #sparse: string | undefined;
  #matchShare = 0;

  constructor(reader: Connection, plan: Plan, order: FindQuery["order"], zone: ZoneReader) {
    this.#reader = reader;
    this.#plan = plan;
    this.#order = order;
    if (!plan.residual) return;
    this.#matches = compileMatcher({ root: plan.residual, fields: new Set() }, zone);
    this.#sparse = sparseSql(plan.residual);
  }

  /** Number of matches within a stretch. */
  count(stretch: Stretch): number {
    if (this.#matches) return this.#sparse ? this.#judge(stretch).length : this.#judgeWhole(stretch).length;
    let total = 0;
    const part = { stretch, order: this.#order, filtered: true };
    for (const slice of this.#plan.slices) {
      const sql = `select count(*) as n from ${sliceSql(this.#plan, slice, part)}`;
      total +=
        this.#reader.get<{ n: number }>(sql, [...sliceValues(slice, stretch), ...this.#plan.where.values])?.n ?? 0;
    }
    return total;
  }

  /** Matches within a stretch, in order: `skip` left out, at most `limit`. */
  read(stretch: Stretch, skip: number, limit: number | undefined): StoredEvent[] {
    if (!this.#matches) return eventsOf(this.#rows(ROW_SQL, stretch, skip, limit));
    const end = limit === undefined ? undefined : skip + limit;
    if (!this.#sparse || this.#matchShare > MANY) return this.#judgeWhole(stretch).slice(skip, end);
    return this.#bySeq(this.#judge(stretch).slice(skip, end));
  }

  /** Where in the order an event stands. */
  positionOf(event: StoredEvent): Position | undefined {
    const sql = `select ${this.#plan.key} as instant, id from events where id = ?`;
    return this.#reader.getBig<Position>(sql, [event._id]);
  }

  #judgeWhole(stretch: Stretch): StoredEvent[] {
    const candidates = eventsOf(this.#rows(ROW_SQL, stretch));
    const found = candidates.filter(this.#matches as EventMatcher);
    this.#matchShare = candidates.length === 0 ? 0 : found.length / candidates.length;
    return found;
  }

  /** `seq` of the matches. */
  #judge(stretch: Stretch): number[] {
    const joined = this.#rows(`'[' || seq || ',' || ${this.#sparse} || ']'`, stretch);
    const candidates = parseRows(joined) as [seq: number, event: StoredEvent][];
    const matches = this.#matches as EventMatcher;
    const found: number[] = [];
    for (const [seq, event] of candidates) if (matches(event)) found.push(seq);
    this.#matchShare = candidates.length === 0 ? 0 : found.length / candidates.length;
    return found;
  }

  #bySeq(seqs: readonly number[]): StoredEvent[] {
    if (seqs.length === 0) return [];
    const from = "json_each(?) as wanted cross join events as e on e.seq = wanted.value order by wanted.key limit -1";
    const sql = `select group_concat(row, ',') as rows from (select ${ROW_SQL} as row from ${from})`;
    return eventsOf(this.#reader.get<{ rows: string | null }>(sql, [`[${seqs.join(",")}]`])?.rows);
  }

  /** One expression per row, joined by commas. */
  #rows(expression: string, stretch: Stretch, skip = 0, limit = -1): string | null | undefined {
    const { sql, values } = this.#orderedRows(expression, stretch, limit < 0 ? -1 : skip + limit);
    const wrapped = `select group_concat(row, ',') as rows from (${sql} limit ? offset ?)`;
    return this.#reader.get<{ rows: string | null }>(wrapped, [...values, limit, skip])?.rows;
  }

  #orderedRows(expression: string, stretch: Stretch, limit: number): { sql: string; values: SqlValue[] } {
    const { slices, where, key } = this.#plan;
    const order = orderSql(this.#plan, this.#order);
    const part = { stretch, order: this.#order, filtered: true };
    const values = slices.map((slice) => [...sliceValues(slice, stretch), ...where.values]);
    const [only] = slices;
    if (slices.length === 1 && only) {
      const sql = `select ${expression} as row from ${sliceSql(this.#plan, only, part)} ${order}`;
      return { sql, values: values.flat() };
    }
    const parts = slices.map((slice) => {
      return `select * from (select seq as n, ${key}, id from ${sliceSql(this.#plan, slice, part)} ${order} limit ?)`;
    });
    const merged = `select n from (${parts.join(" union all ")}) ${order} limit -1`;
    const sql = `select ${expression} as row from (${merged}) cross join events on seq = n`;
    return { sql, values: values.flatMap((part) => [...part, limit]) };
  }
}

/** How many events of the file's average size a first step may read. */
function affordable(reader: Connection): number {
  const sql =
    "select page_count * page_size / (select ifnull(max(seq), 0) + 1 from events) as n from pragma_page_count, pragma_page_size";
  const averageBytes = reader.get<{ n: number }>(sql)?.n ?? 0;
  return Math.max(MIN_FIRST_STEP, Math.floor(FIRST_STEP_BYTES / (averageBytes + 1)));
}

export async function* findPages(
  reader: Connection,
  query: FindQuery,
  zone: ZoneReader,
): AsyncGenerator<FindPage, void> {
  const plan = planOf(query);
  if (!plan || query.limit === 0) return;
  const search = new Search(reader, plan, query.order, zone);
  let skip = query.skip ?? 0;
  let left = query.limit;
  const wanted = Math.max(FIRST_STEP, Math.min(skip + (left ?? 0), 4 * FIRST_STEP));
  const firstStep = Math.min(wanted, affordable(reader));
  const work = (stretch: Stretch): StoredEvent[] => {
    if (skip > 0) {
      const here = search.count(stretch);
      if (here <= skip) {
        skip -= here;
        return [];
      }
    }
    const events = search.read(stretch, skip, left);
    skip = 0;
    return events;
  };
  for await (const { result, stretch } of walk(reader, plan, { ...query, firstStep }, work)) {
    if (left !== undefined) left -= result.length;
    const lastEvent = left === 0 ? result.at(-1) : undefined;
    const position = lastEvent ? search.positionOf(lastEvent) : stretch.last ? undefined : stretch.upTo;
    yield { events: result, position };
    if (left === 0) return;
  }
}

export async function countMatches(reader: Connection, query: CountQuery, zone: ZoneReader): Promise<number> {
  const plan = planOf(query);
  if (!plan || query.limit === 0) return 0;
  if (query.limit === undefined && plan.where.sql === NOT_ARCHIVED && fewArchived(reader)) {
    const all = planOf({ ...query, archived: undefined });
    const archived = planOf({ ...query, archived: true, by: "archived_at" });
    return (await countPlan(reader, all, query, zone)) - (await countPlan(reader, archived, query, zone));
  }
  return countPlan(reader, plan, query, zone);
}

/** Counting by index alone and taking away the archived ones is faster than looking at every row, while they are few. */
function fewArchived(reader: Connection): boolean {
  const sql = "select count(*) as n from (select 1 from events where archived is not null limit ?)";
  return (reader.get<{ n: number }>(sql, [MANY_ARCHIVED])?.n ?? 0) < MANY_ARCHIVED;
}

async function countPlan(
  reader: Connection,
  plan: Plan | undefined,
  { limit = Number.POSITIVE_INFINITY, signal }: CountQuery,
  zone: ZoneReader,
): Promise<number> {
  if (!plan) return 0;
  const search = new Search(reader, plan, "newest", zone);
  const firstStep = Math.min(4 * FIRST_STEP, affordable(reader));
  const options = { order: "newest", signal, firstStep } as const;
  let total = 0;
  for await (const { result } of walk(reader, plan, options, (stretch) => search.count(stretch))) {
    total += result;
    if (total >= limit) return limit;
  }
  return total;
}
