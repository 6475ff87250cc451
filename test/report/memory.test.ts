/** How much a sweep keeps, once it has read all: next to nothing of most events, little of what must not be forgotten. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import type { Activity } from "../../src/event/activity.ts";
import { type SweepOptions, sweep } from "../../src/report/sweep.ts";
import { told } from "./stream.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const BEGIN = 1_750_000_000_000_000;
const SECOND = 1_000_000;
/** Told before it counts: programs are compiled, and lists have room, by then. */
const WARM = 4000;
const W = { workcell_id: "W" };
const N = { node_id: "N" };
const of = (n: number) => `01JGFJJYZZ0F0A0E0D0M${String(n).padStart(6, "0")}`;

function heldBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Bytes kept of each of `count` more of what `tell` tells, in the middle of a sweep. */
async function bytesEach(count: number, tell: (n: number, at: number) => readonly Activity[], options: SweepOptions) {
  let bytes = 0;
  async function* pages() {
    for (let n = 0; n < WARM; n++) yield tell(n, BEGIN + n * 60 * SECOND);
    const before = heldBytes();
    for (let n = WARM; n < WARM + count; n++) yield tell(n, BEGIN + n * 60 * SECOND);
    bytes = heldBytes() - before;
  }
  await sweep(pages(), { start: BEGIN, end: BEGIN + (WARM + count + 1) * 60 * SECOND }, options);
  return bytes / count;
}

const status = (at: number, action_id: string, status: string) =>
  told(at, "action_status_change", N, { action_id, status });
const engine = (at: number, step: string, action_id: string) =>
  told(at, `action_${step}`, W, { action_id, node_name: "arm" });

const TOLD: Readonly<Record<string, (n: number, at: number) => readonly Activity[]>> = {
  "a status": (_, at) => [told(at, "node_status_update", N)],
  "an error": (_, at) => [told(at, "node_error", N)],
  "an end of what never began": (n, at) => [status(at, of(n), "failed"), engine(at, "complete", of(n))].slice(1),
  "the same action again": (_, at) => [status(at, "A", "running"), status(at + SECOND, "A", "paused")],
  "an action": (n, at) => [
    engine(at, "start", of(n)),
    status(at + SECOND, of(n), "running"),
    status(at + 2 * SECOND, of(n), "succeeded"),
    engine(at + 3 * SECOND, "complete", of(n)),
  ],
  "an action of which engines alone tell": (n, at) => [
    engine(at, "start", of(n)),
    engine(at + 3 * SECOND, "complete", of(n)),
  ],
  "a workflow": (n, at) => [
    told(at, "workflow_start", W, { workflow_id: of(n), workflow_name: "a protocol of many", author: "ada" }),
    told(at + SECOND, "workflow_complete", W, { workflow_id: of(n), status: "completed", duration_seconds: 1.5 }),
  ],
};

/** An object for each would be ten times as much. */
const NOTHING = 5;

it.each([
  ["a status", "all", NOTHING],
  ["an error", "all", NOTHING],
  ["an end of what never began", "all", NOTHING],
  ["the same action again", "all", NOTHING],
  ["an action", "all", 100],
  ["an action of which engines alone tell", "all", 250],
  ["a workflow", "all", 200],
  ["a workflow", "lab", NOTHING],
  ["an action", "workflows", NOTHING],
] as const)(
  "of %s, for a history of %s, at most %d bytes",
  async (what, of, most) => {
    // What else the process keeps meanwhile (compiled code, results of tests) counts too: what is kept each time is the sweep's.
    let least = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 4 && least >= most; tries++)
      least = Math.min(least, await bytesEach(40_000, TOLD[what]!, { of }));
    expect(least).toBeLessThan(most);
  },
  60_000,
);
