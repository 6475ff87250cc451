/** Restoring: whatever the backup's format and writer, into either engine. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { openBackend } from "../../src/backend/open.ts";
import { restoreBackup } from "../../src/backup/restore.ts";
import type { RestoreBackupOptions } from "../../src/backup/types.ts";
import { DOCUMENTS, FIXTURES } from "../backend/mongo/madsci-documents.ts";
import { testOptions } from "../helpers/backends.ts";
import { backedUp } from "./filled.ts";
import { archiveOf, writeBackup, writeDump } from "./outside-dump.ts";
import { type Place, restingIn, TARGETS } from "./targets.ts";

const VERSION = { _id: "v", version: "1.0.0", applied_at: new Date("2026-01-01T00:00:00Z"), migration_notes: "first" };
const event = (n: number, more: object = {}) => ({
  _id: `e${String(n).padStart(4, "0")}`,
  event_type: "log_info",
  log_level: 20,
  alert: false,
  event_timestamp: "2026-01-02T03:04:05.678901",
  source: {},
  event_data: { n },
  archived: false,
  archived_at: null,
  ...more,
});
const events = (count: number, from = 0) => Array.from({ length: count }, (_, n) => event(from + n));

async function restore(place: Place, path: string, more: Partial<RestoreBackupOptions> = {}) {
  const target = await place.open({
    ...(more.onStep && { onStep: more.onStep }),
    ...(more.warn && { warn: more.warn }),
  });
  try {
    return await restoreBackup(path, { target, ...more });
  } finally {
    await target.close();
  }
}

const ids = async (place: Place, collection = "events") =>
  Object.keys((await restingIn(place))[collection] ?? {}).sort();

describe.each(TARGETS)("into $name", ({ within, skip }) => {
  const test = (name: string, work: (place: Place) => Promise<unknown>) => it.skipIf(skip)(name, () => within(work));

  test("restores MADSci's backup (C60), events as they are read", async (place) => {
    const path = writeBackup(join(place.folder, "b"), { events: DOCUMENTS, schema_versions: [VERSION] });
    const report = await restore(place, path, { expectDatabase: "lab" });
    expect(report.collections).toEqual({
      events: { inserted: DOCUMENTS.length, skipped: 0 },
      schema_versions: { inserted: 1, skipped: 0 },
    });
    const backend = await openBackend(place.url, testOptions({ database: place.database }));
    try {
      for (const { doc, read = {} } of FIXTURES) {
        const id = String(read._id ?? doc._id);
        if (place.kind === "mongo" && typeof doc._id !== "string") continue;
        expect(await backend.get(id), id).toMatchObject({
          ...(doc.event_data === undefined ? {} : {}),
          ...read,
          _id: id,
        });
      }
    } finally {
      await backend.close();
    }
  });

  for (const [name, more] of Object.entries({
    "a folder": { format: "folder" },
    "a packed folder": { format: "folder", gzip: true },
    "an archive": { format: "archive" },
    "a packed archive": { format: "archive", gzip: true },
    "a copy of an SQLite file": { format: "sqlite" },
  } as const)) {
    test(`restores ours, ${name}, with everything in it`, async (place) => {
      const path = await backedUp(place.folder, more);
      const expected = await restingIn({ ...place, url: `sqlite:${join(place.folder, "lab.db")}`, database: "lab" });
      const { collections } = await restore(place, path);
      expect(collections.events).toEqual({ inserted: 30, skipped: 0 });
      const found = await restingIn(place);
      expect(found.events).toEqual(expected.events);
      expect(found.alert_incidents).toEqual(expected.alert_incidents);
      expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    });
  }

  test("restores what mongodump wrote: the folder around a database, the database's own, packed ones, archives", async (place) => {
    const around = join(place.folder, "around");
    const inside = writeDump(around, { events: events(3) }, { isPacked: true });
    writeFileSync(join(inside, "prelude.json.gz"), gzipSync("{}"));
    const plain = writeDump(join(place.folder, "plain"), { events: events(3, 3) });
    writeFileSync(join(place.folder, "lab.archive"), archiveOf({ events: events(3, 6), schema_versions: [VERSION] }));
    writeFileSync(join(place.folder, "packed"), gzipSync(archiveOf({ events: events(3, 9) })));
    for (const path of [around, plain, join(place.folder, "lab.archive"), join(place.folder, "packed")]) {
      expect((await restore(place, path)).collections.events).toEqual({ inserted: 3, skipped: 0 });
    }
    expect(await ids(place)).toEqual(events(12).map(({ _id }) => _id));
  });

  test("adds what is missing and leaves alone what is there", async (place) => {
    await restore(place, writeDump(join(place.folder, "a"), { events: [event(1, { event_data: { first: true } })] }));
    const { collections } = await restore(place, writeDump(join(place.folder, "b"), { events: events(3) }));
    expect(collections.events).toEqual({ inserted: 2, skipped: 1 });
    const found = (await restingIn(place)).events as Record<string, { event_data: unknown }>;
    expect(found.e0001?.event_data).toEqual({ first: true });
  });

  test("replaces what is there with drop, and leaves nothing of its own behind", async (place) => {
    const first = { events: events(5), schema_versions: [VERSION] };
    await restore(place, writeDump(join(place.folder, "a"), first), { drop: true });
    expect(await ids(place)).toHaveLength(5);
    const { collections } = await restore(place, writeDump(join(place.folder, "b"), { events: events(2, 10) }), {
      drop: true,
    });
    expect(collections).toEqual({ events: { inserted: 2, skipped: 0 } });
    expect(await ids(place)).toEqual(["e0010", "e0011"]);
    expect(await ids(place, "schema_versions")).toHaveLength(1);
    expect(readdirSync(place.folder).filter((name) => name.includes("restoring"))).toEqual([]);
    const target = await place.open();
    expect([...(await target.collections())].sort()).toEqual(["events", "schema_versions"]);
    await target.close();
  });

  test("restores only the collections that are asked for", async (place) => {
    const path = writeDump(join(place.folder, "a"), { events: events(5), schema_versions: [VERSION] });
    const { collections } = await restore(place, path, { collections: ["events"], drop: true });
    expect(Object.keys(collections)).toEqual(["events"]);
    await expect(restore(place, path, { collections: ["plans"] })).rejects.toThrow(/holds no collection plans/);
  });

  test("tells how far it has come, and stops when it is told to", async (place) => {
    const path = writeDump(join(place.folder, "a"), { events: events(3) });
    const told: number[] = [];
    await restore(place, path, { onProgress: ({ documents, expected }) => told.push(documents, expected) });
    expect(told.slice(-2)).toEqual([3, 3]);
    const stop = new AbortController();
    const onStep = (step: string) => (step.startsWith("opened") ? stop.abort() : undefined);
    await expect(restore(place, path, { drop: true, signal: stop.signal, onStep })).rejects.toThrow(/abort/i);
    expect(await ids(place)).toHaveLength(3);
  });

  test("gives a database back as it was when the swap fails", async (place) => {
    const [a, b] = [join(place.folder, "a"), join(place.folder, "b")];
    await restore(place, writeDump(a, { events: events(2), schema_versions: [VERSION] }), { drop: true });
    const before = await restingIn(place);
    const failing = (step: string) => {
      if (/^swap schema_versions: old|^swap: begin/.test(step)) throw new Error("power");
    };
    const path = writeDump(b, { events: events(9, 20), schema_versions: [{ ...VERSION, migration_notes: "second" }] });
    await expect(restore(place, path, { drop: true, onStep: failing })).rejects.toThrow("power");
    expect(await restingIn(place)).toEqual(before);
    await restore(place, path, { drop: true });
    expect(await ids(place)).toHaveLength(9);
  });

  test("says which collections have no place there", async (place) => {
    const warnings: string[] = [];
    const path = writeDump(join(place.folder, "a"), { events: events(1), plans: [{ _id: 1 }] });
    await restore(place, path, { warn: (message) => warnings.push(message) });
    expect(warnings.some((text) => text.includes("plans"))).toBe(place.kind === "sqlite");
  });
});

describe("an SQLite file", () => {
  const within = (work: (place: Place) => Promise<unknown>) => TARGETS[0]?.within(work);

  it("is not replaced while somebody writes to it, and while somebody reads it as a whole", () =>
    within(async (place) => {
      const path = await backedUp(place.folder, { format: "sqlite" });
      const writer = await openBackend(place.url, testOptions());
      const refused = restore(place, path, { drop: true });
      await expect(refused).rejects.toMatchObject({ code: "EVT_BACKEND_UNAVAILABLE", message: /open for writing/ });
      await writer.close();
      const reader = await openBackend(place.url, testOptions({ readOnly: true }));
      await restore(place, path, { drop: true });
      expect(await reader.estimate()).toBe(30);
      await reader.close();
    }));

  it("that is damaged is replaced, and kept", () =>
    within(async (place) => {
      const path = await backedUp(place.folder, { format: "sqlite" });
      await restore(place, path);
      const file = join(place.folder, "target.db");
      const { readFileSync } = await import("node:fs");
      const bytes = readFileSync(file);
      bytes.fill(0xee, 4096 - 3900, 4096);
      writeFileSync(file, bytes);
      await restore(place, path, { drop: true });
      expect(await ids(place)).toHaveLength(30);
      expect(readdirSync(place.folder).some((name) => name.includes(".damaged-"))).toBe(true);
    }));

  it("of another program is left alone", () =>
    within(async (place) => {
      const path = await backedUp(place.folder, { format: "sqlite" });
      writeFileSync(join(place.folder, "target.db"), "something else entirely, and long enough");
      await expect(restore(place, path, { drop: true })).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
      expect(existsSync(join(place.folder, "target.db.restoring"))).toBe(false);
    }));

  it("has other cursors afterwards", () =>
    within(async (place) => {
      const path = await backedUp(place.folder, { format: "sqlite" });
      await restore(place, path);
      const before = await openBackend(place.url, testOptions());
      const { cursor } = await before.arrivals(undefined, 1);
      await before.close();
      await restore(place, path, { drop: true });
      const after = await openBackend(place.url, testOptions());
      expect((await after.arrivals(cursor, 1)).lost).toBe(true);
      await after.close();
    }));
});
