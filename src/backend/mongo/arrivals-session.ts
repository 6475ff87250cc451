/**
 * ArrivalSession: the arrivals of all writers, put in one order for as long as somebody follows.
 *
 *   own appends, when durable ────────────┐
 *   others' (arrivals-look.ts) ───────────┴─► known already? ─► ring ─► pages
 *   behind the ring: a walk through the database, up to where the ring goes on
 *
 * Nothing is missed: the walk begins LATE_MS before the cursor's watermark, and what becomes visible behind it meanwhile
 * goes into the ring. Nothing comes twice as long as the ring reaches back to the cursor: the walk leaves out what the
 * ring will tell. A cursor of another process, or one behind the ring, repeats what was received within LATE_MS before it.
 */
import type { StoredEvent } from "../../event/event.ts";
import type { Arrival, ArrivalPage } from "../backend.ts";
import { type ArrivalPlace, decodePlace, encodePlace, type WalkPlace } from "./arrivals-cursor.ts";
import { ArrivalLooker, type LookerParts } from "./arrivals-look.ts";
import { ArrivalRing, type RingLimits } from "./arrivals-ring.ts";
import { type Arrived, compareArrived, walk } from "./arrivals-walk.ts";
import { readByIds } from "./get.ts";

/** Longest from an event's `received_at` until other processes can read it, clocks that disagree included. */
const LATE_MS = 10_000;
const NOTHING_READ: ReadonlyMap<string, StoredEvent> = new Map();
/** Documents per step of a walk. */
const STEP = 1000;

export interface SessionParts extends LookerParts {
  /** See `databaseMark`. */
  readonly mark: string;
  readonly limits?: RingLimits | undefined;
}

export class ArrivalSession {
  readonly #parts: SessionParts;
  readonly #ring: ArrivalRing;
  readonly #looker: ArrivalLooker;
  readonly #waiting = new Set<() => void>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#ring = new ArrivalRing(parts.limits);
    this.#looker = new ArrivalLooker(parts, (arrived) => this.#push(arrived));
  }

  /** Learns what is there already. Own events count as arrivals from the construction on. */
  start(): Promise<void> {
    return this.#looker.start();
  }

  /** An event of this process, durable now. */
  record(event: StoredEvent, bytes: number, receivedMs: number): void {
    this.#looker.record({ ms: receivedMs, id: event._id, foreign: false, event, bytes });
  }

  /** Behind the last arrival so far. */
  get end(): string {
    const { watermarkMs } = this.#looker;
    return this.#cursor({ ring: this.#ring.id, number: this.#ring.last, watermarkMs });
  }

  /** @param end answered where `after` tells no place */
  async page(after: string | undefined, limit: number, end: string): Promise<ArrivalPage> {
    const place = after === undefined ? undefined : decodePlace(this.#parts.mark, after);
    const looking = this.#looker.look();
    // Whoever has nothing to read meanwhile waits for it below, and learns of its failure.
    looking.catch(() => {});
    if (!place || this.#isNone(place)) return { arrivals: [], cursor: end, lost: after !== undefined };
    if (!this.#inRing(place)) return this.#walkOn(place, limit);
    if (place.number === this.#ring.last) await this.#orNews(looking);
    return this.#inRing(place) ? this.#ringPage(place, limit) : this.#walkOn(place, limit);
  }

  close(): void {
    this.#parts.watch?.close();
  }

  #cursor(place: ArrivalPlace): string {
    return encodePlace(this.#parts.mark, place);
  }

  /** A number this ring has not given yet. */
  #isNone({ ring, number }: ArrivalPlace): boolean {
    return ring === this.#ring.id && number > this.#ring.last;
  }

  #inRing({ ring, number, walked }: ArrivalPlace): boolean {
    return ring === this.#ring.id && !walked && this.#ring.holds(number);
  }

  async #ringPage({ number }: ArrivalPlace, limit: number): Promise<ArrivalPage> {
    const ring = this.#ring.id;
    const entries = this.#ring.after(number, limit);
    const bare = entries.filter(({ event }) => !event).map(({ id }) => id);
    const read = bare.length > 0 ? await readByIds(this.#parts.room, bare) : NOTHING_READ;
    const arrivals: Arrival[] = [];
    for (const { id, event = read.get(id), bytes, ...at } of entries) {
      if (event) arrivals.push({ event, bytes, cursor: this.#cursor({ ring, ...at }) });
    }
    const last = entries.at(-1);
    const more = last !== undefined && last.number < this.#ring.last;
    const cursor = more ? this.#cursor({ ring, ...last }) : this.end;
    return { arrivals, cursor, lost: arrivals.length < entries.length, more };
  }

  /** One step through the database; at its end the ring goes on. */
  async #walkOn(place: ArrivalPlace, limit: number): Promise<ArrivalPage> {
    const anchored = this.#anchored(place);
    const { number } = anchored;
    const { found, end } = await walk(
      this.#parts.room,
      anchored.walked,
      Math.min(limit, STEP),
      this.#parts.now().getTime(),
    );
    const arrivals: Arrival[] = [];
    for (const arrived of found) {
      if (this.#ring.numberOf(arrived.id) > number || (this.#looker.isRecent(arrived) && this.#looker.arrive(arrived)))
        continue;
      const cursor = this.#cursor({ ...anchored, walked: { ms: arrived.ms, id: arrived.id } });
      arrivals.push({ event: arrived.event, bytes: arrived.bytes, cursor });
    }
    const walked = end ? undefined : (found.at(-1) ?? anchored.walked);
    return { arrivals, cursor: this.#cursor({ ...anchored, walked }), lost: false, more: true };
  }

  /** A walk that this ring can follow up; the same one when it already is. */
  #anchored(place: ArrivalPlace): ArrivalPlace & { readonly walked: WalkPlace } {
    const { ring, number, watermarkMs, walked } = place;
    if (walked && ring === this.#ring.id && this.#ring.holds(number)) return { ...place, walked };
    const begin = { ms: watermarkMs - LATE_MS, id: "" };
    const from = walked && compareArrived(walked, begin) < 0 ? walked : begin;
    return { ring: this.#ring.id, number: this.#ring.last, watermarkMs: this.#looker.watermarkMs, walked: from };
  }

  #push({ id, event, bytes }: Arrived): boolean {
    if (this.#ring.numberOf(id) > 0) return false;
    this.#ring.push(event, bytes, this.#looker.watermarkMs);
    for (const tell of this.#waiting) tell();
    this.#waiting.clear();
    return true;
  }

  /** Waits for a look, but no longer than until something arrives: an own event never waits for a slow server. */
  #orNews(looking: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve);
      looking.then(resolve, reject).finally(() => this.#waiting.delete(resolve));
    });
  }
}
