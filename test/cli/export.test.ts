import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { BSON } from "mongodb";
import { beforeEach, describe, expect, test } from "vitest";
import { ExportFile, type ExportFileOptions } from "../../src/cli/export-file.ts";
import type { Event } from "../../src/event/event.ts";
import { EventStore } from "../../src/store/store.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

const NODE = "01JNDE00000000000000000001";
const EVENTS = [
  { _id: "naive", event_timestamp: "2025-01-01T10:00:00", event_data: { message: "é 😀 \u2028", none: null } },
  {
    _id: "big",
    event_type: "node_start",
    log_level: 40,
    alert: true,
    event_timestamp: "2025-01-02T10:00:00.000001+05:30",
    source: { node_id: NODE },
    event_data: { small: 1, wide: 2 ** 40, beyond: 9007199254740993n, more: 2n ** 70n, real: 1.5, huge: 1e300 },
  },
  { _id: "old", event_timestamp: "2025-01-03T10:00:00Z", event_data: [1, ["two", { $odd: "a.b" }], ""] },
  { _id: "text", event_timestamp: "2025-01-04T10:00:00Z", event_data: "plain", trace_id: "x", span_id: "y" },
];

let cwd: string;
beforeEach(async () => {
  cwd = project();
  await using store = await EventStore.open(`sqlite:${cwd}/lab.db`, { naiveTimezone: "UTC" });
  await store.append(EVENTS);
  await store.archive({ ids: ["old"], at: "2025-06-07T08:09:10.111Z" });
});

const command = (...args: string[]) =>
  runHere([...args, "--url", `sqlite:${cwd}/lab.db`, "--naive-timezone", "UTC"], { cwd });

async function eventsIn(database: string): Promise<Event[]> {
  await using store = await EventStore.open(`sqlite:${cwd}/${database}`, { readOnly: true, naiveTimezone: "UTC" });
  const all = await store.find({ order: "oldest", includeArchived: true }).toArray();
  return all.map(({ received_at, skew_ms, ...event }) => event);
}

describe.each([
  ["lab.ndjson", []],
  ["lab.ndjson.gz", ["--gzip"]],
  ["dump", ["--to-format", "mongodump"]],
  ["dump", ["--to-format", "mongodump", "--gzip"]],
])("export to %s %j", (name, flags) => {
  test("comes back as it was: archive, long integers, any text", async () => {
    const run = await command("export", name, "--include-archived", ...flags);
    expect(run).toMatchObject({ code: 0, stdout: "", stderr: `madsci-events: 4 event(s) written to ${name}\n` });
    const back = await runHere(["import", name, "--url", `sqlite:${cwd}/back.db`, "--naive-timezone", "UTC"], { cwd });
    expect(back).toMatchObject({ code: 0 });
    expect(back.stderr).toContain("4 read: 4 stored, 0 duplicate, 0 conflict, 0 invalid, 1 archived");
    expect(await eventsIn("back.db")).toEqual(await eventsIn("lab.db"));
  });

  test("a file that is there stays as it is without --force", async () => {
    await command("export", name, ...flags);
    const again = await command("export", name, ...flags);
    expect(again).toMatchObject({ code: 2 });
    expect(again.stderr).toContain(`${name} is there already; name another, or add --force`);
    const forced = await command("export", name, "--force", ...flags);
    expect(forced.stderr).toBe(`madsci-events: 3 event(s) written to ${name}, without archived ones\n`);
  });
});

test("takes the flags of query, in time order, to stdout too", async () => {
  const run = await command("export", "-", "--level", "error");
  expect(run).toMatchObject({ code: 0 });
  expect(JSON.parse(run.stdout)).toMatchObject({ _id: "big", source: { node_id: NODE } });
  const archived = await command("export", "-", '{"archived":true}');
  expect(archived.stdout).toContain('"_id":"old"');
  expect(archived.stderr).toBe("madsci-events: 1 event(s) written to stdout\n");
});

test("a dump holds the documents our stores hold, and what makes it a database for MADSci's server", async () => {
  await command("export", "dump", "--to-format", "mongodump", "--include-archived", "--database-name", "lab");
  const bytes = readFileSync(join(cwd, "dump/lab/events.bson"));
  const first = BSON.deserialize(bytes.subarray(0, bytes.readInt32LE(0)));
  expect(first).toMatchObject({ _id: "naive", event_timestamp: "2025-01-01T10:00:00", archived_at: null });
  expect(first.received_at).toBeInstanceOf(Date);
  expect(String(first.ts)).toBe("1735725600000000");
  const metadata = JSON.parse(readFileSync(join(cwd, "dump/lab/events.metadata.json"), "utf8"));
  expect(metadata.indexes.map(({ name }: { name: string }) => name)).toEqual([
    "_id_",
    "event_timestamp_1",
    "log_level_1",
    "archived_1",
    "archived_1_archived_at_1",
  ]);
  expect(BSON.deserialize(readFileSync(join(cwd, "dump/lab/schema_versions.bson")))).toMatchObject({
    version: "1.0.0",
  });
});

test.each([
  [["export", "-", "--to-format", "mongodump"], "a dump is a folder; name one instead of -"],
  [["export", "-", "--resume"], "--resume needs a file; stdout starts over"],
  [["export", "no/where.ndjson"], "no/where.ndjson cannot be written (ENOENT)"],
  [["export", "x", '{"$where":"1"}'], "$where"],
])("%j is refused", async (args, words) => {
  const run = await command(...args);
  expect(run).toMatchObject({ code: 2, stdout: "" });
  expect(run.stderr).toContain(words);
  expect(existsSync(join(cwd, "x"))).toBe(false);
});

describe("an export that was interrupted", () => {
  const BLOCK = Buffer.from(`${"x".repeat(1_048_576)}\n`);
  const given = (more: Partial<ExportFileOptions> = {}): ExportFileOptions => {
    const path = join(cwd, "out");
    return { path, name: "out", isPacked: false, isForced: false, isResumed: false, request: "r", ...more };
  };

  test.each([false, true])("goes on behind what counts (packed: %s)", async (isPacked) => {
    const file = await ExportFile.open(given({ isPacked }));
    await file.add([BLOCK], 7, "cursor 1");
    await file.add([Buffer.from("not yet a block")], 1, "cursor 2");
    expect(await file.leave()).toBe("the same command with --resume goes on after 7 event(s)");
    expect(existsSync(join(cwd, "out"))).toBe(false);
    writeFileSync(join(cwd, "out.partial"), "half a block", { flag: "a" });

    const next = await ExportFile.open(given({ isPacked, isResumed: true }));
    expect([next.cursor, next.events]).toEqual(["cursor 1", 7]);
    await next.add([Buffer.from("the rest\n")], 2, undefined);
    await next.finish();
    const bytes = readFileSync(join(cwd, "out"));
    expect((isPacked ? gunzipSync(bytes) : bytes).equals(Buffer.concat([BLOCK, Buffer.from("the rest\n")]))).toBe(true);
    expect([existsSync(join(cwd, "out.partial")), existsSync(join(cwd, "out.partial.json"))]).toEqual([false, false]);
  });

  test("starts over without --resume, and refuses to go on with other flags", async () => {
    const file = await ExportFile.open(given());
    await file.add([BLOCK], 7, "cursor 1");
    await file.leave();
    await expect(ExportFile.open(given({ isResumed: true, request: "other" }))).rejects.toThrow("with other flags");
    const next = await ExportFile.open(given());
    expect([next.cursor, next.events]).toEqual([undefined, 0]);
    await next.leave();
  });
});
