/** What the transport costs the application, how fast it ships, and how it ends; each beside what it is compared with. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { MongoClient } from "mongodb";
import { startMongo } from "../helpers/mongo-server.ts";
import { runChild, serveChild } from "./child.ts";
import { interleaved, sizeOf, spreadOf } from "./measure.ts";
import { notMeasured, pairRow, printTable, type Row, rate } from "./table.ts";

const ROUNDS = sizeOf("BENCH_ROUNDS", 3);
const LINES = sizeOf("BENCH_LINES", 300_000);
const COST_LINES = sizeOf("BENCH_COST_LINES", 200_000);
const BURST_LINES = sizeOf("BENCH_BURST_LINES", 1_000_000);
const REPLAY_LINES = sizeOf("BENCH_REPLAY_LINES", 300_000);
const MONGO_LINES = sizeOf("BENCH_MONGO_LINES", 40_000);
const PEER_LINES = sizeOf("BENCH_PEER_LINES", 3000);
const APP = fileURLToPath(new URL("./ship-app.mjs", import.meta.url));
const NULL_SERVER = new URL("./null-server.ts", import.meta.url);
const RAW_MONGO = new URL("./raw-mongo.ts", import.meta.url);
const REPLAY = new URL("./ship-replay.ts", import.meta.url);
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/madsci-events/pino-mongodb", import.meta.url));
/** Nobody listens there. */
const DEAD_URL = "http://127.0.0.1:9";

interface Run {
  readonly loggingMs: number;
  readonly endMs: number;
  readonly allMs: number;
  readonly maxRssMb: number;
  readonly stats: { readonly acknowledged: number; readonly dropped: number } | null;
}

export async function run(): Promise<void> {
  const rows: Row[] = [];
  for (const [what, measure] of Object.entries(MEASUREMENTS)) rows.push(await row(what, measure));
  printTable("ship", rows);
}

const MEASUREMENTS: Readonly<Record<string, (what: string) => Promise<Row>>> = {
  "log call in the main thread, spool on ÷ no-op worker (time)": cost,
  "mapped events, one worker, spool on, to a server that keeps nothing": sustained,
  "into MongoDB: transport ÷ pino-mongodb (lines)": mongo,
  "into MongoDB, ordered: false: transport ÷ pino-mongodb (lines)": mongoUnordered,
  "into MongoDB: raw insertMany of such events, two at once ÷ pino-mongodb": mongoCeiling,
  "into MongoDB, ordered: false: transport ÷ raw insertMany, two at once": mongoShare,
  "replay of a dead process's spool: read, mapped, settled": replay,
  "replay to a server that keeps nothing": replayToServer,
  "end() with a dead server": exit,
  "burst of 1 M lines without a turn: peak RSS": burst,
};

async function row(what: string, measure: (what: string) => Promise<Row>): Promise<Row> {
  if (!what.includes(process.env.BENCH_ONLY ?? "")) return notMeasured(what, "BENCH_ONLY");
  try {
    return await measure(what);
  } catch (error) {
    return notMeasured(what, (error as Error).message);
  }
}

async function app(plan: object): Promise<Run> {
  const { stdout } = await promisify(execFile)(process.execPath, [APP, JSON.stringify(plan)], { maxBuffer: 2 ** 24 });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Run;
}

