import { mkdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, expect, test } from "vitest";
import type { StoredEvent } from "../../src/event/event.ts";
import { EventStore } from "../../src/store/store.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

let cwd: string;
beforeEach(() => {
  cwd = project();
});

const file = (name: string, content: string | Buffer): string => {
  writeFileSync(join(cwd, name), content);
  return name;
};
const importing = (args: string[], input?: string) =>
  runHere(["import", "--url", `sqlite:${cwd}/lab.db`, ...args], { cwd, ...(input === undefined ? {} : { input }) });

async function stored(): Promise<StoredEvent[]> {
  await using store = await EventStore.open(`sqlite:${cwd}/lab.db`, { readOnly: true });
  return await store.find({ order: "oldest", includeArchived: true }).toArray();
}

const event = (n: number, more: object = {}) =>
  `${JSON.stringify({ _id: `e${n}`, event_timestamp: `2025-01-01T10:00:${String(n % 60).padStart(2, "0")}Z`, event_data: { n }, ...more })}\n`;
const events = (count: number) => Array.from({ length: count }, (_, n) => event(n)).join("");

test("what was imported once is known the second time, whatever the file is called or packed as", async () => {
  file("a.ndjson", events(3000));
  expect(await importing(["a.ndjson"])).toEqual({
    code: 0,
    stdout: "",
    stderr: "a.ndjson: NDJSON\nmadsci-events: 3000 read: 3000 stored, 0 duplicate, 0 conflict, 0 invalid\n",
  });
  file("b", gzipSync(events(3000)));
  const again = await importing(["a.ndjson", "b"]);
  expect(again).toMatchObject({ code: 0 });
  expect(again.stderr).toContain("6000 read: 0 stored, 6000 duplicate");
  expect(await stored()).toHaveLength(3000);
});

test("lines without an id are stored once too, and files that differ in their first line do not meet", async () => {
  const line = `${JSON.stringify({ event_data: "tick", event_timestamp: "2025-01-01T10:00:00" })}\n`;
  file("a.ndjson", event(1) + line + line);
  file("b.ndjson", event(2) + line + line);
  expect((await importing(["a.ndjson", "b.ndjson"])).stderr).toContain("6 read: 6 stored");
  renameSync(join(cwd, "a.ndjson"), join(cwd, "c.ndjson"));
  expect((await importing(["c.ndjson"])).stderr).toContain("3 read: 0 stored, 3 duplicate");
});

test("a bad line is refused with its place and reason, its neighbours are stored, and --rejects keeps all of them", async () => {
  file(
    "a.ndjson",
    `${event(1)}{"cut\n\n${event(1, { event_data: "other" })}${event(3, { log_level: "loud" })}${event(4)}`,
  );
  const run = await importing(["a.ndjson", "--rejects", "refused.ndjson"]);
  expect(run.code).toBe(1);
  expect(run.stderr).toContain("5 read: 2 stored, 0 duplicate, 1 conflict, 2 invalid");
  expect(run.stderr).toContain("a.ndjson line 2: invalid: not valid JSON");
  expect(run.stderr).toContain("a.ndjson line 4: conflict: the database holds another event with this id");
  expect(run.stderr).toContain("a.ndjson line 5: invalid: invalid event: log_level");
  const rejects = readFileSync(join(cwd, "refused.ndjson"), "utf8").trimEnd().split("\n");
  expect(rejects.map((line) => JSON.parse(line))).toMatchObject([
    { file: "a.ndjson", place: "line 2", status: "invalid", text: '{"cut' },
    { place: "line 4", status: "conflict" },
    { place: "line 5", status: "invalid" },
  ]);
  expect((await stored()).map(({ _id }) => _id)).toEqual(["e1", "e4"]);
});

test("only the first reasons are told", async () => {
  file("a.ndjson", event(1) + "{}}\n".repeat(50));
  const { stderr } = await importing(["a.ndjson"]);
  expect(stderr.match(/not valid JSON/g)).toHaveLength(5);
  expect(stderr).toContain("and 45 more that were refused; --rejects FILE collects all of them");
});

