/**
 * Searching: one query → streams of documents, verified and merged in order.
 *
 *   by event time    ours         sorted by { ts, _id } on the server
 *                    foreign      text timestamps in text order, put in order through a window (window.ts)
 *                    foreign      all other timestamps: their places are read first, then the documents
 *   by archived_at   dates        sorted by { archived_at, _id } on the server, one stream per type of id
 *                    other        as above
 *
 * Foreign streams exist only where a cheap look finds such documents; another program may write them at any time.
 */
import type { FindOptions } from "mongodb";
import type { Instant } from "../../event/instant.ts";
import { compileMatcher } from "../../event/selector/matches.ts";
import type { ZoneReader } from "../../event/zone.ts";
import type { CountQuery, FindQuery, Position } from "../backend.ts";
import { MIN_TS } from "./document.ts";
import { compileFilter } from "./filter.ts";
import { compileForeign, FOREIGN_TS, ORDERED_TEXT, textRange } from "./foreign.ts";
import { and, EVERYTHING, type Filter } from "./parts.ts";
import { archivedInstant, idOf, instantOfTs, type RawDocument, type ReadEvent, readDocument } from "./read.ts";
import { documents, hasForeign, LONGEST_MS, type Room } from "./room.ts";
import { type Chunk, type Compare, comparePositions, type Located, merge, type Place, type Stream } from "./stream.ts";
import { dateRange } from "./time-filter.ts";
import { reorder } from "./window.ts";

const BATCH = 500;
const FIRST_DATE = new Date(-8.64e15);

type ReadHow = [filter: Filter, options: FindOptions, signal: AbortSignal | undefined];

/** A search by time with conditions that are no selector's, and its own way to read documents. */
export interface Reading {
  /** Conditions on documents of ours, of which no two hold for one: each may have its own index. */
  readonly ours: readonly Filter[];
  readonly foreign: Filter;
  readonly documents: (room: Room, ...how: ReadHow) => AsyncGenerator<RawDocument[], void>;
}

/** Everything a query asks for, in order; `skip` and `limit` are the caller's business. */
export async function* search(room: Room, query: FindQuery, reading?: Reading): AsyncGenerator<Chunk, void> {
  const foreign = await hasForeign(room);
  const plan = new Plan(room, query, reading);
  const streams = query.by === "archived_at" ? plan.byArchiving(foreign) : plan.byTime(foreign);
  const [only] = streams;
  yield* streams.length === 1 && only ? only : merge(streams, plan.compare);
}

/** Condition on `archived` for documents of any origin. */
export function archivedFilter(archived: boolean | undefined): Filter {
  if (archived === undefined) return EVERYTHING;
  return archived ? { archived: { $nin: [false, null] } } : { archived: { $ne: true } };
}

/** Whether a document read from the server really belongs to the answer. */
export type Accept = (read: ReadEvent, ts: Instant | undefined) => boolean;

