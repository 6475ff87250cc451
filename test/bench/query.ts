/** How fast a million events are searched, and how little the event loop notices. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { EventStore, type FindOptions } from "../../src/index.ts";
import { bigDatabase, warmUp } from "./big-store.ts";
import { NODES, START_MS, seeded } from "./events.ts";
import { quantile, type Spread, sizeOf, spreadOf } from "./measure.ts";
import { printTable, type Row, rate } from "./table.ts";

const ROUNDS = sizeOf("BENCH_ROUNDS", 3);
const EVENTS = sizeOf("BENCH_QUERY_EVENTS", 1_000_000);
const LOOKUPS = sizeOf("BENCH_LOOKUPS", 300);
const PATIENCE_MS = 600_000;
const DAY_MS = 86_400_000;
const LEVELS = [0, 10, 20, 30, 40, 50] as const;

export async function run(): Promise<void> {
  const path = await bigDatabase(EVENTS);
  await warmUp(path);
  const store = await EventStore.open(`sqlite:${path}`, { naiveTimezone: "UTC" });
  const random = seeded(1);
  const newest = () => ({ selector: { log_level: { $gte: LEVELS[Math.floor(random() * 6)] } }, limit: 100 });
  const ofNode = () => {
    const from = START_MS + random() * Math.max(0, EVENTS * 1000 - DAY_MS);
    const node = NODES[Math.floor(random() * NODES.length)];
    return { selector: { "source.node_id": node }, from: new Date(from), to: new Date(from + DAY_MS), limit: 100 };
  };
  const rows = [
    await lookups("latest 100 from a level on", store, newest, { share: 0.99, goalMs: 5 }),
    await lookups("100 of a node within a day", store, ofNode, { share: 0.95, goalMs: 20 }),
    ...(await scan("count by pattern, every event to the matcher", 140_000, () =>
      countAll(store, /CLOT SUSPECTED.*channel/i),
    )),
    ...(await scan("count by pattern with a literal for SQL", 450_000, () =>
      countAll(store, /clot suspected.*channel/),
    )),
    ...(await scan("count by number in event_data, narrowed by SQL", 450_000, () => countLow(store))),
    ...(await stream(store)),
  ];
  await store.close();
  printTable(`query, ${EVENTS} events`, rows);
}

interface LookupGoal {
  readonly share: number;
  readonly goalMs: number;
}

async function lookups(what: string, store: EventStore, next: () => FindOptions, goal: LookupGoal): Promise<Row> {
  const rounds: { readonly p50: number; readonly top: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const times: number[] = [];
    for (let i = 0; i < LOOKUPS; i++) {
      const startMs = performance.now();
      await store.find(next()).toArray();
      times.push(performance.now() - startMs);
    }
    rounds.push({ p50: quantile(times, 0.5), top: quantile(times, goal.share) });
  }
  const p50 = spreadOf(rounds.map((each) => each.p50));
  const top = spreadOf(rounds.map((each) => each.top));
  const ours = `p50 ${milliseconds(p50)}, p${goal.share * 100} ${milliseconds(top)}`;
  return row(what, ours, `p${goal.share * 100} < ${goal.goalMs} ms`, top.median < goal.goalMs);
}

async function countAll(store: EventStore, pattern: RegExp): Promise<number> {
  await store.count({ selector: { "event_data.message": pattern }, timeoutMs: PATIENCE_MS });
  return EVENTS;
}

async function countLow(store: EventStore): Promise<number> {
  await store.count({ selector: { "event_data.pressure": { $lt: 0.05 } }, timeoutMs: PATIENCE_MS });
  return EVENTS;
}

interface Scan {
  readonly perSecond: Spread;
  /** Longest pause of the event loop. */
  readonly pauseMs: Spread;
}

/** Runs a scan of everything several times and watches the event loop meanwhile. */
async function scans(work: () => Promise<number>): Promise<Scan> {
  const runs: { readonly perSecond: number; readonly pauseMs: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await sleep(100);
    const delay = monitorEventLoopDelay({ resolution: 2 });
    delay.enable();
    const startMs = performance.now();
    const events = await work();
    const seconds = (performance.now() - startMs) / 1000;
    await sleep(5);
    delay.disable();
    runs.push({ perSecond: events / seconds, pauseMs: delay.max / 1e6 });
  }
  return { perSecond: spreadOf(runs.map((one) => one.perSecond)), pauseMs: spreadOf(runs.map((one) => one.pauseMs)) };
}

async function scan(what: string, least: number | undefined, work: () => Promise<number>): Promise<Row[]> {
  const { perSecond, pauseMs } = await scans(work);
  return [
    row(what, rate(perSecond), least === undefined ? "" : `≥ ${least / 1000}k/s`, perSecond.median >= (least ?? 0)),
    row("  longest pause of the event loop", milliseconds(pauseMs), "≤ 50 ms", pauseMs.median <= 50),
  ];
}

/** Every event once, in order; how much memory that takes beside the store's own. */
async function stream(store: EventStore): Promise<Row[]> {
  const growths: number[] = [];
  const work = async (): Promise<number> => {
    const before = process.memoryUsage.rss();
    let [events, most] = [0, before];
    for await (const page of store.find({ order: "oldest", timeoutMs: PATIENCE_MS }).pages()) {
      events += page.length;
      most = Math.max(most, process.memoryUsage.rss());
    }
    growths.push((most - before) / 1e6);
    return events;
  };
  const { perSecond, pauseMs } = await scans(work);
  const growth = spreadOf(growths);
  return [
    row("stream all events", rate(perSecond), "", true),
    row("  longest pause of the event loop", milliseconds(pauseMs), "≤ 50 ms", pauseMs.median <= 50),
    row("  growth of memory", `${growth.max.toFixed(0)} MB at most`, "< 150 MB", growth.max < 150),
  ];
}

function row(what: string, ours: string, goal: string, isMet: boolean): Row {
  return { what, ours, reference: "", ratio: "", goal: goal && `${goal} ${isMet ? "met" : "MISSED"}` };
}

function milliseconds({ median, min, max }: Spread): string {
  return `${median.toFixed(1)} ms (${min.toFixed(1)}–${max.toFixed(1)})`;
}
