/**
 * ArrivalSession: the arrivals of all writers, put in one order for as long as somebody follows.
 *
 *   own appends ───────────────────── when durable ──┐
 *   others: change stream, or a look at the latest ──┴─► known already? ─► ring ─► pages
 *   behind the ring: a walk through the database, up to where the ring goes on
 *
 * Nothing is missed: the walk begins LATE_MS before the cursor's watermark, and what becomes visible behind it meanwhile
 * goes into the ring. Nothing comes twice as long as the ring reaches back to the cursor: the walk leaves out what the
 * ring will tell. A cursor of another process, or one behind the ring, repeats what was received within LATE_MS before it.
 */
import type { StoredEvent } from "../../event/event.ts";
import type { Arrival, ArrivalPage } from "../backend.ts";
import { type ArrivalPlace, decodePlace, encodePlace, type WalkPlace } from "./arrivals-cursor.ts";
import type { ArrivalPoller } from "./arrivals-poll.ts";
import { ArrivalRing, type RingLimits } from "./arrivals-ring.ts";
import { SeenIds } from "./arrivals-seen.ts";
import { type Arrived, arrivedOf, compareArrived, walk } from "./arrivals-walk.ts";
import type { ArrivalWatch } from "./arrivals-watch.ts";
import { readByIds } from "./get.ts";
import type { Room } from "./room.ts";

/** Longest from an event's `received_at` until others can read it, clocks that disagree included, for other processes. */
const LATE_MS = 10_000;
/** Looked at again by every look … */
const OVERLAP_MS = 2000;
/** … and by one every DEEP_EVERY_MS: up to here a writer's clock may be behind. */
const DEEP_MS = 60_000;
const DEEP_EVERY_MS = 5000;
const LEAST_PAUSE_MS = 200;
const MOST_PAUSE_MS = 10_000;
/** A pause is so many times what the look before it took: where others are writing, and where they are not. */
const PAUSE_FACTOR = { busy: 2, quiet: 5 } as const;
const NOTHING_READ: ReadonlyMap<string, StoredEvent> = new Map();
/** Events per look, and documents per step of a walk. */
const STEP = 1000;

export interface SessionParts {
  readonly room: Room;
  readonly poller: ArrivalPoller;
  /** Undefined where the server offers no change streams. */
  readonly watch: ArrivalWatch | undefined;
  /** See `databaseMark`. */
  readonly mark: string;
  readonly now: () => Date;
  readonly limits?: RingLimits | undefined;
}