export function acceptor(query: CountQuery, zone: ZoneReader): Accept {
  let known: Instant | undefined;
  // A document's own instant says in which zone its naive timestamp was read when it was stored.
  const ownZone: ZoneReader = (wallMs) =>
    known === undefined ? zone(wallMs) : Number((known - (((known % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1000n);
  const matches = compileMatcher(query.selector, ownZone);
  return (read, ts) => {
    known = ts;
    const { event, instant } = read;
    return (
      (query.archived === undefined || event.archived === query.archived) &&
      (query.from === undefined || instant >= query.from) &&
      (query.to === undefined || instant <= query.to) &&
      matches(event)
    );
  };
}

/** `ts` within the query's bounds. */
export function timeRange(from: Instant | undefined, to: Instant | undefined): Filter {
  return {
    ts: { $gte: from === undefined || from < MIN_TS ? MIN_TS : from, ...(to === undefined ? {} : { $lte: to }) },
  };
}

class Plan {
  readonly #room: Room;
  readonly #query: FindQuery;
  readonly #reading: Reading | undefined;
  readonly #accept: Accept;
  readonly #direction: 1 | -1;
  readonly compare: Compare;

  constructor(room: Room, query: FindQuery, reading: Reading | undefined) {
    this.#room = room;
    this.#reading = reading;
    this.#query = query.by === "archived_at" ? { ...query, archived: true } : query;
    this.#accept = acceptor(this.#query, room.zone);
    this.#direction = query.order === "oldest" ? 1 : -1;
    this.compare = comparePositions(query.order);
  }

  byTime(foreign: boolean): Stream[] {
    const ours = this.#reading?.ours ?? [this.#oursFilter()];
    const streams = ours.map((filter) => this.#ours(filter));
    return foreign ? [...streams, this.#text(), this.#oddTimes()] : streams;
  }

  byArchiving(foreign: boolean): Stream[] {
    if (!foreign) return [this.#archived({ _id: { $gte: "" } }, this.#oursFilter())];
    const filter = this.#foreignFilter();
    const strings = this.#archived({ _id: { $gte: "" } }, filter);
    const objectIds = this.#archived({ _id: { $type: "objectId" } }, filter);
    const orderly = { archived_at: { $gte: FIRST_DATE }, $or: [{ _id: { $gte: "" } }, { _id: { $type: "objectId" } }] };
    return [strings, objectIds, this.#oddlyArchived({ $nor: [orderly] })];
  }

  #oursFilter(): Filter {
    return compileFilter(this.#query.selector, this.#room.connection.dialect).filter;
  }

  #foreignFilter(): Filter {
    return this.#reading?.foreign ?? compileForeign(this.#query.selector.root, this.#room.connection.dialect).filter;
  }

  #ours(filter: Filter): Stream {
    const { from, to, after, archived } = this.#query;
    const sort = { ts: this.#direction, _id: this.#direction };
    const parts = [timeRange(...this.#bounds(from, to, after)), archivedFilter(archived), filter];
    if (after) parts.push(this.#behind({ ts: this.#strictly(after.instant) }, after.id));
    return this.#cursor(and(parts), sort);
  }

  /** Bounds narrowed by the position the search continues from. */
  #bounds(from: Instant | undefined, to: Instant | undefined, after: Position | undefined) {
    if (!after) return [from, to] as const;
    const { instant } = after;
    if (this.#direction === 1) return [from === undefined || from < instant ? instant : from, to] as const;
    return [from, to === undefined || to > instant ? instant : to] as const;
  }

  #strictly(value: unknown): Filter {
    return this.#direction === 1 ? { $gt: value } : { $lt: value };
  }

  /** Beyond the instant, or at it (the bounds see to that) with an id beyond. */
  #behind(beyond: Filter, id: string): Filter {
    return { $or: [beyond, { _id: this.#strictly(id) }] };
  }

  #text(): Stream {
    const { from, to, after, archived } = this.#query;
    const range = textRange(...this.#bounds(from, to, after));
    const filter = and([FOREIGN_TS, ORDERED_TEXT, range, archivedFilter(archived), this.#foreignFilter()]);
    const ordered = this.#documents(filter, { sort: { event_timestamp: this.#direction }, allowDiskUse: true });
    return reorder(ordered, (doc) => this.#locate(doc), this.compare);
  }

  /** Archived documents whose `archived_at` is a date, with ids of one type. */
  #archived(ids: { readonly _id: Filter }, filter: Filter): Stream {
    const { after } = this.#query;
    const parts = [archivedFilter(true), { archived_at: { $gte: FIRST_DATE } }, ids, filter];
    if (after) {
      const op = this.#direction === 1 ? "gt" : "lt";
      parts.push(dateRange("archived_at", `${op}e`, after.instant));
      if ("$gte" in ids._id) parts.push(this.#behind(dateRange("archived_at", op, after.instant), after.id));
    }
    return this.#cursor(and(parts), { archived_at: this.#direction, _id: this.#direction });
  }

  /** Documents whose timestamps the server cannot order. */
  async *#oddTimes(): AsyncGenerator<Chunk, void> {
    yield* this.#at(await this.#room.oddTimes.places(this.#room, this.#query.signal));
  }

  /** Archived documents that are not in the other streams. */
  async *#oddlyArchived(which: Filter): AsyncGenerator<Chunk, void> {
    const filter = and([which, archivedFilter(true)]);
    const places: Place[] = [];
    for await (const docs of this.#documents(filter, { projection: { _id: 1, archived_at: 1 } })) {
      for (const doc of docs) places.push({ ...this.#position(doc), key: doc._id });
    }
    yield* this.#at(places);
  }

  /** The documents at these places, in order. */
  async *#at(places: readonly Place[]): AsyncGenerator<Chunk, void> {
    const condition = and([archivedFilter(this.#query.archived), this.#foreignFilter()]);
    const wanted = places.filter((place) => this.#isBehind(place)).sort(this.compare);
    for (let i = 0; i < wanted.length; i += BATCH) {
      const some = wanted.slice(i, i + BATCH);
      const filter = and([{ _id: { $in: some.map(({ key }) => key) } }, condition]);
      const found: Located[] = [];
      for await (const docs of this.#documents(filter, {})) for (const doc of docs) found.push(...this.#locate(doc));
      yield { found: found.sort(this.compare), read: some.at(-1) };
    }
  }

  #position(doc: RawDocument): Position {
    const { instant } = readDocument(doc, this.#room.zone);
    return {
      instant: this.#query.by === "archived_at" ? (archivedInstant(doc.archived_at) ?? 0n) : instant,
      id: idOf(doc._id),
    };
  }

  #isBehind(position: Position): boolean {
    return this.#query.after === undefined || this.compare(position, this.#query.after) > 0;
  }

  async *#cursor(filter: Filter, sort: Record<string, 1 | -1>): AsyncGenerator<Chunk, void> {
    for await (const docs of this.#documents(filter, { sort })) {
      const last = docs.at(-1);
      yield { found: docs.flatMap((doc) => this.#locate(doc)), read: last && this.#position(last) };
    }
  }

  /** The document as an answer, or nothing. */
  #locate(doc: RawDocument): readonly Located[] {
    const ts = instantOfTs(doc.ts);
    const key = doc._id;
    const read = readDocument(doc, this.#room.zone);
    const instant = this.#query.by === "archived_at" ? (read.archivedAt ?? 0n) : read.instant;
    const located = { instant, id: read.event._id, event: read.event, key };
    if (!this.#accept(read, ts) || !this.#isBehind(located)) return [];
    if (read.repaired.length > 0) this.#room.notes.repaired(located.id, read.repaired);
    return [located];
  }

  #documents(filter: Filter, options: FindOptions): AsyncGenerator<RawDocument[], void> {
    const limit = this.#query.limit === undefined ? BATCH : this.#query.limit + (this.#query.skip ?? 0);
    const batchSize = Math.max(2, Math.min(BATCH, limit));
    // Work nobody waits for any more must end on the server too. An unlimited search may go on for hours.
    const bounded = this.#query.limit === undefined ? {} : { maxTimeMS: LONGEST_MS };
    const read = this.#reading?.documents ?? documents;
    return read(this.#room, filter, { ...options, ...bounded, batchSize }, this.#query.signal);
  }
}
