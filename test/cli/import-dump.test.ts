import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { BSON } from "mongodb";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { StoredEvent } from "../../src/event/event.ts";
import { EventStore } from "../../src/store/store.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

let cwd: string;
beforeEach(() => {
  cwd = project();
});

const NODE = "01JNDE00000000000000000001";

/** What MADSci's servers of the versions 0.5 to 0.7 have written. */
const OLD = [
  { _id: "v05", event_type: "experiment_stop", log_level: 20, event_timestamp: "2025-06-01T10:00:00.5", source: {} },
  {
    _id: "v06",
    event_type: "node_start",
    log_level: 40,
    alert: true,
    event_timestamp: "2025-12-20T10:00:00Z",
    source: { node_id: NODE, user_id: null },
    event_data: { big: BSON.Long.fromString("9007199254740993"), text: "é 😀", list: [1, { deep: null }] },
  },
  {
    _id: "v07",
    event_type: "log_info",
    log_level: 20,
    alert: false,
    event_timestamp: "2026-03-05T10:00:00.000001+05:30",
    source: {},
    event_data: {},
    trace_id: null,
    span_id: null,
    archived: true,
    archived_at: new Date("2026-04-01T00:00:00.123Z"),
  },
  { _id: "text", event_timestamp: "2026-03-05T11:00:00Z", archived: true, archived_at: "2026-04-02T00:00:00" },
];

const bson = (documents: readonly object[]) => Buffer.concat(documents.map((document) => BSON.serialize(document)));
const numbered = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ _id: `e${n}`, event_type: "test", event_data: { n } }));

function folder(files: Readonly<Record<string, Buffer | string>>): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(cwd, "dump", name, ".."), { recursive: true });
    writeFileSync(join(cwd, "dump", name), content);
  }
  return "dump";
}

const importing = (...args: string[]) =>
  runHere(["import", "--url", `sqlite:${cwd}/lab.db`, "--naive-timezone", "UTC", ...args], { cwd });

async function stored(): Promise<StoredEvent[]> {
  await using store = await EventStore.open(`sqlite:${cwd}/lab.db`, { readOnly: true });
  return await store.find({ order: "oldest", includeArchived: true }).toArray();
}

test("documents of every MADSci version become events; archived ones stay archived, with their time", async () => {
  folder({ "madsci_events/events.bson": bson(OLD), "madsci_events/events.metadata.json": "{}" });
  const run = await importing("dump");
  expect(run).toMatchObject({ code: 0 });
  expect(run.stderr).toContain("dump/madsci_events/events.bson: a mongodump collection");
  expect(run.stderr).toContain("4 read: 4 stored, 0 duplicate, 0 conflict, 0 invalid, 2 archived");
  expect(await stored()).toMatchObject([
    { _id: "v05", event_type: "experiment_cancelled", event_timestamp: "2025-06-01T10:00:00.500000", archived: false },
    {
      _id: "v06",
      log_level: 40,
      alert: true,
      source: { node_id: NODE },
      event_data: { big: 9007199254740993n, text: "é 😀", list: [1, { deep: null }] },
    },
    {
      _id: "v07",
      archived: true,
      archived_at: "2026-04-01T00:00:00.123000Z",
      event_timestamp: OLD[2]?.event_timestamp,
    },
    { _id: "text", archived: true, archived_at: "2026-04-02T00:00:00Z" },
  ]);
  expect((await importing("dump")).stderr).toContain("4 read: 0 stored, 4 duplicate");
});

