/**
 * `kill -9` of a migration at each of its steps: the next one completes it, every event is there and reads as before, and
 * no half backup counts. Eight migrations at once: each version is recorded by exactly one, and all end well.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { isBackupValid, listBackups } from "../../src/backup/catalogue.ts";
import { MIGRATIONS, versionOf } from "../../src/schema/migrations.ts";
import { DOCUMENTS } from "../backend/mongo/madsci-documents.ts";
import { rawClient } from "../helpers/mongo.ts";
import { ENGINES, forgetVersions, open, recordsOf, type TestPlace, used } from "../schema/setup.ts";
import type { MigratePlan } from "./migrate-app.ts";

const CACHE = fileURLToPath(new URL("../../node_modules/.cache/madsci-events/", import.meta.url));
const PROGRAM = join(CACHE, `migrate-app.${process.pid}.mjs`);
const ALL = [...MIGRATIONS.map(versionOf), "1.0.0"].sort();
const AT_ONCE = 8;
/** Two batches and a half; few enough for a server that scans them for every change. */
const MANY = 100;
/** A process that does not renew for that long gives way: long enough for a busy machine. */
const TTL_MS = 5000;
/** Steps from one death to the next; every one where FAULT_ROUNDS does not ask for less. */
const STRIDE = Number(process.env.FAULT_ROUNDS ?? 50) < 10 ? 5 : 1;
/** No migration has more steps. */
const MOST_STEPS = 100;

beforeAll(async () => {
  mkdirSync(CACHE, { recursive: true });
  const entry = fileURLToPath(new URL("migrate-app.ts", import.meta.url));
  await build({
    ...{ entryPoints: [entry], outfile: PROGRAM, bundle: true, packages: "external" },
    ...{ format: "esm", platform: "node", target: "node20", logLevel: "error" },
  });
  return () => rmSync(PROGRAM, { force: true });
});

interface Life {
  readonly code: number | null;
  readonly steps: readonly string[];
  readonly applied: readonly string[];
  readonly errors: string;
}

async function live(plan: MigratePlan): Promise<Life> {
  // What a killed one leaves among temporary files goes with the test's.
  const env = { ...process.env, TMPDIR: plan.dir };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(plan)], { stdio: ["ignore", "pipe", "pipe"], env });
  onTestFinished(() => void child.kill("SIGKILL"));
  const steps: string[] = [];
  const applied: string[] = [];
  let errors = "";
  child.stderr.on("data", (data) => (errors += data));
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { step, report } = JSON.parse(line);
    if (step) steps.push(step);
    applied.push(...(report?.applied ?? []));
  });
  const [code] = await once(child, "close");
  return { code, steps, applied, errors };
}

interface Setting extends TestPlace {
  readonly dir: string;
}

/** A database as MADSci (in MongoDB), or an earlier version of this package (a file), leaves it. */
async function old(place: TestPlace): Promise<Setting> {
  if (place.url.startsWith("sqlite:")) {
    await used(place);
    await forgetVersions(place);
  } else {
    const client = await rawClient();
    const plain = DOCUMENTS.find(({ _id }) => _id === "utc") as object;
    const many = Array.from({ length: MANY }, (_, at) => ({ ...plain, _id: `many-${String(at).padStart(5, "0")}` }));
    await client
      .db(place.database)
      .collection("events")
      .insertMany([...DOCUMENTS, ...many] as never[]);
    await client.close();
  }
  const dir = mkdtempSync(join(tmpdir(), "madsci-migrate-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return { ...place, dir };
}

async function check({ dir, ...place }: Setting): Promise<void> {
  const records = await recordsOf(place, true);
  expect((await records.facts()).versions.map(({ version }) => version).sort()).toEqual(ALL);
  await records.close();
  const store = await open(place);
  const expected = place.url.startsWith("sqlite:") ? 1 : DOCUMENTS.length + MANY;
  expect(await store.count({ includeArchived: true })).toBe(expected);
  await store.close();
  for (const backup of await listBackups(dir)) expect(await isBackupValid(backup), backup.name).toBe(true);
}

describe.each(ENGINES)("$name", ({ skip, place: newPlace }) => {
  it.skipIf(skip)("a migration killed at any step is completed by the next", async () => {
    const seen = new Set<string>();
    let dieAt = 0;
    for (; dieAt < MOST_STEPS; dieAt += STRIDE) {
      const setting = await old(newPlace());
      const first = await live({ ...setting, dieAt, ttlMs: TTL_MS });
      if (first.code === 0) break;
      expect(first.code, first.errors).toBeNull();
      seen.add(String(first.steps.at(-1)));
      const second = await live({ ...setting, ttlMs: TTL_MS });
      expect(second.code, second.errors).toBe(0);
      await check(setting);
    }
    expect(dieAt).toBeGreaterThan(5);
    const named = STRIDE === 1 ? ["leading", "backed up", "made collections", "recorded 1"] : ["leading"];
    expect([...seen]).toEqual(expect.arrayContaining(named));
  });

  it.skipIf(skip)("a migration killed at every step in turn, on one database, ends", async () => {
    const setting = await old(newPlace());
    for (let dieAt = 0; dieAt < MOST_STEPS; dieAt += 3) {
      if ((await live({ ...setting, dieAt, ttlMs: 500 })).code === 0) break;
    }
    expect((await live({ ...setting, ttlMs: TTL_MS })).code).toBe(0);
    await check(setting);
  });

  it.skipIf(skip)(`of ${AT_ONCE} at once exactly one applies each version, and all end well`, async () => {
    const setting = await old(newPlace());
    const lives = await Promise.all(Array.from({ length: AT_ONCE }, () => live({ ...setting, ttlMs: 15_000 })));
    expect(lives.map(({ code, errors }) => (code === 0 ? 0 : errors))).toEqual(Array(AT_ONCE).fill(0));
    expect(lives.flatMap(({ applied }) => applied).sort()).toEqual(ALL);
    expect(await listBackups(setting.dir)).toHaveLength(1);
    await check(setting);
  });
});
