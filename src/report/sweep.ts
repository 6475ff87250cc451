/**
 * Sweep: activities in order of time → what the lab did in a window. One pass; what came before the window only sets the state
 * in which it begins, and what comes after it only whether actions that are open at its end went on.
 *
 *   activity ─ normalise ─ fact ─┬─ sessions                      ┐
 *                                ├─ experiments                   ├─ at the end: joined, cut, shared out ─ LabHistory
 *                                ├─ sightings of nodes, actions   │
 *                                └─ workflows                     ┘
 *
 * Memory: what is open, and what the answer lists: sessions, experiments, nodes, periods. No event stays, and the state of a node
 * or an instant at which it was told of only where it may make a difference (sighting.ts). Beyond that it grows with
 *
 *   actions     by 16 bytes for each busy time that touches no other of its node, and by some 50 for its id (id-table.ts); by some
 *               200 where engines alone tell of it
 *   workflows   by some 150 bytes, where users are asked for; by none elsewhere
 *   before      by an entry for each session and experiment of all time before the window: they may go on in it
 *
 * Busy time cannot be added up by session or period as it passes: to which node a name belongs, which workcells a node serves,
 * and so in which sessions its work counts, may be told by the last event; times of one node told under two names may overlap.
 * Ids of actions cannot be forgotten: an engine may tell of one at any time, and must not count where its node has spoken.
 */
import { EventStoreError } from "../errors.ts";
import { type Activity, LONGEST_OPEN } from "../event/activity.ts";
import { type ZoneReader, zoneReader } from "../event/zone.ts";
import { Collected, type TellsOf } from "./collected.ts";
import { normalise } from "./normalise.ts";
import { type Pace, pace } from "./pace.ts";
import type { Interval, LabHistory } from "./types.ts";

export interface SweepOptions {
  readonly pace?: Pace | undefined;
  /** How naive times within payloads are read. @default UTC */
  readonly zone?: ZoneReader | undefined;
  /** Those of one instant come in order of their ids, as stores hand them over: none is held back. @default false */
  readonly ordered?: boolean | undefined;
  /** @default "all" */
  readonly of?: TellsOf | undefined;
}

/** Activities between two looks at the clock. */
const STEP = 128;

/**
 * `pages` come in order of instant, as in them their activities do; those of one instant may come in any order.
 * @throws EventStoreError `EVT_INVALID_OPTION` where they do not.
 */
export async function sweep(
  pages: AsyncIterable<readonly Activity[]>,
  window: Interval,
  options: SweepOptions = {},
): Promise<LabHistory> {
  const { pace: wait = pace(), zone = zoneReader("UTC"), ordered = false, of = "all" } = options;
  const collected = new Collected(window.start, of);
  const take = (activity: Activity) => {
    const fact = normalise(activity, zone);
    if (fact !== undefined) collected.take(fact);
  };
  const line = new Line(take, ordered);
  const end = BigInt(Math.ceil(window.end));
  const ahead = new Ahead(collected, zone);
  let count = 0;
  reading: for await (const page of pages) {
    for (const activity of page) {
      if (activity.instant < end) line.add(activity);
      else {
        line.close();
        if (activity.instant >= end + LONGEST_OPEN || !ahead.take(activity)) break reading;
      }
      if (++count % STEP === 0) await wait();
    }
  }
  line.close();
  return collected.finish(window, wait);
}

/** What comes after the window, read as long as it may make a difference. */
class Ahead {
  readonly #collected: Collected;
  readonly #zone: ZoneReader;
  #hasBegun = false;

  constructor(collected: Collected, zone: ZoneReader) {
    this.#collected = collected;
    this.#zone = zone;
  }

  /** False when it makes none any more. */
  take(activity: Activity): boolean {
    if (!this.#hasBegun) this.#collected.lookAhead();
    this.#hasBegun = true;
    if (!this.#collected.isUndecided) return false;
    const fact = normalise(activity, this.#zone);
    if (fact !== undefined) this.#collected.takeLater(fact);
    return true;
  }
}

/** Hands on activities by instant, then id. */
class Line {
  readonly #take: (activity: Activity) => void;
  readonly #ordered: boolean;
  #last: Activity | undefined;
  /** Where more than one bears an instant: all of them. */
  #same: Activity[] = [];

  constructor(take: (activity: Activity) => void, ordered: boolean) {
    this.#take = take;
    this.#ordered = ordered;
  }

  add(activity: Activity): void {
    const last = this.#last;
    if (last !== undefined && activity.instant === last.instant && !this.#ordered) {
      if (this.#same.length === 0) this.#same.push(last);
      this.#same.push(activity);
      return;
    }
    if (last !== undefined && activity.instant < last.instant) throw disorder(activity);
    this.close();
    this.#last = activity;
  }

  close(): void {
    if (this.#same.length === 0) {
      if (this.#last !== undefined) this.#take(this.#last);
    } else {
      for (const activity of this.#same.sort((a, b) => (a._id < b._id ? -1 : 1))) this.#take(activity);
      this.#same = [];
    }
    this.#last = undefined;
  }
}

function disorder({ _id }: Activity): EventStoreError {
  return new EventStoreError(
    "EVT_INVALID_OPTION",
    `events must come in order of time: ${_id} is earlier than the one before`,
  );
}
