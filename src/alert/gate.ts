/**
 * Gate: who may pass to one channel now. Its breaker, its places (messages under way at once), and its pace, from which a
 * message that must wait learns when to come back.
 */
import { Breaker, type Verdict } from "./breaker.ts";
import type { AlertClock } from "./clock.ts";
import type { Channel } from "./notification.ts";
import type { DeliveryPlan } from "./plan.ts";

/** Those who wait come back no later than this: the channel may be faster by then. */
const LONGEST_WAIT_MS = 60_000;
const SHORTEST_WAIT_MS = 1_000;
/** Weight of the newest attempt in the pace. */
const NEWEST = 0.2;

/** A place at the channel; give it back once. */
export type Release = (verdict: Verdict) => void;

export class Gate {
  readonly channel: Channel;
  readonly #breaker: Breaker;
  readonly #clock: AlertClock;
  #busy = 0;
  #attemptMs = SHORTEST_WAIT_MS;
  /** Up to here, work is planned already. */
  #plannedMs = 0;

  constructor(channel: Channel, delivery: DeliveryPlan, clock: AlertClock) {
    this.channel = channel;
    this.#clock = clock;
    this.#breaker = new Breaker(delivery.breaker, clock);
  }

  /** The breaker keeps messages away, all or all but one. */
  get tripped(): boolean {
    return this.#breaker.state !== "closed";
  }

  /** How long nobody passes at all; 0 when it is only a matter of places. */
  get shutMs(): number {
    return this.#breaker.waitMs;
  }

  /** A place, if there is one. */
  enter(): Release | null {
    if (this.#busy >= Math.max(1, this.channel.concurrency) || !this.#breaker.admits) return null;
    this.#busy += 1;
    const startedMs = this.#clock.elapsed();
    const end = this.#breaker.begin();
    return (verdict) => {
      this.#busy -= 1;
      this.#attemptMs += NEWEST * (this.#clock.elapsed() - startedMs - this.#attemptMs);
      end(verdict);
    };
  }

  /** When one more that has to wait may come back: one after the other, as fast as the channel has been lately. */
  comeBackMs(nowMs: number): number {
    const pace = this.#attemptMs / Math.max(1, this.channel.concurrency);
    const planned = Math.min(Math.max(this.#plannedMs, nowMs + SHORTEST_WAIT_MS) + pace, nowMs + LONGEST_WAIT_MS);
    this.#plannedMs = planned;
    return Math.ceil(planned);
  }
}