async function inFolder<Result>(work: (dir: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-bench-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function withNullServer<Result>(work: (url: string) => Promise<Result>): Promise<Result> {
  const server = await serveChild(NULL_SERVER);
  try {
    return await work(server.url);
  } finally {
    server.stop();
  }
}

/** Rates are log calls per second of the main thread, so the ratio of times is turned round. */
async function cost(what: string): Promise<Row> {
  const rateOf = ({ loggingMs }: Run) => (COST_LINES / loggingMs) * 1000;
  const ours = () =>
    inFolder(async (dir) =>
      rateOf(await app({ kind: "ours", lines: COST_LINES, options: { url: DEAD_URL, spool: { dir } } })),
    );
  const noop = async () => rateOf(await app({ kind: "noop", lines: COST_LINES }));
  const pair = await interleaved(ROUNDS, ours, noop);
  const times = { median: 1 / pair.ratio.median, min: 1 / pair.ratio.max, max: 1 / pair.ratio.min };
  const ratio = `${times.median.toFixed(2)} (${times.min.toFixed(2)}–${times.max.toFixed(2)})`;
  const goal = `≤ 1.2 ${times.median <= 1.2 ? "met" : "MISSED"}`;
  return { what, ours: perCall(pair.ours.median), reference: perCall(pair.reference.median), ratio, goal };
}

function perCall(perSecond: number): string {
  return `${(1e6 / perSecond).toFixed(2)} µs`;
}

async function sustained(what: string): Promise<Row> {
  const rates = await withNullServer((url) =>
    rounds(() =>
      inFolder(async (dir) => {
        const { allMs, stats } = await app({
          kind: "ours",
          lines: LINES,
          options: { url, spool: { dir }, close: { networkMs: 8000, totalMs: 8000 } },
        });
        return ((stats?.acknowledged ?? 0) / allMs) * 1000;
      }),
    ),
  );
  return absolute(what, rates, 50_000);
}

async function mongo(what: string): Promise<Row> {
  return besideMongo(what, shipping({}), peer, 15);
}

async function mongoUnordered(what: string): Promise<Row> {
  return besideMongo(what, shipping({ ordered: false }), peer, 15);
}

/** What the server itself can take of such documents, however they come. */
async function mongoCeiling(what: string): Promise<Row> {
  return besideMongo(what, raw, peer);
}

async function mongoShare(what: string): Promise<Row> {
  return besideMongo(what, shipping({ ordered: false }), raw, 0.6);
}

/** Two ways into one server, in turn. */
async function besideMongo(what: string, ours: IntoMongo, reference: IntoMongo, goal?: number): Promise<Row> {
  const server = await startMongo();
  try {
    const pair = await interleaved(
      ROUNDS,
      () => ours(server.url),
      () => reference(server.url),
    );
    return pairRow(what, pair, goal);
  } finally {
    await server.stop();
  }
}

/** Lines per second into the server at a URL. */
type IntoMongo = (base: string) => Promise<number>;

function shipping(options: object): IntoMongo {
  const close = { networkMs: 8000, totalMs: 8000 };
  return (base) =>
    inFolder((dir) =>
      intoMongo(base, (url) => ({
        kind: "ours",
        lines: MONGO_LINES,
        options: { url, spool: { dir }, close, ...options },
      })),
    );
}

async function peer(base: string): Promise<number> {
  const from = await pinoMongodb();
  return intoMongo(base, (uri) => ({
    kind: "pino-mongodb",
    lines: PEER_LINES,
    options: { uri, collection: "events", from },
  }));
}

function raw(base: string): Promise<number> {
  return runChild<number>(RAW_MONGO, [base, `raw_${Date.now()}`, String(MONGO_LINES), "2"]);
}

/** Lines found in the collection per second of the application's life. */
async function intoMongo(base: string, plan: (url: string) => object): Promise<number> {
  const name = `bench_${Math.random().toString(36).slice(2)}`;
  const url = new URL(base);
  url.pathname = `/${name}`;
  const client = await MongoClient.connect(base);
  try {
    const startMs = performance.now();
    const { allMs } = await app(plan(url.href));
    const stored = await client.db(name).collection("events").countDocuments({});
    return (stored / Math.min(allMs, performance.now() - startMs)) * 1000;
  } finally {
    await client.db(name).dropDatabase();
    await client.close();
  }
}

/** The peer, installed beside the cached tools; answers a file of its project. */
async function pinoMongodb(): Promise<string> {
  const project = join(CACHE, "package.json");
  if (!existsSync(join(CACHE, "node_modules", "pino-mongodb"))) {
    mkdirSync(CACHE, { recursive: true });
    await promisify(execFile)("npm", ["install", "--no-audit", "--no-fund", "--prefix", CACHE, "pino-mongodb@5"]);
  }
  return project;
}

async function replay(what: string): Promise<Row> {
  return absolute(what, await rounds(() => replayRate("")), 100_000);
}

/** Shares the machine with the server it sends to. */
async function replayToServer(what: string): Promise<Row> {
  const rates = await withNullServer((url) => rounds(() => replayRate(url)));
  return { what, ours: rate(spreadOf(rates)), reference: "", ratio: "", goal: "" };
}

function replayRate(url: string): Promise<number> {
  return inFolder((dir) => runChild<number>(REPLAY, [dir, String(REPLAY_LINES), url]));
}

async function exit(what: string): Promise<Row> {
  const times = await rounds(() =>
    inFolder(
      async (dir) => (await app({ kind: "ours", lines: 10_000, options: { url: DEAD_URL, spool: { dir } } })).endMs,
    ),
  );
  const { median, min, max } = spreadOf(times);
  const goal = `≤ 200 ms ${median <= 200 ? "met" : "MISSED"}`;
  return {
    what,
    ours: `${median.toFixed(0)} ms (${min.toFixed(0)}–${max.toFixed(0)})`,
    reference: "",
    ratio: "",
    goal,
  };
}

async function burst(what: string): Promise<Row> {
  const plan = { lines: BURST_LINES, burst: BURST_LINES };
  const ours = await inFolder((dir) => app({ ...plan, kind: "ours", options: { url: DEAD_URL, spool: { dir } } }));
  const noop = await app({ ...plan, kind: "noop" });
  const ratio = (ours.maxRssMb / noop.maxRssMb).toFixed(2);
  return {
    what,
    ours: `${ours.maxRssMb.toFixed(0)} MB`,
    reference: `${noop.maxRssMb.toFixed(0)} MB (no-op worker)`,
    ratio,
    goal: "bounded",
  };
}

async function rounds(measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let round = 0; round < ROUNDS; round++) values.push(await measure());
  return values;
}

function absolute(what: string, rates: readonly number[], least: number): Row {
  const spread = spreadOf(rates);
  return {
    what,
    ours: rate(spread),
    reference: "",
    ratio: "",
    goal: `≥ ${least / 1000}k/s ${spread.median >= least ? "met" : "MISSED"}`,
  };
}