export class ArrivalSession {
  readonly #parts: SessionParts;
  readonly #ring: ArrivalRing;
  readonly #seen = new SeenIds();
  #watermarkMs: number;
  #looking: Promise<void> | undefined;
  readonly #waiting = new Set<() => void>();
  #nextLookMs = 0;
  /** Events of other writers so far. */
  #others = 0;
  #nextDeepMs = 0;
  /** Something may have happened that no change stream told. */
  #gap = true;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#ring = new ArrivalRing(parts.limits);
    this.#watermarkMs = parts.now().getTime();
  }

  /** Learns what is there already. Own events count as arrivals from the construction on. */
  async start(): Promise<void> {
    const { poller } = this.#parts;
    this.#gap = !(await this.#opened());
    await poller.worthALook();
    const nowMs = this.#now();
    const fromMs = this.#watermarkMs - DEEP_MS;
    for (const { id, ms } of await poller.places({ fromMs, foreignFromMs: fromMs, nowMs })) this.#seen.add(id, ms);
    poller.allKnown();
    this.#reached(nowMs);
  }

  /** An event of this process, durable now. */
  record(event: StoredEvent, bytes: number, receivedMs: number): void {
    this.#arrive({ ms: receivedMs, id: event._id, event, bytes });
  }

  async page(after: string | undefined, limit: number): Promise<ArrivalPage> {
    const place = after === undefined ? undefined : decodePlace(this.#parts.mark, after);
    const looking = this.#look();
    // Whoever has nothing to read meanwhile waits for it below, and learns of its failure.
    looking.catch(() => {});
    if (!place || this.#isNone(place)) return { arrivals: [], cursor: this.#end(), lost: after !== undefined };
    if (!this.#inRing(place)) return this.#walkOn(place, limit);
    if (place.number === this.#ring.last) await this.#orNews(looking);
    return this.#inRing(place) ? this.#ringPage(place, limit) : this.#walkOn(place, limit);
  }

  close(): void {
    this.#parts.watch?.close();
  }

  #now(): number {
    return this.#parts.now().getTime();
  }

  #end(): string {
    return this.#cursor({ ring: this.#ring.id, number: this.#ring.last, watermarkMs: this.#watermarkMs });
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
    return { arrivals, cursor: more ? this.#cursor({ ring, ...last }) : this.#end(), lost: false, more };
  }

  /** One step through the database; at its end the ring goes on. */
  async #walkOn(place: ArrivalPlace, limit: number): Promise<ArrivalPage> {
    const anchored = this.#anchored(place);
    const { number } = anchored;
    const { found, end } = await walk(this.#parts.room, anchored.walked, Math.min(limit, STEP), this.#now());
    const arrivals: Arrival[] = [];
    for (const arrived of found) {
      if (this.#ring.numberOf(arrived.id) > number || (this.#isRecent(arrived) && this.#arrive(arrived))) continue;
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
    return { ring: this.#ring.id, number: this.#ring.last, watermarkMs: this.#watermarkMs, walked: from };
  }

  /** So lately received that looking for new events may still find it. */
  #isRecent({ ms }: WalkPlace): boolean {
    return ms >= Math.max(this.#seen.floorMs, this.#watermarkMs - DEEP_MS);
  }

  /** False for an event that is known already. */
  #arrive({ ms, id, event, bytes }: Arrived): boolean {
    if (!this.#seen.add(id, ms) || this.#ring.numberOf(id) > 0) return false;
    this.#ring.push(event, bytes, this.#watermarkMs);
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

  #reached(ms: number): void {
    this.#watermarkMs = ms;
    this.#seen.forget(ms - DEEP_MS, ms - OVERLAP_MS);
  }

  /** Looks for events of others where it is time to; callers share one look. */
  #look(): Promise<void> {
    if (!this.#looking && performance.now() < this.#nextLookMs) return Promise.resolve();
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookNow(): Promise<void> {
    const startedMs = performance.now();
    const before = this.#others;
    let more = false;
    try {
      more = await this.#lookOnce();
    } finally {
      const tookMs = performance.now() - startedMs;
      const factor = PAUSE_FACTOR[this.#others > before ? "busy" : "quiet"];
      const pauseMs = Math.min(Math.max(LEAST_PAUSE_MS, factor * tookMs), MOST_PAUSE_MS);
      this.#nextLookMs = performance.now() + (more ? 0 : pauseMs);
    }
  }

  /** Resolves to whether there is more to see at once. */
  async #lookOnce(): Promise<boolean> {
    const open = await this.#opened();
    if (!open || this.#gap) {
      const more = await this.#poll();
      this.#gap = !open || more;
      return more;
    }
    const nowMs = this.#now();
    const drained = await this.#parts.watch?.drain(STEP);
    for (const document of drained?.documents ?? []) {
      if (this.#arrive(arrivedOf(this.#parts.room, document))) this.#others++;
    }
    if (drained && !drained.more) this.#reached(nowMs);
    if (!drained) {
      this.#gap = true;
      this.#nextDeepMs = 0;
    }
    return drained?.more ?? true;
  }

  async #opened(): Promise<boolean> {
    const { room, watch } = this.#parts;
    return watch !== undefined && (await room.connection.call("be followed", () => watch.open()));
  }

  async #poll(): Promise<boolean> {
    const { poller } = this.#parts;
    const nowMs = this.#now();
    if (!(await poller.worthALook())) return false;
    const deep = performance.now() >= this.#nextDeepMs;
    if (deep) this.#nextDeepMs = performance.now() + DEEP_EVERY_MS;
    const deepMs = Math.max(this.#seen.floorMs, this.#watermarkMs - DEEP_MS);
    const fromMs = deep ? deepMs : Math.max(deepMs, this.#watermarkMs - OVERLAP_MS);
    const isKnown = ({ id, ms }: WalkPlace) => this.#seen.has(id, ms);
    const { arrived, upToMs } = await poller.look({ fromMs, foreignFromMs: deepMs, nowMs }, isKnown, STEP);
    for (const each of arrived) if (this.#arrive(each)) this.#others++;
    if (upToMs === undefined) poller.allKnown();
    this.#reached(Math.min(nowMs, upToMs ?? nowMs));
    return upToMs !== undefined;
  }
}
