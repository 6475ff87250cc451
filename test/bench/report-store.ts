/** The store the report bench reads: made once by size and generator, then kept under node_modules/.cache. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EventInput } from "../../src/event/event.ts";
import { EventStore } from "../../src/index.ts";
import { labDays } from "./report-lab.ts";

const CACHE = fileURLToPath(new URL("../../node_modules/.cache/madsci-events/", import.meta.url));
/** Files on which its content depends. */
const SQLITE = "../../src/backend/sqlite";
const MADE_BY = ["report-lab.ts", `${SQLITE}/schema.ts`, `${SQLITE}/activity-sql.ts`, `${SQLITE}/activity-text.ts`];
const BATCH = 2000;

/** Path of a database with `count` events of the lab. */
export async function labDatabase(count: number): Promise<string> {
  const hash = createHash("sha256");
  for (const made of MADE_BY) hash.update(readFileSync(new URL(made, import.meta.url)));
  const path = join(CACHE, `lab-${count}-${hash.digest("hex").slice(0, 12)}.db`);
  if (existsSync(path)) return path;
  mkdirSync(CACHE, { recursive: true });
  const draft = `${path}.draft`;
  for (const end of ["", "-wal", "-shm", ".lock"]) rmSync(draft + end, { force: true });
  await fill(draft, count);
  for (const end of ["-wal", "-shm", ".lock"]) rmSync(draft + end, { force: true });
  renameSync(draft, path);
  return path;
}

async function fill(path: string, count: number): Promise<void> {
  const startMs = performance.now();
  await using store = await EventStore.open(`sqlite:${path}`, { naiveTimezone: "UTC" });
  let batch: EventInput[] = [];
  for (const event of labDays(count)) {
    batch.push(event);
    if (batch.length < BATCH) continue;
    await store.append(batch);
    batch = [];
  }
  await store.append(batch);
  console.error(`made a lab of ${count} events in ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
}
