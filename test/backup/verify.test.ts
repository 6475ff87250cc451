/** Verifying: a backup is restored into a scratch database and compared. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { DumpTarget } from "../../src/backend/dump-contract.ts";
import { openScratch } from "../../src/backup/scratch.ts";
import { verifyBackup } from "../../src/backup/verify.ts";
import { DOCUMENTS } from "../backend/mongo/madsci-documents.ts";
import { mongoUrl, rawClient } from "../helpers/mongo.ts";
import { backedUp } from "./filled.ts";
import { archiveOf, writeBackup, writeDump } from "./outside-dump.ts";
import { type Place, TARGETS } from "./targets.ts";

afterEach(() => vi.unstubAllEnvs());

const event = (n: number) => ({ _id: `e${n}`, event_type: "log_info", log_level: 20, event_data: { n } });
const EVENTS = { events: Array.from({ length: 300 }, (_, n) => event(n)) };

const scratchIn =
  ({ url }: Place) =>
  () =>
    openScratch(url, { database: "lab", naiveTimezone: "UTC" });

/** What a scratch database could leave behind. */
async function leftIn({ kind }: Place): Promise<readonly string[]> {
  if (kind === "sqlite") return readdirSync(tmpdir()).filter((name) => name.startsWith("madsci-events-verify-"));
  const client = await rawClient(String(mongoUrl));
  const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
  await client.close();
  return databases.map(({ name }) => name).filter((name) => name.includes("_verify_"));
}

/** A scratch database that does not keep what it is given. */
const lossy =
  (open: () => Promise<DumpTarget>, collection: Partial<Awaited<ReturnType<DumpTarget["open"]>>>) => async () => {
    const target = await open();
    const opened = target.open.bind(target);
    target.open = async (metadata) => Object.assign(await opened(metadata), collection);
    return target;
  };

describe.each(TARGETS)("with a scratch database in $name", ({ within, skip }) => {
  const test = (name: string, work: (place: Place) => Promise<unknown>) =>
    it.skipIf(skip)(name, () =>
      within((place) => {
        // Others have temporary files as well.
        vi.stubEnv("TMPDIR", place.folder);
        return work(place);
      }),
    );

  test("finds whole backups valid, and leaves nothing behind", async (place) => {
    const madsci = writeBackup(join(place.folder, "madsci"), { events: DOCUMENTS });
    const dump = writeDump(join(place.folder, "dump"), EVENTS, { isPacked: true });
    writeFileSync(join(place.folder, "lab.archive"), archiveOf(EVENTS, { stretch: 70 }));
    const archive = join(place.folder, "lab.archive");
    for (const [path, count] of [
      [madsci, DOCUMENTS.length],
      [dump, 300],
      [archive, 300],
    ] as const) {
      const verdict = await verifyBackup(path, { scratch: scratchIn(place) });
      expect(verdict).toEqual({ valid: true, reason: null, documents: { events: count }, restored: true });
    }
    expect(await leftIn(place)).toEqual([]);
  });

  for (const format of ["folder", "archive", "sqlite"] as const) {
    test(`finds ours valid, as ${format}`, async (place) => {
      const verdict = await verifyBackup(await backedUp(place.folder, { format }), { scratch: scratchIn(place) });
      expect(verdict).toMatchObject({ valid: true, reason: null, restored: true, documents: { events: 30 } });
      expect(await leftIn(place)).toEqual([]);
    });
  }

  test("looks at checksum and structure only where there is no scratch database (C58, C59)", async (place) => {
    const path = writeBackup(join(place.folder, "b"), EVENTS);
    expect(await verifyBackup(path)).toMatchObject({ valid: true, restored: false, documents: { events: 300 } });
    writeFileSync(join(path, "backup.checksum"), "f".repeat(64));
    expect(await verifyBackup(path)).toMatchObject({ valid: false, reason: expect.stringContaining("wrong checksum") });
  });

  test("names the first difference: documents that are missing, and one that is not what it was (C64)", async (place) => {
    const path = writeBackup(join(place.folder, "b"), EVENTS);
    const scratch = scratchIn(place);
    const fewer = lossy(scratch, { count: async () => 299 });
    expect((await verifyBackup(path, { scratch: fewer })).reason).toBe("events: 299 of 300 document(s) were restored");
    const failing = lossy(scratch, { insert: async () => ({ inserted: 0, skipped: 0 }) });
    expect((await verifyBackup(path, { scratch: failing })).reason).toMatch(/^the restore test failed: /);
    expect(await leftIn(place)).toEqual([]);
  });

  test("tells documents that are missing or other than they were", async (place) => {
    const { BSON } = await import("mongodb");
    const target = await place.open();
    const plain = { collectionName: "events", type: "collection", options: {}, indexes: [] } as const;
    const collection = await target.open(plain);
    await collection.insert([BSON.serialize(event(1)), BSON.serialize(event(2))]);
    expect(await collection.difference([1, 2].map((n) => BSON.serialize(event(n))))).toBeUndefined();
    expect(await collection.difference([BSON.serialize(event(3))])).toBe("the document e3 is missing");
    const other = { ...event(2), event_data: { n: 5 } };
    const where = place.kind === "mongo" ? '"event_data"' : "data";
    expect(await collection.difference([BSON.serialize(other)])).toBe(`the document e2 differs in ${where}`);
    await target.close();
  });
});

it("a backup that was changed between two looks is noticed", async () => {
  await TARGETS[0]?.within(async (place) => {
    const path = writeBackup(join(place.folder, "b"), EVENTS);
    const file = join(path, "lab", "events.bson");
    const onStep = (step: string) => {
      if (step === "checked") writeFileSync(file, readFileSync(file).subarray(0, -EVENTS.events.length));
    };
    const verdict = await verifyBackup(path, { scratch: scratchIn(place), onStep });
    expect(verdict).toMatchObject({ valid: false, reason: expect.stringContaining("cut off") });
  });
});

it("a dump with the server's oplog beside the databases is taken without it, and says so", async () => {
  await TARGETS[0]?.within(async (place) => {
    const root = join(place.folder, "dump");
    writeDump(root, EVENTS);
    const { BSON } = await import("mongodb");
    writeFileSync(join(root, "oplog.bson"), BSON.serialize({ op: "i", ns: "lab.events" }));
    const warnings: string[] = [];
    const verdict = await verifyBackup(root, { warn: (text) => warnings.push(text) });
    expect(verdict).toMatchObject({ valid: true, documents: { events: 300 } });
    expect(warnings).toEqual([expect.stringContaining("oplog.bson")]);
  });
});
