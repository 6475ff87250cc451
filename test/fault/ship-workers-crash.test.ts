/** The worker of a transport dies: the application lives, its lines go on, a new worker comes, and nothing is lost. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { drain, folderOf } from "./ship/app.ts";
import { expectWhole, storedIn } from "./ship/oracle.ts";
import { serving } from "./ship/scene.ts";

const ROUNDS = Math.max(1, Math.ceil(Number(process.env.FAULT_ROUNDS ?? 50) / 25));
const PROGRAM = fileURLToPath(new URL("ship/programs/workers-crash.mjs", import.meta.url));
const SABOTEUR = fileURLToPath(new URL("ship/programs/workers-saboteur.mjs", import.meta.url));
const HASTE = { retry: { minMs: 50, maxMs: 200 }, batch: { maxWaitMs: 20 } };
/** Running out of memory takes a while, in which the process waits for its worker. */
const EXITS = ROUNDS > 1 ? ["exit", "terminate", "memory"] : ["exit", "terminate"];
const CRASHES = ["throw", "reject", "exit", "exit1", "memory", "terminate"] as const;

interface Crash {
  readonly url: string;
  readonly folder: string;
  readonly crash: string;
  readonly times?: number;
  readonly last?: "end" | "exit";
  readonly more?: object;
}

async function crashing({ url, folder, crash, times, last, more }: Crash) {
  const mapModule = crash === "terminate" ? {} : { mapModule: SABOTEUR };
  const options = { ...HASTE, ...mapModule, url, spool: { dir: join(folder, "spool") }, ...more };
  const plan = JSON.stringify({ options, run: crash, crash, times, last, folder });
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, plan], {
    env: { ...process.env, SABOTAGE: folder },
    timeout: 60_000,
  });
  return { options, told: JSON.parse(stdout) as { n: number; closed: number; workers: number } };
}

it.each(CRASHES)(`a worker that dies by %s (${ROUNDS} times)`, async (crash) => {
  const folder = folderOf("workers-crash");
  const database = `sqlite:${join(folder, "events.db")}`;
  const { url } = await serving(database);
  const { options, told } = await crashing({ url, folder, crash, times: ROUNDS });
  expect(told).toMatchObject({ closed: 1, workers: ROUNDS + 1 });
  await drain({ ...options });
  expectWhole({ emitted: told.n, stored: await storedIn(database) });
});

it.each(EXITS)("a process that exits as its worker dies by %s", async (crash) => {
  const folder = folderOf("workers-exit");
  const database = `sqlite:${join(folder, "events.db")}`;
  const { url } = await serving(database);
  const { options, told } = await crashing({ url, folder, crash, times: 0, last: "exit" });
  await drain({ ...options });
  expectWhole({ emitted: told.n, stored: await storedIn(database) });
});

it("a worker that dies with lines in memory: ids made as they are logged keep them single", async () => {
  const folder = folderOf("workers-memory");
  const database = `sqlite:${join(folder, "events.db")}`;
  const { url } = await serving(database);
  const more = { eventIds: "main", spool: { mode: "overflow", dir: join(folder, "spool") } };
  const { options, told } = await crashing({ url, folder, crash: "terminate", more });
  await drain({ ...HASTE, url, spool: options.spool });
  expectWhole({ emitted: told.n, stored: await storedIn(database) });
});
