/**
 * Restoring a dump: into MongoDB beside the driver's own `insertMany`, and into an SQLite file. The processes measured are
 * bundled and hold nothing but the restore, so that their memory tells something.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { BSON, Long, MongoClient } from "mongodb";
import { parseContext, prepareEvent } from "../../src/event/parse.ts";
import { startMongo } from "../helpers/mongo-server.ts";
import { labEvent } from "./events.ts";
import { interleaved, sizeOf } from "./measure.ts";
import { notMeasured, pairRow, printTable, type Row } from "./table.ts";

const ROUNDS = sizeOf("BENCH_ROUNDS", 3);
const EVENTS = sizeOf("BENCH_BACKUP_EVENTS", 100_000);
const LEAST = 0.5;
const MOST_MB = 200;

interface Bench {
  /** Bundle of restore-load.ts. */
  readonly program: string;
  /** Of the dump. */
  readonly dump: string;
  readonly folder: string;
}

export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-bench-"));
  const program = join(fileURLToPath(new URL("../../node_modules/.cache/", import.meta.url)), "restore-load.mjs");
  await build({
    ...{ entryPoints: [fileURLToPath(new URL("restore-load.ts", import.meta.url))], outfile: program, bundle: true },
    ...{ packages: "external", format: "esm", platform: "node", target: "node20", logLevel: "error" },
  });
  try {
    const bench = { program, folder, dump: await writeDump(folder) };
    printTable(`restore of ${EVENTS} events`, [...(await mongoRows(bench)), ...(await sqliteRows(bench))]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(program, { force: true });
  }
}

async function writeDump(folder: string): Promise<string> {
  const context = parseContext({ naiveTimezone: "UTC" });
  const received_at = new Date();
  const dump = join(folder, "lab");
  mkdirSync(dump);
  const out = createWriteStream(join(dump, "events.bson"));
  for (let n = 0; n < EVENTS; n++) {
    const { event, instant } = prepareEvent(labEvent(n), context);
    const bytes = BSON.serialize({ ...event, ts: Long.fromBigInt(instant), received_at, skew_ms: 0 });
    if (!out.write(bytes)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
  return dump;
}

interface Measured {
  readonly perSecond: number;
  readonly mostMb: number;
}

function measured({ program }: Bench, args: readonly string[], most = { mb: 0 }): number {
  const printed = execFileSync(process.execPath, [program, ...args], { encoding: "utf8" });
  const { perSecond, mostMb } = JSON.parse(printed) as Measured;
  most.mb = Math.max(most.mb, mostMb);
  return perSecond;
}

const memoryOf = ({ mb }: { readonly mb: number }) =>
  `< ${MOST_MB} MB: ${mb.toFixed(0)} MB ${mb < MOST_MB ? "met" : "MISSED"}`;

async function mongoRows(bench: Bench): Promise<Row[]> {
  const mongo = await startMongo().catch((error: Error) => error.message);
  if (typeof mongo === "string") return [notMeasured("MongoDB", mongo)];
  const client = await new MongoClient(mongo.url).connect();
  try {
    const rows: Row[] = [];
    for (const mode of ["add", "drop"]) {
      const most = { mb: 0 };
      let runs = 0;
      const into = async (how: string, its?: { mb: number }) => {
        const database = `bench_restore_${process.pid}_${runs++}`;
        const perSecond = measured(bench, [how, bench.dump, mongo.url, database, mode], its);
        await client.db(database).dropDatabase();
        return perSecond;
      };
      const pair = await interleaved(
        ROUNDS,
        () => into("restore", most),
        () => into("raw"),
      );
      const row = pairRow(`MongoDB, ${mode === "drop" ? "staged and swapped" : "added"} ÷ raw insertMany`, pair, LEAST);
      rows.push({ ...row, goal: `${row.goal}, ${memoryOf(most)}` });
    }
    return rows;
  } finally {
    await client.close();
    await mongo.stop();
  }
}

/** Beside the same rows by themselves there is no other way in: the rate of the slower half is MongoDB's. */
async function sqliteRows(bench: Bench): Promise<Row[]> {
  const most = { mb: 0 };
  let runs = 0;
  const into = async () =>
    measured(bench, ["restore", bench.dump, `sqlite:${bench.folder}/${runs++}.db`, "lab", "drop"], most);
  const pair = await interleaved(ROUNDS, into, into);
  const { goal: _, ...row } = pairRow("SQLite, staged and swapped ÷ the same", pair, LEAST);
  return [{ ...row, goal: memoryOf(most) }];
}
