/**
 * Making backups: of MongoDB beside the driver's own cursor written into a file, of SQLite beside copying the file. The
 * processes measured are bundled and hold nothing but the backup, so that their memory tells something.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Long, MongoClient } from "mongodb";
import { parseContext, prepareEvent } from "../../src/event/parse.ts";
import { EventStore } from "../../src/index.ts";
import { startMongo } from "../helpers/mongo-server.ts";
import { labEvent } from "./events.ts";
import { interleaved, type Pair, sizeOf } from "./measure.ts";
import { notMeasured, pairRow, printTable, type Row } from "./table.ts";

const ROUNDS = sizeOf("BENCH_ROUNDS", 3);
const EVENTS = sizeOf("BENCH_BACKUP_EVENTS", 100_000);
const BATCH = 1000;
const LEAST = 0.5;
const MOST_MB = 200;

interface Measured {
  readonly perSecond: number;
  readonly mostMb: number;
}

interface Bench {
  /** Bundle of backup-make.ts. */
  readonly program: string;
  /** Empty, for what is written. */
  readonly folder: string;
}

export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-bench-"));
  const program = join(fileURLToPath(new URL("../../node_modules/.cache/", import.meta.url)), "backup-make.mjs");
  const entry = fileURLToPath(new URL("backup-make.ts", import.meta.url));
  await build({
    ...{ entryPoints: [entry], outfile: program, bundle: true, packages: "external" },
    ...{ format: "esm", platform: "node", target: "node20", logLevel: "error" },
  });
  try {
    const bench = { program, folder };
    printTable(`backup of ${EVENTS} events`, [...(await mongoRows(bench)), ...(await sqliteRows(bench))]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(program, { force: true });
  }
}

/** Answers with the rate; keeps the most memory. */
function measured({ program, folder }: Bench, most: { mb: number }, args: readonly string[]): number {
  const [how = "", url = "", database = "", ...format] = args;
  const dir = mkdtempSync(join(folder, "run-"));
  const printed = execFileSync(process.execPath, [program, how, url, database, dir, ...format], { encoding: "utf8" });
  const { perSecond, mostMb } = JSON.parse(printed) as Measured;
  most.mb = Math.max(most.mb, mostMb);
  rmSync(dir, { recursive: true, force: true });
  return perSecond;
}

function rowOf(what: string, pair: Pair, most: { readonly mb: number }): Row {
  const row = pairRow(what, pair, LEAST);
  const memory = `${most.mb.toFixed(0)} MB ${most.mb < MOST_MB ? "met" : "MISSED"}`;
  return { ...row, goal: `${row.goal}, < ${MOST_MB} MB: ${memory}` };
}

const KINDS = [["folder"], ["folder", "gzip"], ["archive"]] as const;

async function mongoRows(bench: Bench): Promise<Row[]> {
  const mongo = await startMongo().catch((error: Error) => error.message);
  if (typeof mongo === "string") return [notMeasured("MongoDB", mongo)];
  const database = `bench_backup_${process.pid}`;
  const client = await new MongoClient(mongo.url).connect();
  try {
    await fillMongo(client, database);
    const rows: Row[] = [];
    for (const kind of KINDS) {
      const most = { mb: 0 };
      const ours = async () => measured(bench, most, ["backup", mongo.url, database, ...kind]);
      const raw = async () => measured(bench, { mb: 0 }, ["raw", mongo.url, database]);
      rows.push(
        rowOf(`MongoDB, ${kind.join(" ")} ÷ raw cursor into a file`, await interleaved(ROUNDS, ours, raw), most),
      );
    }
    return rows;
  } finally {
    await client.db(database).dropDatabase();
    await client.close();
    await mongo.stop();
  }
}

async function fillMongo(client: MongoClient, database: string): Promise<void> {
  const context = parseContext({ naiveTimezone: "UTC" });
  const received_at = new Date();
  const events = client.db(database).collection<{ readonly _id: string }>("events");
  for (let at = 0; at < EVENTS; at += BATCH) {
    const documents = Array.from({ length: Math.min(BATCH, EVENTS - at) }, (_, n) => {
      const { event, instant } = prepareEvent(labEvent(at + n), context);
      return { ...event, ts: Long.fromBigInt(instant), received_at };
    });
    await events.insertMany(documents, { ordered: false });
  }
}

/** Beside a copy of the file nobody writes to. */
async function sqliteRows(bench: Bench): Promise<Row[]> {
  const file = join(bench.folder, "lab.db");
  const store = await EventStore.open(`sqlite:${file}`);
  for (let at = 0; at < EVENTS; at += BATCH)
    await store.append(Array.from({ length: Math.min(BATCH, EVENTS - at) }, (_, n) => labEvent(at + n)));
  await store.close();
  const copied = async () => {
    const startMs = performance.now();
    copyFileSync(file, join(bench.folder, "copy.db"));
    return EVENTS / ((performance.now() - startMs) / 1000);
  };
  const rows: Row[] = [];
  for (const format of ["sqlite", "folder"]) {
    const most = { mb: 0 };
    const ours = async () => measured(bench, most, ["backup", `sqlite:${file}`, "lab", format]);
    const pair = await interleaved(ROUNDS, ours, copied);
    const { goal: _, ...row } = rowOf(`SQLite (${statSync(file).size >> 20} MiB), ${format} ÷ cp`, pair, most);
    rows.push({ ...row, goal: `${most.mb.toFixed(0)} MB` });
  }
  return rows;
}
