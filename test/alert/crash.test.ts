/**
 * A process that dies at any call of the database, before or after it took effect. Whoever starts next tells every
 * incident, sends nothing more than twice, and counts every event exactly once.
 */
import { describe, expect, it } from "vitest";
import type { Incident } from "../../src/alert/incident.ts";
import type { MemoryRecords } from "../../src/alert/memory-records.ts";
import type { Occasion } from "../../src/alert/notification.ts";
import type { AlertRecords } from "../../src/backend/alert-records.ts";
import { EngineBench, NODE_ERROR, type StartOptions, type Told } from "./engine-bench.ts";
import { FaultyRecords, Mortal } from "./faulty-records.ts";
import { MINUTE, SECOND } from "./lab.ts";
import { settle } from "./virtual-clock.ts";

/** Of the changes, every one, or every sixth: each kind of death from another one on, so that together they meet all. */
const STEP = process.env.FUZZ ? 1 : 6;
const times = { groupInterval: "20s", resolveAfter: "1m" };
const RULES = [
  { ...NODE_ERROR, ...times, resolveWhen: { event_type: "node_start" }, groupWait: "10s" },
  { id: "burst", select: { event_type: "node_error" }, groupBy: [], ...times, groupWait: "0s", burst: 3 },
];

/** What happens in the lab, one thing after the other. */
type Happening = (bench: EngineBench) => void;
const node = (name: string, event_type = "node_error"): Happening => {
  return (bench) => void bench.append({ event_type, source: { node_id: name } });
};
const SCENARIO: readonly (Happening | number)[] = [
  node("a"),
  node("b"),
  5 * SECOND,
  node("a"),
  30 * SECOND,
  node("a"),
  node("c"),
  20 * SECOND,
  node("b", "node_start"),
  node("a"),
  25 * SECOND,
  node("b"),
];

async function play(bench: EngineBench, onStep: () => Promise<unknown>): Promise<void> {
  for (const step of SCENARIO) {
    if (typeof step === "number") await bench.advance(step);
    else step(bench);
    await settle();
    await onStep();
  }
}

/** Death between two calls that only look is death between the changes before and behind them. */
function mortalRecords(memory: MemoryRecords, process: Mortal): AlertRecords {
  const { trouble } = process.fault;
  const looks = new FaultyRecords(memory, { fate: () => (process.dead ? "lost" : "done"), trouble });
  const { write, unmark, remove } = new FaultyRecords(memory, process.fault);
  return Object.assign(looks, { write, unmark, remove });
}

/** From a death to the next engine. */
interface Pause {
  readonly afterMs: number;
  /** Happenings that nobody looks at. */
  readonly afterSteps: number;
}

/** The engine of the scenario dies at its `calls`-th change; the next one starts `afterMs` later and goes on. */
async function dying(calls: number, last: "lost" | "unheard", { afterMs, afterSteps }: Pause) {
  const bench = new EngineBench({ rules: RULES });
  const process = new Mortal(calls, last);
  const first: StartOptions = {
    records: mortalRecords(bench.memory, process),
    // What a dead process sends never leaves.
    send: () => (process.dead ? new Promise(() => {}) : undefined),
  };
  void bench.start(first);
  let steps = 0;
  const revive = async () => {
    if (!process.dead || steps++ !== afterSteps) return;
    bench.engines.clear();
    await bench.advance(afterMs);
    await bench.start();
  };
  await settle();
  await revive();
  await play(bench, revive);
  for (let i = 0; i < 32; i++) {
    await bench.advance(15 * SECOND);
    await revive();
  }
  // It may die at any call of its close, and a dead process never has closed.
  if (steps <= afterSteps) bench.engines.clear();
  return { bench, died: process.dead };
}

async function incidents(bench: EngineBench): Promise<readonly Incident[]> {
  const reader = await bench.start({ lead: false });
  return (await reader.incidents()).items;
}

/** `rule labels number: total state`, in order. */
function totals(found: readonly Incident[]): string[] {
  return found
    .map(({ rule, labels, incident_id, total, state }) => {
      return `${rule} ${Object.values(labels).join()} ${incident_id.split(".")[1]}: ${total} ${state}`;
    })
    .sort();
}

const TOTALS = [
  "burst  1: 7 closed",
  "node-error a 1: 4 closed",
  "node-error b 1: 1 closed",
  "node-error b 2: 1 closed",
  "node-error c 1: 1 closed",
];

/** Totals the messages about an incident have named, those of one kind only. */
function toldOf(bench: EngineBench, { incident_id }: Incident, occasion: Occasion): number[] {
  const about = bench.told.filter(({ notification }) => notification.incident_id === incident_id);
  return about.filter(({ notification }) => notification.occasion === occasion).map(totalIn);
}

function totalIn({ notification }: Told): number {
  return notification.notice.incident.total;
}

async function check(bench: EngineBench, where: string): Promise<void> {
  const found = await incidents(bench);
  expect(totals(found), where).toEqual(TOTALS);
  for (const incident of found) {
    // Words of the dead process do not swallow what came after them. (One may be over before anybody could say it fires.)
    const firing = toldOf(bench, incident, "firing");
    if (firing.length > 0) expect(Math.max(...firing), where).toBe(incident.total);
    expect(Math.max(...toldOf(bench, incident, "resolved")), where).toBe(incident.total);
  }
  expect(Math.max(...bench.times().values()), where).toBeLessThanOrEqual(2);
  const left = await bench.memory.count("notifications", ["pending", "retry", "sending", "dead"]);
  expect([left, (await bench.memory.waiting("rules")).count], where).toEqual([0, 0]);
}

describe("a process that dies at any call of the database", () => {
  it("and is followed by another at once leaves every incident told and every event counted once", async () => {
    await everyDeath({ afterMs: 0, afterSteps: 0 }, 0);
  }, 60_000);

  it("and is followed by another minutes later does so as well", async () => {
    await everyDeath({ afterMs: 3 * MINUTE, afterSteps: 0 }, 2);
  }, 60_000);

  it("and is followed by another when more has happened does so as well", async () => {
    await everyDeath({ afterMs: 0, afterSteps: 1 }, 4);
    await everyDeath({ afterMs: 0, afterSteps: 3 }, 1);
  }, 60_000);

  async function everyDeath(pause: Pause, first: number): Promise<void> {
    for (const [at, last] of (["lost", "unheard"] as const).entries()) {
      // With nobody to look at what happens next, the first changes must have been made.
      let calls = (pause.afterSteps === 0 ? 0 : 2) + ((first + at) % STEP);
      for (let died = true; died; calls += STEP) {
        const { bench, died: did } = await dying(calls, last, pause);
        died = did;
        await check(bench, `${last} at ${calls}`);
        await bench.close();
      }
      expect(calls).toBeGreaterThan(50);
    }
  }
});
