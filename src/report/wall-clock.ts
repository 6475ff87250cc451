/**
 * Wall clock: what a clock on the wall of an IANA zone reads at an instant, and when it first reads something.
 *
 * A reading is written in microseconds as if the clock showed UTC. Where the zone's offset changes is found by looking every
 * three days (no zone ever changed twice within as many) and halving where two looks differ; what was found is kept.
 */
import { zoneOffset } from "../event/zone.ts";
import type { Interval, Micros } from "./types.ts";

const SECOND = 1e6;
const DAY = 86_400 * SECOND;
const STEP = 3 * DAY;

/** A time with one offset. */
interface Steady extends Interval {
  readonly offset: Micros;
}

/** Undefined when the zone is not a known IANA name; names may be in any case. */
export function wallClock(zone: string): WallClock | undefined {
  // Later versions of Node take offsets for zones; a calendar needs a place.
  const lookUp = /^[+-]/.test(zone) ? undefined : zoneOffset(zone);
  return lookUp && new WallClock(lookUp);
}

export class WallClock {
  readonly #lookUp: (utcMs: number) => number;
  readonly #seen = new Map<number, Micros>();
  readonly #changes = new Map<number, Micros>();

  constructor(lookUp: (utcMs: number) => number) {
    this.#lookUp = lookUp;
  }

  read(instant: Micros): Micros {
    return instant + this.steady(instant).offset;
  }

  /** The time around `instant` without a change; its ends need not be changes. */
  steady(instant: Micros): Steady {
    const step = Math.floor(instant / STEP);
    const [start, end] = [step * STEP, (step + 1) * STEP];
    const [before, after] = [this.#offsetAt(start), this.#offsetAt(end)];
    if (before === after) return { start, end, offset: before };
    const change = this.#changeWithin(step, before);
    return instant < change ? { start, end: change, offset: before } : { start: change, end, offset: after };
  }

  /** The first instant at which the clock reads `wall` or, where it jumps over that, later. */
  firstAt(wall: Micros): Micros {
    // No offset is as much as a day.
    for (let from = wall - DAY; ; ) {
      const { end, offset } = this.steady(from);
      const instant = Math.max(from, wall - offset);
      if (instant < end) return instant;
      from = end;
    }
  }

  #offsetAt(instant: Micros): Micros {
    let offset = this.#seen.get(instant);
    if (offset === undefined) {
      offset = this.#lookUp(Math.floor(instant / 1000)) * 1000;
      this.#seen.set(instant, offset);
    }
    return offset;
  }

  /** To the second; offsets change on no finer grid. */
  #changeWithin(step: number, before: Micros): Micros {
    const known = this.#changes.get(step);
    if (known !== undefined) return known;
    let low = (step * STEP) / SECOND;
    let high = ((step + 1) * STEP) / SECOND;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#lookUp(middle * 1000) * 1000 === before) low = middle;
      else high = middle;
    }
    this.#changes.set(step, high * SECOND);
    return high * SECOND;
  }
}
