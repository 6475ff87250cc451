/** How fast events become durable, each beside the fastest way to do the same thing without this package. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { type Served, serve } from "../fault/server.ts";
import { startMongo } from "../helpers/mongo-server.ts";
import { startPythonServer } from "../interop/python-server.ts";
import { pythonWith } from "../interop/venv.ts";
import { runChild, serveChild } from "./child.ts";
import { bodiesOf, sendBodies, singleRate } from "./http-load.ts";
import { interleaved, sizeOf } from "./measure.ts";
import { notMeasured, pairRow, printTable, type Row } from "./table.ts";

const ROUNDS = sizeOf("BENCH_ROUNDS", 3);
const EVENTS = sizeOf("BENCH_EVENTS", 60_000);
const MONGO_EVENTS = sizeOf("BENCH_MONGO_EVENTS", 20_000);
const SECONDS = sizeOf("BENCH_SECONDS", 4);
const RAW_SQLITE = new URL("./raw-sqlite.ts", import.meta.url);
const RAW_MONGO = new URL("./raw-mongo.ts", import.meta.url);
const ECHO = new URL("./echo-server.ts", import.meta.url);
const BODY_EVENTS = 2000;
/** Smaller: what is under way at once must become durable before the server's patience ends, also on a slow server. */
const MONGO_BODY_EVENTS = 500;

export async function run(): Promise<void> {
  const rows = [await row(BULK_SQLITE, bulkSqlite), await row(SINGLE_SQLITE, singleSqlite), ...(await mongoRows())];
  printTable("ingest", rows);
}

const BULK_SQLITE = "bulk NDJSON over HTTP to SQLite ÷ raw insert (events)";
const SINGLE_SQLITE = "POST /event, 256 connections, SQLite ÷ Fastify + zod echo (requests)";
const BULK_MONGO = "bulk NDJSON over HTTP to MongoDB ÷ raw insertMany (events)";
const SINGLE_MONGO = "POST /event, 64 connections, MongoDB ÷ Python Event Manager (requests)";

/** One line of the table, also for a measurement that fails or is not asked for (`BENCH_ONLY`, part of its name). */
async function row(what: string, measure: (what: string) => Promise<Row>): Promise<Row> {
  if (!what.includes(process.env.BENCH_ONLY ?? "")) return notMeasured(what, "BENCH_ONLY");
  const startMs = performance.now();
  try {
    return await measure(what);
  } catch (error) {
    return notMeasured(what, (error as Error).message);
  } finally {
    console.error(`${what}: ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
  }
}

async function inFolder<Result>(work: (path: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-bench-"));
  try {
    return await work(join(folder, "events.db"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function withServer(
  url: string,
  env: Record<string, string>,
  work: (served: Served) => Promise<number>,
): Promise<number> {
  const served = await serve(url, { env });
  try {
    return await work(served);
  } finally {
    await served.end("SIGTERM");
  }
}

async function bulkSqlite(what: string): Promise<Row> {
  const bodies = bodiesOf(EVENTS, BODY_EVENTS);
  const ours = () =>
    inFolder((path) => withServer(`sqlite:${path}`, {}, async ({ url }) => EVENTS / (await sendBodies(url, bodies))));
  const raw = () => inFolder((path) => runChild<number>(RAW_SQLITE, [path, String(EVENTS)]));
  const pair = await interleaved(ROUNDS, ours, raw);
  return pairRow(what, pair, 0.6);
}

async function singleSqlite(what: string): Promise<Row> {
  const load = { connections: 256, seconds: SECONDS };
  const ours = () =>
    inFolder((path) => withServer(`sqlite:${path}`, {}, async ({ url }) => singleRate({ url, ...load })));
  const echo = async () => {
    const server = await serveChild(ECHO);
    return singleRate({ url: server.url, ...load }).finally(server.stop);
  };
  const pair = await interleaved(ROUNDS, ours, echo);
  return pairRow(what, pair, 0.5);
}

async function mongoRows(): Promise<Row[]> {
  const mongo = await startMongo().catch((error: Error) => error.message);
  if (typeof mongo === "string") return [notMeasured(BULK_MONGO, mongo), notMeasured(SINGLE_MONGO, mongo)];
  try {
    return [
      await row(BULK_MONGO, (what) => bulkMongo(what, mongo.url)),
      await row(SINGLE_MONGO, (what) => singleMongo(what, mongo.url)),
    ];
  } finally {
    await mongo.stop();
  }
}

let databases = 0;

/** A database of its own, dropped afterwards. */
async function inDatabase<Result>(url: string, work: (database: string) => Promise<Result>): Promise<Result> {
  const database = `bench_${process.pid}_${databases++}`;
  try {
    return await work(database);
  } finally {
    const client = await new MongoClient(url).connect();
    await client.db(database).dropDatabase();
    await client.close();
  }
}

async function bulkMongo(what: string, mongoUrl: string): Promise<Row> {
  const bodies = bodiesOf(MONGO_EVENTS, MONGO_BODY_EVENTS);
  const ours = () =>
    inDatabase(mongoUrl, (database) =>
      withServer(mongoUrl, { EVENT_DATABASE_NAME: database }, async ({ url }) => {
        return MONGO_EVENTS / (await sendBodies(url, bodies));
      }),
    );
  const raw = () =>
    inDatabase(mongoUrl, (database) => runChild<number>(RAW_MONGO, [mongoUrl, database, String(MONGO_EVENTS)]));
  return pairRow(what, await interleaved(ROUNDS, ours, raw), 0.7);
}

async function singleMongo(what: string, mongoUrl: string): Promise<Row> {
  const python = await pythonWith("0.7.1");
  if ("missing" in python) return notMeasured(what, python.missing);
  const load = { connections: 64, seconds: SECONDS };
  const ours = () =>
    inDatabase(mongoUrl, (database) =>
      withServer(mongoUrl, { EVENT_DATABASE_NAME: database }, async ({ url }) => singleRate({ url, ...load })),
    );
  const theirs = () =>
    inDatabase(mongoUrl, async (database) => {
      const server = await startPythonServer({ python: python.path, mongoUrl, database });
      return singleRate({ url: server.url, ...load }).finally(server.stop);
    });
  return pairRow(what, await interleaved(ROUNDS, ours, theirs), 8);
}
