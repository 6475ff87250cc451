/**
 * ArrivalPoller: looks for documents that other writers have stored.
 *
 * A look reads the ids of a stretch of time, and then only the documents whose id is new. Where the server scans the
 * whole collection for that (FerretDB 1.x), the number of documents is asked first: as long as it has grown by no more
 * than this process itself stored, nobody else has written. One look in 20 goes the long way all the same. The number
 * comes from `collStats`, which is some fifty times faster there than a scan (`count` is one).
 */
import type { FindOptions } from "mongodb";
import {
  type Arrived,
  type ArrivedAt,
  arrivedAt,
  arrivedOf,
  compareArrived,
  foreignFrom,
  receivedFrom,
} from "./arrivals-walk.ts";
import type { RawDocument } from "./read.ts";
import { documents, type Room } from "./room.ts";

/** How many documents this process has stored, purges taken off. */
export interface OwnCount {
  stored: number;
  /** Being stored: perhaps there already. */
  underWay: number;
}

/** What to look at. */
export interface Stretch {
  /** Events of ours received since, ms. */
  readonly fromMs: number;
  /** Ids that other programs made since, ms. */
  readonly foreignFromMs: number;
  readonly nowMs: number;
}

export interface Look {
  readonly arrived: readonly Arrived[];
  /** Where there are more, the look got up to this time; undefined where it got to the end. */
  readonly upToMs: number | undefined;
}

interface Unknown extends ArrivedAt {
  readonly doc: RawDocument;
}

const BATCH = 1000;
const SURE_EVERY = 20;
const PLACE = { _id: 1, received_at: 1 };

export class ArrivalPoller {
  readonly #room: Room;
  readonly #own: OwnCount;
  /** Others had stored at least so many when all of them were known; undefined when not all are. */
  #others: number | undefined;
  #counted: number | undefined;
  #saved = 0;

  constructor(room: Room, own: OwnCount) {
    this.#room = room;
    this.#own = own;
  }

  /** False when nobody else seems to have stored anything since `allKnown`. */
  async worthALook(): Promise<boolean> {
    const { connection, events } = this.#room;
    if (connection.readsIndexes) return true;
    const storedBefore = this.#own.stored;
    const stats = await connection.call("count", () => connection.db.command({ collStats: events.collectionName }));
    const counted = Number(stats.count);
    // Whatever is under way may be among the counted.
    this.#counted = counted - this.#own.stored - this.#own.underWay;
    const quiet = this.#others !== undefined && counted - storedBefore <= this.#others;
    if (quiet && ++this.#saved < SURE_EVERY) return false;
    this.#saved = 0;
    this.#others = undefined;
    return true;
  }

  /** Everything that was there at the last `worthALook` has been read. */
  allKnown(): void {
    this.#others = this.#counted;
  }

  /** Where the documents of the stretch stand, in no order. */
  async places(stretch: Stretch): Promise<ArrivedAt[]> {
    const places: ArrivedAt[] = [];
    for await (const docs of this.#documents(stretch, { projection: PLACE })) places.push(...docs.map(arrivedAt));
    return places;
  }

  /** The oldest `limit` events of the stretch that are not known, in the order of their arrival. */
  async look(stretch: Stretch, isKnown: (place: ArrivedAt) => boolean, limit: number): Promise<Look> {
    const unknown: Unknown[] = [];
    // A server that scans is asked for whole documents: asking for the new ones would be another scan.
    const options = this.#room.connection.readsIndexes ? { projection: PLACE } : {};
    for await (const docs of this.#documents(stretch, options)) {
      for (const doc of docs) if (!isKnown(arrivedAt(doc))) unknown.push({ ...arrivedAt(doc), doc });
    }
    const oldest = unknown.sort(compareArrived).slice(0, limit);
    const last = oldest.at(-1);
    const upToMs = last && oldest.length < unknown.length ? last.ms : undefined;
    return { arrived: await this.#read(oldest), upToMs };
  }

  async *#documents(stretch: Stretch, options: FindOptions): AsyncGenerator<RawDocument[], void> {
    const filters = [receivedFrom(stretch.fromMs), foreignFrom(stretch.foreignFromMs, stretch.nowMs)];
    for (const filter of this.#room.connection.readsIndexes ? filters : [{ $or: filters }]) {
      yield* documents(this.#room, filter, { ...options, batchSize: BATCH });
    }
  }

  async #read(found: readonly Unknown[]): Promise<Arrived[]> {
    const room = this.#room;
    if (!room.connection.readsIndexes) return found.map(({ doc }) => arrivedOf(room, doc));
    const arrived: Arrived[] = [];
    const filter = { _id: { $in: found.map(({ doc }) => doc._id) } };
    for await (const docs of found.length > 0 ? documents(room, filter, { batchSize: BATCH }) : []) {
      for (const doc of docs) arrived.push(arrivedOf(room, doc));
    }
    return arrived.sort(compareArrived);
  }
}