test.skipIf(mongoSkip)(
  "a dump goes into a MongoDB database with the same events, archived ones with their time",
  async () => {
    const database = newDatabase();
    onTestFinished(() => dropDatabase(database));
    folder({ "events.bson": bson(OLD) });
    const where = ["--url", String(mongoUrl), "--database-name", database, "--naive-timezone", "UTC"];
    const first = await runHere(["import", "dump", ...where], { cwd });
    expect(first).toMatchObject({ code: 0 });
    expect(first.stderr).toContain("4 read: 4 stored, 0 duplicate, 0 conflict, 0 invalid, 2 archived");
    await importing("dump");
    await using store = await EventStore.open(String(mongoUrl), { database, naiveTimezone: "UTC" });
    const there = await store.find({ order: "oldest", includeArchived: true }).toArray();
    const essence = ({ received_at, skew_ms, ...event }: StoredEvent) => event;
    expect(there.map(essence)).toEqual((await stored()).map(essence));
    expect((await runHere(["import", "dump", ...where], { cwd })).stderr).toContain("4 read: 0 stored, 4 duplicate");
  },
);

test("what no event can have is mended and counted", async () => {
  folder({ "events.bson.gz": gzipSync(bson([{ _id: new BSON.ObjectId("65f000000000000000000001"), log_level: 25 }])) });
  const run = await importing("dump");
  expect(run).toMatchObject({ code: 0 });
  expect(run.stderr).toContain("1 stored, 0 duplicate, 0 conflict, 0 invalid, 1 repaired");
  expect(await stored()).toMatchObject([{ _id: "65f000000000000000000001", log_level: 20 }]);
});

test("of several collections the one of events is taken, or the one that is named", async () => {
  folder({
    "lab/events.bson": bson(numbered(3)),
    "lab/schema_versions.bson": bson([{ version: "1.0.0" }]),
    "lab/other.bson": bson(numbered(5)),
  });
  expect((await importing("dump")).stderr).toContain("3 read: 3 stored");
  expect((await importing("dump/lab", "--collection", "other")).stderr).toContain("5 read: 2 stored, 3 duplicate");
  expect((await importing("dump/lab/other.bson")).stderr).toContain("5 read: 0 stored, 5 duplicate");
  const none = await importing("dump", "--collection", "missing");
  expect(none).toMatchObject({ code: 2 });
  expect(none.stderr).toContain('no collection "missing" but lab/events.bson, lab/other.bson');
  folder({ "second/events.bson": bson(numbered(1)) });
  expect((await importing("dump")).stderr).toContain(
    'more than one collection "events": lab/events.bson, second/events.bson; name one of these files',
  );
});

test("a dump that is cut off is imported as far as it goes, and says at which byte it ends", async () => {
  const whole = bson(numbered(500));
  folder({ "events.bson": whole.subarray(0, whole.length - 3) });
  const run = await importing("dump");
  expect(run).toMatchObject({ code: 1 });
  const last = bson(numbered(499)).length;
  expect(run.stderr).toContain(
    `is damaged at byte ${last}: the last document is cut off; everything before it is stored`,
  );
  expect(await stored()).toHaveLength(499);
  // The whole file then goes on behind what is there.
  folder({ "events.bson": whole });
  expect(await importing("dump")).toMatchObject({ code: 0 });
  expect(await stored()).toHaveLength(500);
});

test("a length that is none ends the reading there; a document that is only odd inside is refused alone", async () => {
  const odd = Buffer.from(BSON.serialize({ _id: "odd" }));
  odd[4] = 0x77;
  folder({
    "events.bson": Buffer.concat([bson(numbered(2)), odd, bson([{ _id: "after" }]), Buffer.from([1, 2, 3, 4, 5, 6])]),
  });
  const run = await importing("dump");
  expect(run).toMatchObject({ code: 1 });
  const at = bson(numbered(2)).length;
  expect(run.stderr).toContain(`events.bson byte ${at}: invalid: no readable BSON document`);
  expect(run.stderr).toContain("67305985 is no length of a document");
  expect((await stored()).map(({ _id }) => _id).sort()).toEqual(["after", "e0", "e1"]);
});

test("mongodump --archive is told apart", async () => {
  writeFileSync(join(cwd, "a.archive"), Buffer.from([0x6d, 0xe2, 0x99, 0x81, 0, 0, 0, 0]));
  const run = await importing("a.archive");
  expect(run).toMatchObject({ code: 2 });
  expect(run.stderr).toContain("a.archive was made by mongodump --archive");
});
