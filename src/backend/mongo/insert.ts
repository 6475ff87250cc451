/**
 * Inserting documents so that a bad one never holds up its neighbours.
 *
 * All at once, unordered. Items a server refuses one by one are told apart by the answer. When it refuses the command as
 * a whole, or drops the connection over it, the suspicious items (by their payload's traits) are sent alone and the rest
 * together; what is refused alone goes in as JSON text, and the trait is remembered so that later batches know.
 */
import type { Collection } from "mongodb";
import { EventStoreError } from "../../errors.ts";
import type { Instant } from "../../event/instant.ts";
import type { PreparedEvent } from "../../event/parse.ts";
import type { Marks } from "../alert-records.ts";
import type { Incoming, Present } from "./append.ts";
import { type EventDocument, encodeEvent } from "./document.ts";
import type { Connection } from "./driver.ts";
import { markField } from "./marks.ts";
import type { Notes } from "./notes.ts";
import { type PayloadShape, shapeOf, type Trait } from "./payload.ts";

const DUPLICATE_KEY = 11000;
/** Answers that mean "not now", never "not this document": https://www.mongodb.com/docs/manual/reference/error-codes/ */
const NOT_NOW = new Set([
  6, 7, 11, 13, 18, 24, 50, 64, 79, 89, 91, 100, 112, 133, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436,
]);

interface Item {
  readonly prepared: PreparedEvent;
  readonly marks: Marks | undefined;
  /** Its place in the batch. */
  readonly place: number;
  readonly shape: PayloadShape;
  opaque: boolean;
  /** Part of a command whose outcome is not known. */
  unsure: boolean;
}

/** A command that failed as a whole, although the server is there: it said no, or hung up. */
type Failure = "refused" | "dropped";

/** What one round trip did; indices into the items sent. */
interface Round {
  readonly duplicates: readonly number[];
  readonly refused: readonly number[];
}

export class Inserter {
  readonly #connection: Connection;
  readonly #events: Collection<EventDocument>;
  readonly #notes: Notes;
  /** Traits this server is known to refuse. */
  readonly #refused = new Set<Trait>();

  constructor(connection: Connection, events: Collection<EventDocument>, notes: Notes) {
    this.#connection = connection;
    this.#events = events;
    this.#notes = notes;
  }

  /** Inserts events of distinct ids, each with its marks in the same document; returns the ids that were there already. */
  async insert(events: readonly Incoming[], received: Instant): Promise<Present> {
    const items = events.map((incoming, place) => this.#item(incoming, place));
    const present = new Map<string, "there" | "unsure">();
    await this.#insertAll(items, received, present);
    return present;
  }

  #item({ prepared, marks }: Incoming, place: number): Item {
    const shape = shapeOf(prepared.event.event_data);
    const item: Item = { prepared, marks, place, shape, opaque: false, unsure: false };
    const known = [...(shape.traits ?? [])].find((trait) => this.#refused.has(trait));
    if (shape.unfit) this.#makeOpaque(item, "a value BSON cannot hold");
    else if (known) this.#makeOpaque(item, `a ${known}, which this server refuses`);
    return item;
  }

  async #insertAll(items: readonly Item[], received: Instant, present: Map<string, "there" | "unsure">): Promise<void> {
    let round = await this.#round(items, received);
    if (round === "dropped") {
      for (const item of items) item.unsure = true;
      round = await this.#round(items, received);
    }
    if (typeof round === "string") return this.#insertApart(items, received, present);
    for (const i of round.duplicates) {
      const { prepared, unsure } = items[i] as Item;
      present.set(prepared.event._id, unsure ? "unsure" : "there");
    }
    for (const i of round.refused) await this.#insertOpaque(items[i] as Item, received, present);
  }

