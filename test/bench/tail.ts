/** How fast a server tells its streams what is stored: rate with three consumers, delay of delivery, growth of memory. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Served, serve } from "../fault/server.ts";
import { Consumer } from "../fault/tail-consumer.ts";
import { Writer } from "../fault/tail-writer.ts";
import { quantile, sizeOf } from "./measure.ts";
import { printTable, type Row } from "./table.ts";

const SECONDS = sizeOf("BENCH_SECONDS", 10);
const PATIENCE_MS = 60_000;

export async function run(): Promise<void> {
  const calm = await measured(1000);
  const full = await measured(10_000);
  printTable("tail", [...calm, ...full]);
}

/** Three consumers beside a writer at this rate, on a server of their own. */
async function measured(perSecond: number): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "madsci-events-bench-"));
  const served = await serve(`sqlite:${join(folder, "events.db")}`);
  try {
    return await follow(served, perSecond);
  } finally {
    await served.end("SIGTERM");
    await rm(folder, { recursive: true, force: true });
  }
}

async function follow({ url, pid }: Served, perSecond: number): Promise<Row[]> {
  const consumers = [new Consumer(), new Consumer(), new Consumer()];
  const queries = ["", "", "?type=node_error"];
  const ends = consumers.map((consumer, at) => consumer.connect(url, queries[at]));
  const writer = new Writer(url);
  await until(() => consumers.every(({ isLive }) => isLive));
  await writer.run(perSecond, 1);
  const before = residentMb(pid);
  const rate = await writer.run(perSecond, SECONDS);
  const grown = residentMb(pid) - before;
  await until(() => consumers.slice(0, 2).every(({ told, dropped }) => told.size + dropped >= writer.sent));
  for (const consumer of consumers) consumer.disconnect();
  await Promise.all(ends);
  writer.close();
  const latencies = consumers.flatMap(({ latenciesMs }) => latenciesMs);
  const dropped = consumers.reduce((sum, consumer) => sum + consumer.dropped, 0);
  const what = `3 streams, ${perSecond} events/s asked for`;
  const row = (name: string, ours: string): Row => ({
    what: `${what}: ${name}`,
    ours,
    reference: "",
    ratio: "",
    goal: "",
  });
  return [
    row("rate", `${rate.toFixed(0)}/s, ${dropped} dropped`),
    row("sent → received", `p50 ${quantile(latencies, 0.5)} ms, p99 ${quantile(latencies, 0.99)} ms`),
    row("server's memory", `${grown >= 0 ? "+" : ""}${grown.toFixed(0)} MB in ${SECONDS} s`),
  ];
}

async function until(isSo: () => boolean): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error("the consumers do not come to the end");
    await pause(20);
  }
}

/** Resident memory of a process; NaN where the system does not tell. */
function residentMb(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}
