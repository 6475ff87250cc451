/** How fast a month, and more, of a lab is told, in how much memory, and what `POST /event` notices of it. */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "../fault/server.ts";
import { pacedPosts } from "./alert-http.ts";
import { warmUp } from "./big-store.ts";
import { runChild, runUntilStopped } from "./child.ts";
import { quantile, type Spread, sizeOf, spreadOf } from "./measure.ts";
import { labDatabase } from "./report-store.ts";
import { printTable, type Row } from "./table.ts";

const ROUNDS = sizeOf("BENCH_ROUNDS", 3);
const MONTH = sizeOf("BENCH_REPORT_EVENTS", 203_091);
const MANY = sizeOf("BENCH_REPORT_MANY", 1_000_000);
const SECONDS = sizeOf("BENCH_SECONDS", 4);
const PER_SECOND = 250;
const CHILD = new URL("./report-child.ts", import.meta.url);
const READER = new URL("./report-reader.ts", import.meta.url);

/** Seconds of MADSci 0.7.1 with a store that costs nothing, of its own month of 203 091 events (spec of utilization, 16). */
const REPORTS = {
  sessions: 27.138,
  users: 0.315,
  daily: 151.452,
  weekly: 41.476,
  monthly: 20.851,
  "hourly, 7 days": 2.359,
} as const;
const OF_MANY = ["sessions", "users", "daily"] as const;

interface Measured {
  readonly seconds: Spread;
  readonly growthMb: number;
  /** What is held when all has been read. */
  readonly keptMb: number;
}

const isWanted = (what: string) => what.includes(process.env.BENCH_ONLY ?? "");

export async function run(): Promise<void> {
  const month = await labDatabase(MONTH);
  const ofMany = OF_MANY.filter(isWanted);
  const many = ofMany.length > 0 ? await labDatabase(MANY) : "";
  const rows: Row[] = [];
  const ofMonth = new Map<string, Measured>();
  for (const [name, madsci] of Object.entries(REPORTS)) {
    if (!isWanted(name)) continue;
    const measured = await measure(month, name);
    ofMonth.set(name, measured);
    const reference = MONTH === 203_091 ? madsci : undefined;
    rows.push(reportRow(`${name}, ${MONTH} events`, measured, { seconds: 1, growthMb: 100 }, reference));
  }
  for (const name of ofMany) {
    const measured = await measure(many, name);
    rows.push(reportRow(`${name}, ${MANY} events`, measured, { seconds: 4 }));
    rows.push(linearRow(ofMonth.get(name) as Measured, measured));
  }
  if (isWanted("POST")) rows.push(await ingestRow(month));
  printTable("report", rows);
}

/** Each round in a process of its own, as cold as a command. */
async function measure(path: string, name: string): Promise<Measured> {
  await warmUp(path);
  const runs: { readonly ms: number; readonly growthMb: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) runs.push(await runChild(CHILD, [path, name]));
  const seconds = spreadOf(runs.map(({ ms }) => ms / 1000));
  const { keptMb } = await runChild<{ readonly keptMb: number }>(CHILD, [path, name, "kept"]);
  return { seconds, growthMb: Math.max(...runs.map(({ growthMb }) => growthMb)), keptMb };
}

const inSeconds = ({ median, min, max }: Spread) => `${median.toFixed(2)} s (${min.toFixed(2)}–${max.toFixed(2)})`;
const verdict = (isMet: boolean) => (isMet ? "met" : "MISSED");

interface Goal {
  readonly seconds: number;
  readonly growthMb?: number;
}

function reportRow(what: string, { seconds, growthMb, keptMb }: Measured, goal: Goal, madsci?: number): Row {
  const reference = madsci === undefined ? "" : `MADSci ${madsci.toFixed(1)} s`;
  const ratio = madsci === undefined ? "" : `${(madsci / seconds.median).toFixed(1)}×`;
  const isMet = seconds.median < goal.seconds && growthMb < (goal.growthMb ?? Number.POSITIVE_INFINITY);
  const memory = goal.growthMb === undefined ? "" : `, < ${goal.growthMb} MB`;
  const ours = `${inSeconds(seconds)}, +${growthMb.toFixed(0)} MB, ${keptMb.toFixed(1)} kept`;
  return { what, ours, reference, ratio, goal: `< ${goal.seconds} s${memory} ${verdict(isMet)}` };
}

function linearRow(few: Measured, many: Measured): Row {
  const share = many.seconds.median / MANY / (few.seconds.median / MONTH);
  const memory = `memory ${(many.growthMb / few.growthMb).toFixed(1)}×, kept ${((many.keptMb / MANY) * 1e6).toFixed(1)} B per event`;
  const ours = `${((many.seconds.median / MANY) * 1e6).toFixed(1)} µs per event, ${memory}`;
  return { what: "  linear", ours, reference: "", ratio: share.toFixed(2), goal: `≤ 1.25 ${verdict(share <= 1.25)}` };
}

/**
 * The same server with and without reports, in turn: the machine's mood meets both. Who reads them is a process of its own, or
 * the reading would count as the server's delay.
 */
async function ingestRow(database: string): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-bench-"));
  const path = join(folder, "events.db");
  copyFileSync(database, path);
  const served = await serve(`sqlite:${path}`);
  const slowest = { alone: [] as number[], beside: [] as number[] };
  let reports = 0;
  try {
    await pacedPosts(served.url, PER_SECOND, 1);
    for (let round = 0; round < ROUNDS; round++) {
      slowest.alone.push(quantile(await pacedPosts(served.url, PER_SECOND, SECONDS), 0.99));
      const reading = runUntilStopped<number>(READER, [`${served.url}/utilization/sessions`]);
      await new Promise((resolve) => setTimeout(resolve, 1000)); // it has started by then
      slowest.beside.push(quantile(await pacedPosts(served.url, PER_SECOND, SECONDS), 0.99));
      reports += await reading.stop();
    }
  } finally {
    await served.end("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  }
  const [alone, beside] = [spreadOf(slowest.alone), spreadOf(slowest.beside)];
  const ratio = beside.median / alone.median;
  const words = ({ median, min, max }: Spread) => `p99 ${median.toFixed(1)} ms (${min.toFixed(1)}–${max.toFixed(1)})`;
  return {
    what: `POST /event, ${PER_SECOND}/s, beside ${reports} reports ÷ alone`,
    ...{ ours: words(beside), reference: words(alone), ratio: ratio.toFixed(2), goal: `< 2 ${verdict(ratio < 2)}` },
  };
}