  /** After a refusal of the whole command: suspicious items alone, the rest together or in halves. */
  async #insertApart(
    items: readonly Item[],
    received: Instant,
    present: Map<string, "there" | "unsure">,
  ): Promise<void> {
    for (const item of items) item.unsure = true;
    const [only] = items;
    if (items.length === 1 && only) return this.#insertOpaque(only, received, present);
    const plain = items.filter((item) => item.opaque || !item.shape.traits);
    const suspicious = items.filter((item) => !item.opaque && item.shape.traits);
    const half = Math.ceil(plain.length / 2);
    const groups = suspicious.length > 0 ? [plain] : [plain.slice(0, half), plain.slice(half)];
    for (const group of [...groups, ...suspicious.map((item) => [item])]) {
      if (group.length > 0) await this.#insertAll(group, received, present);
    }
  }

  async #insertOpaque(item: Item, received: Instant, present: Map<string, "there" | "unsure">): Promise<void> {
    if (item.opaque) throw refusedForGood(item.prepared.event._id);
    const traits = [...(item.shape.traits ?? [])];
    const [trait] = traits;
    if (traits.length === 1 && trait) this.#refused.add(trait);
    this.#makeOpaque(item, trait ? `a ${trait}, which this server refuses` : "a value this server refuses");
    await this.#insertAll([item], received, present);
  }

  #makeOpaque(item: Item, reason: string): void {
    item.opaque = true;
    this.#notes.opaque(item.prepared.event._id, reason);
  }

  /** One command. */
  async #round(items: readonly Item[], received: Instant): Promise<Round | Failure> {
    const documents = items.map(({ prepared, marks, place, shape, opaque }) => {
      const document = encodeEvent(prepared, received, opaque ? "opaque" : shape.wide ? "wide" : "plain");
      return marks ? { ...document, ...markField(marks, place) } : document;
    });
    try {
      await this.#connection.attempt(() => this.#events.insertMany(documents, { ordered: false }));
      return NOTHING_SPECIAL;
    } catch (error) {
      return roundOf(error, documents.length) ?? this.#failure(error);
    }
  }

  /** Tells a refused command from a server that cannot answer now. @throws EventStoreError */
  async #failure(error: unknown): Promise<Failure> {
    const { name, code, errorResponse } = error as DriverError;
    const dropped = DROPPED.test(String(errorResponse?.name ?? name));
    const refused = typeof code === "number" ? !NOT_NOW.has(code) : BY_DRIVER.test(String(name));
    if (!dropped && !refused) return this.#connection.call("store", () => Promise.reject(error));
    if (dropped) await this.#connection.ping();
    return dropped ? "dropped" : "refused";
  }
}

const NOTHING_SPECIAL: Round = { duplicates: [], refused: [] };
const DROPPED = /^Mongo(Network|PoolCleared)Error$/;
/** The driver's own complaints about a document it cannot write. */
const BY_DRIVER = /^(BSON.*Error|MongoInvalidArgumentError|TypeError|RangeError)$/;

interface DriverError {
  readonly name?: string;
  readonly code?: unknown;
  /** What an unordered insert failed of, when it failed as a whole. */
  readonly errorResponse?: { readonly name?: string };
}

/** Reads the driver's report on an unordered insert; undefined when it is not one. */
function roundOf(error: unknown, sent: number): Round | undefined {
  const { name, writeErrors, result } = error as BulkError;
  if (name !== "MongoBulkWriteError" || writeErrors === undefined) return undefined;
  const list = Array.isArray(writeErrors) ? writeErrors : [writeErrors];
  if (list.length === 0 || result?.getWriteConcernError?.()) return undefined;
  if ((result?.insertedCount ?? 0) + list.length !== sent) return undefined;
  if (list.some(({ code }) => NOT_NOW.has(code))) return undefined;
  const of = (wanted: boolean) =>
    list.filter(({ code }) => (code === DUPLICATE_KEY) === wanted).map(({ index }) => index);
  return { duplicates: of(true), refused: of(false) };
}

interface BulkError {
  readonly name?: string;
  readonly writeErrors?: WriteError | readonly WriteError[];
  readonly result?: { readonly insertedCount?: number; getWriteConcernError?(): unknown };
}

interface WriteError {
  readonly index: number;
  readonly code: number;
}

function refusedForGood(id: string): EventStoreError {
  return new EventStoreError("EVT_BACKEND_UNAVAILABLE", `MongoDB refuses to store event ${JSON.stringify(id)}`);
}
