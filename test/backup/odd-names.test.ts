/** Collections with names no file could have, views, and what cannot be backed up at all. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Db, MongoClient } from "mongodb";
import { describe, expect, it } from "vitest";
import { openDumpSource } from "../../src/backend/open-dump.ts";
import { makeBackup } from "../../src/backup/make.ts";
import { restoreBackup } from "../../src/backup/restore.ts";
import { openScratch } from "../../src/backup/scratch.ts";
import type { MakeBackupOptions } from "../../src/backup/types.ts";
import { verifyBackup } from "../../src/backup/verify.ts";
import { mongoSkip, rawClient } from "../helpers/mongo.ts";
import { type Filled, inFolder, withDatabase } from "./filled.ts";
import { event } from "./hostile-backups.ts";
import { readFolder } from "./independent-dump.ts";
import { archiveOf, writeBackup, writeDump } from "./outside-dump.ts";
import { restingIn, TARGETS } from "./targets.ts";

const LONG = "ü".repeat(100);
const LONGER = "é".repeat(100);
const ODD = [
  ...[
    "a/b",
    "a\\b",
    "a..b",
    "a/../../b",
    "a\u0001b\nc\u007f",
    "a%b",
    "a%2Fb",
    "a:b",
    "a+b c",
    "dotted.",
    "été\u{1F600}",
  ],
  ...["__proto__", LONG, LONGER, "x".repeat(230)],
];

async function withOdd(work: (filled: Filled, dir: string) => Promise<void>, names: readonly string[]): Promise<void> {
  await inFolder((dir) =>
    withDatabase(async (filled) => {
      const client = await rawClient();
      try {
        for (const name of names)
          await client.db(filled.database).command({ insert: name, documents: [{ _id: `in ${name}` }] });
        await work(filled, dir);
      } finally {
        await client.close();
      }
    }),
  );
}

type Options = Pick<MakeBackupOptions, "dir"> & Partial<MakeBackupOptions>;

async function made({ url, database }: Filled, options: Options, client?: unknown) {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const source = await openDumpSource(url, { database, warn, client });
  const scratch = () => openScratch(url, { database });
  try {
    return { backup: await makeBackup({ source, scratch, warn, now: () => new Date(), ...options }), warnings };
  } finally {
    await source.close();
  }
}

describe.skipIf(mongoSkip)("collections with odd names", () => {
  it.each(["folder", "archive"] as const)("are backed up, tested and restored, as %s", (format) =>
    withOdd(async (filled, dir) => {
      const { backup, warnings } = await made(filled, { dir: join(dir, "b"), format });
      expect(warnings).toEqual([]);
      for (const name of ODD) expect(Object.entries(backup.metadata.documents ?? {})).toContainEqual([name, 1]);
      const inside = readdirSync(join(backup.path, filled.database));
      expect(inside.every((file) => /^[\w.%-]+$/.test(file) && file.length <= 255)).toBe(true);
      if (format === "folder") {
        const read = readFolder(join(backup.path, filled.database));
        for (const name of ODD) expect(read.get(name)?.documents).toEqual([{ _id: `in ${name}` }]);
      }
      await TARGETS.find(({ name }) => name === "MongoDB")?.within(async (place) => {
        const target = await place.open();
        await restoreBackup(backup.path, { target });
        await target.close();
        const resting = await restingIn(place);
        for (const name of ODD) expect(Object.values(resting[name] ?? {})).toEqual([{ _id: `in ${name}` }]);
      });
    }, ODD),
  );

  it("that restores keep for themselves are left out, told of and written down", () =>
    withOdd(
      async (filled, dir) => {
        const { backup, warnings } = await made(filled, { dir: join(dir, "b") });
        expect(warnings).toEqual([
          expect.stringMatching(/^"my__restoring_notes" has a name .* left out of the backup$/),
        ]);
        expect(backup.metadata.left_out).toEqual(["my__restoring_notes"]);
        expect(Object.keys(backup.metadata.documents ?? {})).not.toContain("my__restoring_notes");
        const some = await made(filled, { dir: join(dir, "b"), collections: ["events"] });
        expect(some.backup.metadata).not.toHaveProperty("left_out");
      },
      ["my__restoring_notes", "events__restoring_1a2b3c4d"],
    ));
});

/** The server of the tests has no views: this adds one to what it lists. */
function listingView(client: MongoClient): unknown {
  const view = { name: "hot", type: "view", options: { viewOn: "events", pipeline: [] }, info: { readOnly: true } };
  const withList = (db: Db) => {
    const list = db.listCollections.bind(db);
    const listed = (...asked: Parameters<Db["listCollections"]>) => ({
      toArray: async () => [...(await list(...asked).toArray()), view],
    });
    return Object.assign(db, { listCollections: listed });
  };
  const db = client.db.bind(client);
  return Object.assign(client, { db: (...named: Parameters<MongoClient["db"]>) => withList(db(...named)) });
}

