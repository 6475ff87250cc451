/** Scratch databases of verifications that were killed are removed by the next one; nothing else is. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openScratch } from "../../src/backup/scratch.ts";
import { bundled } from "../helpers/bundled.ts";
import { rawClient } from "../helpers/mongo.ts";
import { type Place, TARGETS } from "./targets.ts";

const OPEN = bundled(
  "scratch",
  `import { openScratch } from "./src/backup/scratch.ts";
   const [url, database] = process.argv.slice(2);
   const target = await openScratch(url, { database });
   await target.open({ collectionName: "events", type: "collection", options: {}, indexes: [] });
   console.log("open");
   setInterval(() => {}, 1000);`,
);

/** Opens one in a process of its own, and kills it; what it has left is there. */
async function killed({ url, database }: Place, temporary: string): Promise<void> {
  const env = { ...process.env, TMPDIR: temporary };
  const child = spawn(process.execPath, [OPEN, url, database], { env, stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "close");
}

async function scratchesOf({ kind, url, database }: Place, temporary: string): Promise<readonly string[]> {
  if (kind === "sqlite") return readdirSync(temporary).filter((name) => name.startsWith("madsci-events-verify-"));
  const client = await rawClient(url);
  const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
  await client.close();
  return databases.map(({ name }) => name).filter((name) => name.startsWith(`${database}_verify_`));
}

/** Of the same name, without a note or with one of another machine. */
async function others({ kind, url, database }: Place, temporary: string): Promise<() => Promise<void>> {
  const elsewhere = { pid: 1, started: "1", place: "another machine" };
  if (kind === "sqlite") {
    for (const [at, note] of [undefined, "{", JSON.stringify(elsewhere)].entries()) {
      const folder = join(temporary, `madsci-events-verify-other${at}`);
      mkdirSync(folder);
      if (note !== undefined) writeFileSync(join(folder, "holder.json"), note);
    }
    return async () => {};
  }
  const client = await rawClient(url);
  const names = [`${database}_verify_00000000`, `${database}_verify_11111111`, `${database}_verify_mine`];
  for (const name of names) await client.db(name).createCollection("events");
  const notes = client.db(String(names[1])).collection<{ _id: string }>("__restoring_holder");
  await notes.insertOne({ _id: "holder", holder: elsewhere } as never);
  return async () => {
    for (const name of names) await client.db(name).dropDatabase();
    await client.close();
  };
}

describe.each(TARGETS)("in $name", ({ within, skip }) => {
  it.skipIf(skip)("what a killed one left goes; one that lives, one elsewhere and one without a note stay", () =>
    within(async (place) => {
      const temporary = mkdtempSync(join(tmpdir(), "scratches-"));
      const before = process.env.TMPDIR;
      process.env.TMPDIR = temporary;
      onTestFinished(() => {
        if (before === undefined) delete process.env.TMPDIR;
        else process.env.TMPDIR = before;
        rmSync(temporary, { recursive: true, force: true });
      });
      const { url, database } = place;
      await killed(place, temporary);
      expect(await scratchesOf(place, temporary)).toHaveLength(1);
      const removeOthers = await others(place, temporary);
      const living = await openScratch(url, { database });
      const alone = await scratchesOf(place, temporary);
      expect(alone).toHaveLength(4);
      const next = await openScratch(url, { database });
      const both = await scratchesOf(place, temporary);
      expect(both).toHaveLength(5);
      expect(both).toEqual(expect.arrayContaining([...alone]));
      for (const target of [living, next]) {
        await target.destroy();
        await target.close();
      }
      expect(await scratchesOf(place, temporary)).toHaveLength(3);
      await removeOthers();
    }),
  );
});
