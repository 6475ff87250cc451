/**
 * `kill -9` of a restore at each of its steps: what was there is there whole, or the new one is, and the same restore done
 * again completes and leaves nothing behind.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDumpSource } from "../../src/backend/open-dump.ts";
import { createBackup } from "../../src/backup/create.ts";
import { filledFile } from "../backup/filled.ts";
import { archiveOf, writeBackup } from "../backup/outside-dump.ts";
import { type Place, restingIn, TARGETS } from "../backup/targets.ts";
import { rawClient } from "../helpers/mongo.ts";
import type { RestorePlan } from "./restore-app.ts";
import { restoreProgram } from "./restore-program.ts";

const PROGRAM = restoreProgram("restore-app");
const MOST_STEPS = 60;
/** Steps from one death to the next; every one where FAULT_ROUNDS does not ask for less. */
const STRIDE = Number(process.env.FAULT_ROUNDS ?? 50) < 10 ? 3 : 1;

async function run(plan: RestorePlan): Promise<{ readonly signal: string | null; readonly text: string }> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(plan)], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
  const [code, signal] = await once(child, "close");
  if (code !== 0 && signal === null) throw new Error(text);
  return { signal, text };
}

const event = (n: number, what: string) => ({
  ...{ _id: `${what}${n}`, event_type: "log_info", log_level: 20, event_timestamp: "2026-01-02T03:04:05.678901" },
  event_data: { what },
});
const version = (notes: string) => ({ _id: "v", version: "1.0.0", applied_at: new Date(0), migration_notes: notes });
const COUNT = 2000;
const contentOf = (what: string) => ({
  events: Array.from({ length: COUNT }, (_, n) => event(n, what)),
  schema_versions: [version(what)],
});

/** Of each collection what it holds, `old`, `new`, or how many of which. */
async function holds(place: Place): Promise<Record<string, string>> {
  const found = await restingIn(place);
  const kinds = Object.entries(found).map(([name, documents]) => {
    const counts = new Map<string, number>();
    for (const document of Object.values(documents) as { event_data?: { what: string }; migration_notes?: string }[]) {
      const what = String(document.event_data?.what ?? document.migration_notes);
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
    const whole = name === "events" ? COUNT : 1;
    const [[what, count] = ["nothing", whole], ...more] = counts;
    return [name, more.length === 0 && count === whole ? what : JSON.stringify([...counts])] as const;
  });
  return Object.fromEntries(kinds);
}

/** A database that is half replaced says so; nothing else may fail, and nothing before a swap has begun. */
const unlessHalf = (text: string) => (error: Error) => {
  expect(error.message).toMatch(/run it again/);
  expect(text).toMatch(/swap events: (?:old one away|done)/);
  return {};
};

/** What is left of restores. */
async function leftOf(place: Place): Promise<readonly string[]> {
  if (place.kind === "sqlite") return readdirSync(place.folder).filter((name) => name.includes("restoring"));
  const client = await rawClient(place.url);
  const collections = await client.db(place.database).listCollections({}, { nameOnly: true }).toArray();
  await client.close();
  return collections.map(({ name }) => name).filter((name) => /__(restoring|replaced)_/.test(name));
}

const planFor = ({ url, database }: Place, path: string): RestorePlan => ({ path, url, database, drop: true });

describe.each(TARGETS)("a restore into $name", ({ within, skip }) => {
  it.skipIf(skip)("killed at every step, in place of what is there", () =>
    within(async (place) => {
      const old = writeBackup(join(place.folder, "old"), contentOf("old"));
      const path = join(place.folder, "new.archive");
      writeFileSync(path, archiveOf(contentOf("new"), { stretch: 1000 }));
      let died = 0;
      for (let dieAt = 0; dieAt < MOST_STEPS; dieAt += STRIDE) {
        await run(planFor(place, old));
        expect(await holds(place)).toEqual({ events: "old", schema_versions: "old" });
        const { signal, text } = await run({ ...planFor(place, path), dieAt });
        if (signal === null) break;
        died++;
        // Between two renames nothing is read of the database; the next restore gives it back.
        for (const what of Object.values(await holds(place).catch(unlessHalf(text))))
          expect(["old", "new"], text).toContain(what);
        await run(planFor(place, path));
        expect(await holds(place), text).toEqual({ events: "new", schema_versions: "new" });
        expect(await leftOf(place), text).toEqual([]);
      }
      expect(died * STRIDE).toBeGreaterThan(8);
    }),
  );

  it.skipIf(skip)("killed at every step, adding to what is there", () =>
    within(async (place) => {
      const path = writeBackup(join(place.folder, "new"), contentOf("new"));
      let died = 0;
      for (let dieAt = 0; dieAt < MOST_STEPS; dieAt += STRIDE) {
        const { signal } = await run({ ...planFor(place, path), drop: false, dieAt });
        if (signal === null) break;
        died++;
      }
      expect(died * STRIDE).toBeGreaterThan(4);
      expect(await holds(place)).toEqual({ events: "new", schema_versions: "new" });
    }),
  );

  it.skipIf(skip)("two at the same time: one after the other, or refused; one of them is there whole", () =>
    within(async (place) => {
      const paths = ["one", "two"].map((what) => writeBackup(join(place.folder, what), contentOf(what)));
      const results = await Promise.allSettled(paths.map((path) => run(planFor(place, path))));
      expect(results.some(({ status }) => status === "fulfilled")).toBe(true);
      for (const result of results) {
        if (result.status === "rejected") expect(String(result.reason)).toMatch(/another (process|restore)/);
      }
      const { events, schema_versions } = await holds(place);
      expect(["one", "two"]).toContain(events);
      expect(schema_versions).toBe(events);
      expect(await leftOf(place)).toEqual([]);
    }),
  );
});

it("killed between two renames, what a server wrote meanwhile and what was there are both found again", async () => {
  const mongo = TARGETS[1];
  if (mongo === undefined || mongo.skip) return;
  await mongo.within(async (place) => {
    await run(planFor(place, writeBackup(join(place.folder, "old"), contentOf("old"))));
    const client = await rawClient(place.url);
    const db = client.db(place.database);
    await db.renameCollection("events", "events__replaced_0a0a0a0a");
    await db.createCollection("events__restoring_0a0a0a0a");
    await db.collection<{ _id: string }>("events").insertOne({ _id: "meanwhile" });
    await client.close();
    const path = writeBackup(join(place.folder, "versions"), { schema_versions: [version("new")] });
    await run(planFor(place, path));
    const { events = {} } = await restingIn(place);
    expect(Object.keys(events)).toHaveLength(COUNT + 1);
    expect(await leftOf(place)).toEqual([]);
  });
});

it("a file that is replaced by a copy, killed at every step", async () => {
  await TARGETS[0]?.within(async (place) => {
    const source = await openDumpSource((await filledFile(place.folder)).url);
    const { path } = await createBackup({ source, dir: join(place.folder, "backups"), now: () => new Date() });
    await source.close();
    const old = writeBackup(join(place.folder, "old"), contentOf("old"));
    let died = 0;
    for (let dieAt = 0; dieAt < MOST_STEPS; dieAt += STRIDE) {
      await run(planFor(place, old));
      const { signal } = await run({ ...planFor(place, path), dieAt });
      if (signal === null) break;
      died++;
      expect([30, COUNT]).toContain(Object.keys((await restingIn(place)).events ?? {}).length);
      await run(planFor(place, path));
      expect(Object.keys((await restingIn(place)).events ?? {})).toHaveLength(30);
    }
    expect(died * STRIDE).toBeGreaterThan(2);
  });
});
