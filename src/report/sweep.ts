/**
 * Sweep: activities in order of time → what the lab did in a window. One pass; what came before the window only sets the state
 * in which it begins.
 *
 *   activity ─ normalise ─ fact ─┬─ sessions                      ┐
 *                                ├─ experiments                   ├─ at the end: joined, cut, shared out ─ LabHistory
 *                                ├─ sightings of nodes, actions   │
 *                                └─ workflows                     ┘
 *
 * Memory: an entry for each session, experiment, node, workflow and action, with a few numbers; nothing of the events.
 */
import { EventStoreError } from "../errors.ts";
import type { Activity } from "../event/activity.ts";
import { type ZoneReader, zoneReader } from "../event/zone.ts";
import { Collected } from "./collected.ts";
import { normalise } from "./normalise.ts";
import { type Pace, pace } from "./pace.ts";
import type { Interval, LabHistory } from "./types.ts";

export interface SweepOptions {
  readonly pace?: Pace | undefined;
  /** How naive times within payloads are read. @default UTC */
  readonly zone?: ZoneReader | undefined;
  /** Those of one instant come in order of their ids, as stores hand them over: none is held back. @default false */
  readonly ordered?: boolean | undefined;
  /** Tells of workflows alone. @default false */
  readonly onlyWorkflows?: boolean | undefined;
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
  const { pace: wait = pace(), zone = zoneReader("UTC"), ordered = false, onlyWorkflows = false } = options;
  const collected = new Collected(window.start);
  const take = (activity: Activity) => {
    const fact = normalise(activity, zone);
    if (fact !== undefined) collected.take(fact);
  };
  const line = new Line(take, ordered);
  const end = BigInt(Math.ceil(window.end));
  let count = 0;
  reading: for await (const page of pages) {
    for (const activity of page) {
      if (activity.instant >= end) break reading;
      line.add(activity);
      if (++count % STEP === 0) await wait();
    }
  }
  line.close();
  return onlyWorkflows ? collected.finishWorkflows(window) : collected.finish(window, wait);
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