test("archived events stay archived, with their time, also where they were stored before", async () => {
  file("plain.ndjson", event(1) + event(2));
  await importing(["plain.ndjson"]);
  const gone = { archived: true, archived_at: "2025-02-03T04:05:06.789000Z" };
  file("a.ndjson", event(1, gone) + event(2) + event(3, { archived: true, archived_at: "2025-02-03T00:00:00" }));
  const run = await importing(["a.ndjson"]);
  expect(run.stderr).toContain("3 read: 1 stored, 2 duplicate, 0 conflict, 0 invalid, 2 archived");
  expect((await stored()).map(({ _id, archived_at }) => [_id, archived_at])).toEqual([
    ["e1", gone.archived_at],
    ["e2", null],
    ["e3", "2025-02-03T00:00:00Z"],
  ]);
});

test("stdin is read, packed or not", async () => {
  expect(await importing(["-"], events(3))).toMatchObject({ code: 0, stdout: "" });
  expect(await stored()).toHaveLength(3);
});

test("a folder of MADSci's logs is read from the oldest on", async () => {
  mkdirSync(join(cwd, "logs"));
  const line = (second: number, more = "") =>
    `2026-11-25T10:00:0${second}.5Z [info     ] entry ${second}                        event_type=log_info${more}\n`;
  file("logs/robot.log", line(3));
  file("logs/robot.log.1.gz", gzipSync(line(2)));
  file("logs/robot.log.2.gz", gzipSync(line(1)));
  for (const name of ["robot.log", "robot.log.1.gz", "robot.log.2.gz"]) utimesSync(join(cwd, "logs", name), 1e9, 1e9);
  const run = await importing(["logs"]);
  expect(run).toMatchObject({ code: 0 });
  expect(run.stderr.split("\n").slice(0, 3)).toEqual(
    ["robot.log.2.gz", "robot.log.1.gz", "robot.log"].map((name) => `logs/${name}: a MADSci log file`),
  );
  // Log rotation renames and packs; a line keeps its id.
  file("logs/robot.log.1.gz", gzipSync(line(3)));
  file("logs/robot.log", line(4));
  expect((await importing(["logs"])).stderr).toContain("3 read: 1 stored, 2 duplicate");
  expect((await stored()).map(({ event_data }) => (event_data as { message: string }).message)).toEqual(
    [1, 2, 3, 4].map((n) => `entry ${n}`),
  );
});

test.each([
  [["missing"], "missing does not exist"],
  [["words.txt"], "words.txt looks like none of NDJSON, a MADSci log file or a mongodump folder"],
  [["array.json"], "array.json holds one JSON array; store it with madsci-events append < array.json"],
  [["empty"], "empty holds neither a dump (*.bson) nor log files (*.log, *.ndjson)"],
  [["a.ndjson", "-"], "- (stdin) cannot be combined with files"],
  [["a.ndjson", "--rejects", "no/where"], "--rejects no/where cannot be written (ENOENT)"],
  [["a.ndjson", "--from-format", "csv"], "Allowed choices are auto, ndjson, madsci-log, mongodump"],
])("%j is refused before anything is stored", async (args, words) => {
  file("words.txt", "just words\nand more\n");
  file("array.json", '[{"_id":"a"}]');
  file("a.ndjson", event(1));
  mkdirSync(join(cwd, "empty"));
  const run = await importing([...args]);
  expect(run).toMatchObject({ code: 2, stdout: "" });
  expect(run.stderr).toContain(words);
});

test("a packed file that is cut is imported as far as it goes, and ends with 1", async () => {
  const packed = gzipSync(events(20_000));
  file("a.ndjson.gz", packed.subarray(0, packed.length / 2));
  const run = await importing(["a.ndjson.gz"]);
  expect(run.code).toBe(1);
  expect(run.stderr).toContain("a.ndjson.gz cannot be read to its end (Z_BUF_ERROR); everything before that is stored");
  expect((await stored()).length).toBeGreaterThan(1000);
});
