/**
 * ArrivalLooker: finds out what other writers have stored, when it is asked to and it is time to.
 *
 *   a change stream is open and tells everything ─► what it has told
 *   none, or it broke ────────────────────────────► a look at the latest documents, quick or (now and then) deep
 *
 * The watermark is the time up to which everything visible has arrived. There is no timer: nobody follows, nobody looks.
 */

import { KnownArrivals } from "./arrivals-known.ts";
import type { ArrivalPoller } from "./arrivals-poll.ts";
import { type Arrived, type ArrivedAt, arrivedOf } from "./arrivals-walk.ts";
import type { ArrivalWatch } from "./arrivals-watch.ts";
import type { Room } from "./room.ts";

const DEEP_EVERY_MS = 5000;
const LEAST_PAUSE_MS = 200;
const MOST_PAUSE_MS = 10_000;
/** A pause is so many times what the look before it took: where others are writing, and where they are not. */
const PAUSE_FACTOR = { busy: 1, quiet: 5 } as const;
/** Events per look. */
const STEP = 1000;

export interface LookerParts {
  readonly room: Room;
  readonly poller: ArrivalPoller;
  /** Undefined where the server offers no change streams. */
  readonly watch: ArrivalWatch | undefined;
  readonly now: () => Date;
}

export class ArrivalLooker {
  readonly #parts: LookerParts;
  readonly #push: (arrived: Arrived) => boolean;
  readonly #known = new KnownArrivals();
  #watermarkMs: number;
  #looking: Promise<void> | undefined;
  #nextLookMs = 0;
  #nextDeepMs = 0;
  /** Events of other writers so far. */
  #others = 0;
  /** Something may have happened that no change stream told. */
  #gap = true;

  /** @param push takes an event that was not known; false when it was after all */
  constructor(parts: LookerParts, push: (arrived: Arrived) => boolean) {
    this.#parts = parts;
    this.#push = push;
    this.#watermarkMs = this.#now();
  }

  /** Up to here everything visible has arrived, in ms since 1970. */
  get watermarkMs(): number {
    return this.#watermarkMs;
  }

  /** Makes known what was there at the construction; what has been stored since, the first look finds. */
  async start(): Promise<void> {
    const { poller } = this.#parts;
    this.#gap = !(await this.#opened());
    await poller.worthALook();
    const begunMs = this.#watermarkMs;
    const nowMs = this.#now();
    const places = await poller.places({ ...this.#known.from(begunMs, "deep"), nowMs });
    // A later time than now is that of a clock ahead, and tells nothing.
    const old = places.filter(({ ms }) => ms <= begunMs || ms > this.#now());
    for (const place of old) this.#known.add(place);
    if (old.length === places.length) poller.allKnown();
    this.#reached(nowMs);
  }

  /** An event of this process. It has arrived, also where the server showed it before. */
  record(arrived: Arrived): void {
    this.#known.add(arrived);
    this.#push(arrived);
  }

  /** False for an event that is known already. */
  arrive(arrived: Arrived): boolean {
    return this.#known.add(arrived) && this.#push(arrived);
  }

  /** So lately received that a look may still find it. */
  isRecent({ ms, foreign }: ArrivedAt): boolean {
    const { fromMs, foreignFromMs } = this.#known.from(this.#watermarkMs, "deep");
    return ms >= (foreign ? foreignFromMs : fromMs);
  }

  /** Looks where it is time to; callers share one look. */
  look(): Promise<void> {
    if (!this.#looking && performance.now() < this.#nextLookMs) return Promise.resolve();
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  #now(): number {
    return this.#parts.now().getTime();
  }

  #reached(ms: number): void {
    this.#watermarkMs = ms;
    this.#known.forget(ms);
  }

  async #lookNow(): Promise<void> {
    const startedMs = performance.now();
    const before = this.#others;
    // Where the look fails, the caller decides when to try again.
    const more = await this.#lookOnce();
    const factor = PAUSE_FACTOR[this.#others > before ? "busy" : "quiet"];
    const tookMs = performance.now() - startedMs;
    const pauseMs = Math.min(Math.max(LEAST_PAUSE_MS, factor * tookMs), MOST_PAUSE_MS);
    this.#nextLookMs = performance.now() + (more ? 0 : pauseMs);
  }

  /** Resolves to whether there is more to see at once. */
  async #lookOnce(): Promise<boolean> {
    const open = await this.#opened();
    if (open && !this.#gap) return this.#drain();
    const more = await this.#poll();
    this.#gap = !open || more;
    return more;
  }

  async #opened(): Promise<boolean> {
    const { room, watch } = this.#parts;
    return watch !== undefined && (await room.connection.call("be followed", () => watch.open()));
  }

  /** Takes what the change stream has told; of one that broke, the rest is for a deep look to find. */
  async #drain(): Promise<boolean> {
    const { room, watch } = this.#parts;
    const nowMs = this.#now();
    const drained = await watch?.drain(STEP);
    this.#gap = !drained;
    if (!drained) this.#nextDeepMs = 0;
    this.#take((drained?.documents ?? []).map((document) => arrivedOf(room, document)));
    if (drained && !drained.more) this.#reached(nowMs);
    return drained?.more ?? true;
  }

  async #poll(): Promise<boolean> {
    const { poller } = this.#parts;
    const nowMs = this.#now();
    if (!(await poller.worthALook())) return false;
    const deep = performance.now() >= this.#nextDeepMs;
    const from = this.#known.from(this.#watermarkMs, deep ? "deep" : "quick");
    const isKnown = (place: ArrivedAt) => this.#known.has(place);
    const { arrived, upToMs } = await poller.look({ ...from, nowMs }, isKnown, STEP);
    this.#take(arrived);
    const more = upToMs !== undefined;
    if (!more) poller.allKnown();
    if (deep && !more) this.#nextDeepMs = performance.now() + DEEP_EVERY_MS;
    this.#reached(Math.min(nowMs, upToMs ?? nowMs));
    return more;
  }

  #take(arrived: readonly Arrived[]): void {
    for (const each of arrived) if (this.arrive(each)) this.#others++;
  }
}
