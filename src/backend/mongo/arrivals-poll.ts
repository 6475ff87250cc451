/**
 * ArrivalPoller: looks for documents that other writers have stored.
 *
 * A look reads the ids of a stretch of time, and then only the documents whose id is new. Where the server scans the
 * whole collection for that (FerretDB 1.x), the number of documents is asked first: as long as it has grown by no more
 * than this process itself stored, nobody else has written. One look in 20 goes the long way all the same.
 */
import type { WalkPlace } from "./arrivals-cursor.ts";
import { type Arrived, arrivedMs, arrivedOf, compareArrived, foreignFrom, receivedFrom } from "./arrivals-walk.ts";
import { idKeys } from "./foreign.ts";
import { idOf } from "./read.ts";
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

const BATCH = 1000;
/** Fewer than this a scanning server is asked for one by one, which it can do without a scan. */
const FEW = 50;
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
    const counted = await connection.call("count", () => events.estimatedDocumentCount());
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
  async places(stretch: Stretch): Promise<WalkPlace[]> {
    const filters = [receivedFrom(stretch.fromMs), foreignFrom(stretch.foreignFromMs, stretch.nowMs)];
    const searches = this.#room.connection.readsIndexes ? filters : [{ $or: filters }];
    const places: WalkPlace[] = [];
    for (const filter of searches) {
      for await (const docs of documents(this.#room, filter, { projection: PLACE, batchSize: BATCH })) {
        for (const doc of docs) places.push({ ms: arrivedMs(doc), id: idOf(doc._id) });
      }
    }
    return places;
  }

  /** The events at these places that are still there, in the order of their arrival. */
  async read(places: readonly WalkPlace[]): Promise<Arrived[]> {
    if (places.length === 0) return [];
    const oneByOne = !this.#room.connection.readsIndexes && places.length <= FEW;
    const groups = oneByOne ? places.map((place) => [place]) : [places];
    const read = await Promise.all(groups.map((group) => this.#readGroup(group)));
    return read.flat().sort(compareArrived);
  }

  async #readGroup(places: readonly WalkPlace[]): Promise<Arrived[]> {
    const [only] = places;
    const keys = places.flatMap(({ id }) => idKeys(id, this.#room.connection.dialect));
    const filter = places.length === 1 && keys.length === 1 ? { _id: only?.id } : { _id: { $in: keys } };
    const found: Arrived[] = [];
    for await (const docs of documents(this.#room, filter, { batchSize: BATCH })) {
      for (const doc of docs) found.push(arrivedOf(this.#room, doc));
    }
    return found;
  }
}
