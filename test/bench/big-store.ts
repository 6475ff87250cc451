/** The store the query bench reads: made once, then kept under node_modules/.cache by its size and schema. */
import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SCHEMA_SQL } from "../../src/backend/sqlite/schema.ts";
import { EventStore } from "../../src/index.ts";
import { labEvent } from "./events.ts";

const CACHE = fileURLToPath(new URL("../../node_modules/.cache/madsci-events/", import.meta.url));
const BATCH = 1000;

/** Path of a database with `count` events of the bench. */
export async function bigDatabase(count: number): Promise<string> {
  const generator = readFileSync(new URL("events.ts", import.meta.url));
  const hash = createHash("sha256").update(SCHEMA_SQL).update(generator).digest("hex").slice(0, 12);
  const path = join(CACHE, `bench-${count}-${hash}.db`);
  if (existsSync(path)) return path;
  mkdirSync(CACHE, { recursive: true });
  const draft = `${path}.draft`;
  removeDatabase(draft);
  await fill(draft, count);
  renameSync(draft, path);
  return path;
}

/** Reads the file once, so that a file from yesterday is measured like one just written: from memory, not from a disk. */
export async function warmUp(path: string): Promise<void> {
  for await (const _chunk of createReadStream(path, { highWaterMark: 4_194_304 }));
}

async function fill(path: string, count: number): Promise<void> {
  const startMs = performance.now();
  const store = await EventStore.open(`sqlite:${path}`, { naiveTimezone: "UTC" });
  for (let n = 0; n < count; n += BATCH) {
    await store.append(Array.from({ length: Math.min(BATCH, count - n) }, (_, i) => labEvent(n + i)));
    if (n % 100_000 === 0) console.error(`loading: ${n} of ${count} events`);
  }
  await store.close();
  removeSides(path);
  console.error(`loaded ${count} events in ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
}

function removeDatabase(path: string): void {
  rmSync(path, { force: true });
  removeSides(path);
}

/** Files beside a closed database. */
function removeSides(path: string): void {
  for (const end of ["-wal", "-shm", ".lock"]) rmSync(path + end, { force: true });
}