it.skipIf(mongoSkip)("a view is left out of a backup, told of and written down", () =>
  withOdd(async (filled, dir) => {
    const client = await rawClient();
    try {
      const { backup, warnings } = await made(filled, { dir: join(dir, "b") }, listingView(client));
      expect(warnings).toEqual([`"hot" is no plain collection (view): it is left out of the backup`]);
      expect(backup.metadata.left_out).toEqual(["hot"]);
      expect(Object.keys(backup.metadata.documents ?? {})).not.toContain("hot");
    } finally {
      await client.close();
    }
  }, []),
);

describe("file names of other tools", () => {
  it.each([
    ["a%20b%2B", "a b+"],
    ["a+b%2B", "a b+"],
    ["100%25", "100%25"],
    ["50%off", "50%off"],
  ])("%s stands for the collection %s", (file, collection) =>
    inFolder(async (folder) => {
      const inside = renamed(folder, file, collection);
      const verdict = await verifyBackup(inside);
      expect(verdict).toMatchObject({ valid: true, documents: { [collection]: 1 } });
    }),
  );

  it("stand for nothing else", () =>
    inFolder(async (folder) => {
      expect((await verifyBackup(renamed(folder, "a%2Fb", "a:b"))).reason).toMatch(/of another collection, a:b/);
    }));
});

/** A dump of one collection whose files have this name. */
function renamed(folder: string, file: string, collectionName: string): string {
  const inside = writeDump(folder, { plain: [event(1)] });
  const metadata = JSON.parse(readFileSync(join(inside, "plain.metadata.json"), "utf8"));
  rmSync(join(inside, "plain.metadata.json"));
  writeFileSync(join(inside, `${file}.metadata.json`), JSON.stringify({ ...metadata, collectionName }));
  renameSync(join(inside, "plain.bson"), join(inside, `${file}.bson`));
  return inside;
}

const VIEW = { options: { viewOn: "events", pipeline: [] }, indexes: [], collectionName: "hot", type: "view" };
const BESIDE = { events: [event(1), event(2)], hot: [] };

describe.each(TARGETS)("a dump with a view, into $name", ({ within, skip }) => {
  const told = expect.stringMatching(/hot.* has no documents of its own: it is left out/);

  it.skipIf(skip)("is restored without it, as a folder with a checksum", () =>
    within(async (place) => {
      const path = writeBackup(join(place.folder, "b"), { events: BESIDE.events });
      writeFileSync(join(path, "lab", "hot.metadata.json"), JSON.stringify(VIEW));
      const warnings: string[] = [];
      const target = await place.open();
      const report = await restoreBackup(path, { target, drop: true, warn: (text) => warnings.push(text) });
      await target.close();
      expect(report.collections).toEqual({ events: { inserted: 2, skipped: 0 } });
      expect(warnings).toEqual([told]);
    }),
  );

  it.skipIf(skip).each([true, false])("is restored without it, as an archive, its end in it: %s", (isEnded) =>
    within(async (place) => {
      const change = (described: Record<string, unknown>) => {
        if (described.collection !== "hot") return described;
        if ("metadata" in described) return { ...described, metadata: JSON.stringify(VIEW), type: "view" };
        return isEnded ? described : undefined;
      };
      const path = join(place.folder, "lab.archive");
      writeFileSync(path, archiveOf(BESIDE, { change }));
      const warnings: string[] = [];
      const target = await place.open();
      const report = await restoreBackup(path, { target, warn: (text) => warnings.push(text) });
      await target.close();
      expect(report.collections).toEqual({ events: { inserted: 2, skipped: 0 } });
      expect(warnings).toEqual([told]);
    }),
  );
});

it("a plain collection whose documents are missing is refused", () =>
  inFolder(async (folder) => {
    const inside = writeDump(folder, { events: [event(1)], plans: [event(2)] });
    rmSync(join(inside, "plans.bson"));
    const verdict = await verifyBackup(inside);
    expect(verdict).toMatchObject({ valid: false, reason: expect.stringMatching(/documents \(\.bson\) are missing/) });
  }));

it("documents of a view in an archive are refused", () =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, "b"));
    const change = (described: Record<string, unknown>) =>
      described.collection === "hot" && "metadata" in described
        ? { ...described, metadata: JSON.stringify(VIEW), type: "view" }
        : described;
    const path = join(folder, "b", "lab.archive");
    writeFileSync(path, archiveOf({ events: [event(1)], hot: [event(2)] }, { change }));
    expect((await verifyBackup(path)).reason).toMatch(/documents of lab\.hot, which is no plain collection/);
  }));
