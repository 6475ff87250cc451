/**
 * What alerts cost: on `append`, per marked event, from an event to its message, and in the answers of a server whose mail
 * server hangs. Uses the built package, as `serve` does.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSmtp } from "../alert/smtp.ts";
import { serve } from "../fault/server.ts";
import { environments, p99, pacedPosts, startSilentSmtp } from "./alert-http.ts";
import { runChild } from "./child.ts";
import { interleaved, type Pair, sizeOf, spreadOf } from "./measure.ts";
import { notMeasured, pairRow, printTable, type Row, rate } from "./table.ts";

const ROUNDS = sizeOf("BENCH_ROUNDS", 3);
const EVENTS = sizeOf("BENCH_EVENTS", 60_000);
const SECONDS = sizeOf("BENCH_SECONDS", 4);
const PER_SECOND = 300;
const WARM_SECONDS = 5;
const LATENCIES = 200;
const APPEND = new URL("./alert-append.ts", import.meta.url);
const FOLD = new URL("./alert-fold.ts", import.meta.url);
const LATENCY = new URL("./alert-latency.ts", import.meta.url);

export async function run(): Promise<void> {
  await withServer({}, async () => 0);
  const rows = [
    await row("append, 1 in 100 alerts, writer thread: marked only ÷ off", (what) => appendRow(what, "thread", "mark")),
    await row("append, 1 in 100 alerts, writer thread: alerts on ÷ off", (what) => appendRow(what, "thread", "on")),
    await row("append, 1 in 100 alerts, in process: alerts on ÷ off", (what) => appendRow(what, "local", "on")),
    await row("marked events folded, 1 group", (what) => foldRow(what, 1)),
    await row("marked events folded, 100 groups", (what) => foldRow(what, 100)),
    await row("marked events folded, 10 000 groups", (what) => foldRow(what, 10_000)),
    await row("append → message, idle, group wait 0", latencyRow),
    await row("POST /event p99, alerts on: mail server silent ÷ answering", (what) =>
      stalledRow(what, "on", "answering"),
    ),
    await row("POST /event p99, mail server silent: alerts on ÷ off", (what) => stalledRow(what, "on", "off")),
    await row("POST /event p99, mail server silent: MADSci's e-mails ÷ off", (what) =>
      stalledRow(what, "compat", "off"),
    ),
  ];
  printTable("alert", rows);
}

async function row(what: string, measure: (what: string) => Promise<Row>): Promise<Row> {
  if (!what.includes(process.env.BENCH_ONLY ?? "")) return notMeasured(what, "BENCH_ONLY");
  const startMs = performance.now();
  const measured = await measure(what).catch((error: Error) => notMeasured(what, error.message));
  console.error(`${what}: ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
  return measured;
}

async function inFolder<Result>(work: (path: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-bench-"));
  try {
    return await work(join(folder, "events.db"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function withServer<Result>(env: Readonly<Record<string, string>>, work: (url: string) => Promise<Result>) {
  return inFolder(async (path) => {
    const served = await serve(`sqlite:${path}`, { env });
    try {
      return await work(served.url);
    } finally {
      await served.end("SIGTERM");
    }
  });
}

async function appendRow(what: string, writer: "thread" | "local", measured: "on" | "mark"): Promise<Row> {
  const appended = (alerts: "on" | "mark" | "off") => () =>
    inFolder((path) => runChild<number>(APPEND, [path, writer, alerts, String(EVENTS), "100"]));
  return pairRow(what, await interleaved(ROUNDS, appended(measured), appended("off")), 0.95);
}

async function foldRow(what: string, groups: number): Promise<Row> {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++)
    rates.push(await inFolder((path) => runChild<number>(FOLD, [path, String(groups), String(EVENTS)])));
  const folded = spreadOf(rates);
  const goal = groups > 100 ? "" : `≥ 10k/s ${folded.median >= 10_000 ? "met" : "MISSED"}`;
  return { what, ours: rate(folded), reference: "", ratio: "", goal };
}

interface Latencies {
  readonly told: { readonly p50: number; readonly p99: number };
  readonly stored: { readonly p50: number; readonly p99: number };
}

async function latencyRow(what: string): Promise<Row> {
  const { told, stored } = await inFolder((path) => runChild<Latencies>(LATENCY, [path, String(LATENCIES)]));
  const words = ({ p50, p99: most }: Latencies["told"]) => `p50 ${p50.toFixed(1)} ms, p99 ${most.toFixed(1)} ms`;
  const goal = `< 100 ms ${told.p99 < 100 ? "met" : "MISSED"}`;
  return { what, ours: words(told), reference: `${words(stored)} (append alone)`, ratio: "", goal };
}

/**
 * What matters here is the slowest hundredth. Both servers live through all rounds and are asked in turn, each with a mail
 * server of its own: one that hangs, and for the reference none (`off`) or one that takes every mail (`answering`).
 */
async function stalledRow(what: string, alerts: "on" | "compat", reference: "off" | "answering"): Promise<Row> {
  const all = { ours: [] as number[], reference: [] as number[] };
  const silent = await startSilentSmtp();
  const answering = await startSmtp();
  type Work = (slowest: () => Promise<number>) => Promise<Row>;
  const measured = (which: keyof typeof all, env: Readonly<Record<string, string>>, work: Work) =>
    withServer(env, async (url) => {
      await pacedPosts(url, PER_SECOND, WARM_SECONDS);
      return work(async () => {
        const latencies = await pacedPosts(url, PER_SECOND, SECONDS);
        all[which].push(...latencies);
        return p99(latencies);
      });
    });
  const other = reference === "off" ? {} : environments(answering.port)[alerts];
  try {
    return await measured("ours", environments(silent.port)[alerts], (ours) =>
      measured("reference", other, async (theirs) => {
        const pair = await interleaved(3 * ROUNDS, ours, theirs);
        if (silent.connections() === 0) throw new Error("nobody tried to send a mail");
        if (reference === "answering" && answering.counts.connections === 0) throw new Error("no mail was sent");
        return latencyPairRow(what, { ...pair, whole: p99(all.ours) / p99(all.reference) });
      }),
    );
  } finally {
    silent.close();
    await answering.close();
  }
}

/** The goal is about all requests of all rounds: the slowest hundredth of a few seconds is the disk's mood. */
function latencyPairRow(what: string, { ours, reference, ratio, whole }: Pair & { readonly whole: number }): Row {
  const ms = (spread: typeof ours) =>
    `${spread.median.toFixed(1)} ms (${spread.min.toFixed(1)}–${spread.max.toFixed(1)})`;
  const share = `${whole.toFixed(2)} of all, rounds ${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)}`;
  const goal = `< 1.2 ${whole < 1.2 ? "met" : "MISSED"}`;
  return { what, ours: ms(ours), reference: ms(reference), ratio: share, goal };
}
