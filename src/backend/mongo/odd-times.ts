/**
 * OddTimes: where the foreign documents stand whose timestamp's text says nothing about their order.
 *
 * Unreadable or unusual timestamps are rare, but finding them means looking at every foreign document. In a large
 * collection what was found is kept for a minute; such a document written meanwhile appears a minute later.
 */
import { FOREIGN, FOREIGN_TS, UNORDERED_TEXT } from "./foreign.ts";
import { idOf, readDocument } from "./read.ts";
import { documents, type OddPlaces, type Room } from "./room.ts";
import type { Place } from "./stream.ts";

const LARGE = 50_000;
const KEPT_MS = 60_000;
const BATCH = 1000;
/** Foreign documents that are not in the stream of ordered text: their time is odd, or they have a `ts` of an odd type. */
const ODD = {
  $or: [
    { ...FOREIGN_TS, ...UNORDERED_TEXT },
    { $nor: [FOREIGN_TS], ...FOREIGN },
  ],
};
const PROJECTION = { _id: 1, ts: 1, event_timestamp: 1 };

export class OddTimes implements OddPlaces {
  #kept: readonly Place[] | undefined;
  #large = false;
  #lookedMs = Number.NEGATIVE_INFINITY;

  /** In no order. Incomplete when the signal fires. */
  async places(room: Room, signal: AbortSignal | undefined): Promise<readonly Place[]> {
    const fresh = performance.now() - this.#lookedMs < KEPT_MS;
    if (fresh && this.#kept) return this.#kept;
    if (!fresh) await this.#measure(room);
    const places: Place[] = [];
    for await (const docs of documents(room, ODD, { projection: PROJECTION, batchSize: BATCH }, signal)) {
      for (const doc of docs) {
        places.push({ instant: readDocument(doc, room.zone).instant, id: idOf(doc._id), key: doc._id });
      }
    }
    this.#kept = this.#large && !signal?.aborted ? places : undefined;
    return places;
  }

  async #measure({ connection, events }: Room): Promise<void> {
    this.#large = (await connection.call("count", () => events.estimatedDocumentCount())) > LARGE;
    this.#lookedMs = performance.now();
  }
}
