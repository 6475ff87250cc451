/** What keeps a restore from harming a database: the wrong backup, a newer program's database, a migration under way. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Lease } from "../../src/backend/lease.ts";
import { writeBackup } from "../backup/outside-dump.ts";
import { mongoSkip, rawClient } from "../helpers/mongo.ts";
import { ENGINES, open, recordsOf, type TestPlace, used } from "../schema/setup.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

let cwd: string;
beforeEach(() => {
  cwd = project();
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const EVENTS = {
  events: [{ _id: "theirs", event_type: "log_info", log_level: 20, event_data: { message: "theirs" } }],
};
const clock = { now: () => Date.now(), elapsed: () => performance.now() };

const run = (
  { database, url }: TestPlace,
  command: readonly string[],
  flags: readonly string[],
  err?: (line: string) => void,
) => runHere([...command, "--database", database, "--db-url", url, ...flags], { cwd, ...(err && { err }) });

function firstLine() {
  let err: (line: string) => void = () => {};
  const said = new Promise<string>((resolve) => {
    err = resolve;
  });
  return { err, said };
}

async function eventsIn({ url, database }: TestPlace): Promise<unknown[]> {
  const client = await rawClient(url);
  const found = await client.db(database).collection("events").find().toArray();
  await client.close();
  return found.map(({ _id }) => _id);
}

async function idsIn(place: TestPlace): Promise<string[]> {
  const store = await open(place);
  const ids: string[] = [];
  for await (const event of store.find({})) ids.push(event._id);
  await store.close();
  return ids;
}

describe.each(ENGINES)("$name", ({ skip, place: newPlace }) => {
  it.skipIf(skip)("nothing is added to a database that a newer program has changed", async () => {
    const place = newPlace();
    await used(place);
    const records = await recordsOf(place);
    const newer = { version: "1.0.0+madsci-events.99", name: "later", breaking: true, checksum: "0".repeat(64) };
    await records.record({ ...newer, applied_at: new Date(), migration_notes: null });
    await records.close();
    const path = writeBackup(join(cwd, "b"), EVENTS, { database: place.database });
    const { code, stderr } = await run(place, ["backup", "restore"], [path]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("A newer program has changed this database")]);
    const after = await run(place, ["backup", "restore"], [path, "--drop"]);
    expect([after.code, await recordsCount(place)]).toEqual([0, place.url.startsWith("mongodb") ? 0 : 3]);
  });
});

async function recordsCount(place: TestPlace): Promise<number> {
  const records = await recordsOf(place, true);
  const { versions } = await records.facts();
  await records.close();
  return versions.length;
}

describe.skipIf(mongoSkip)("in MongoDB", () => {
  const mongo = () => ENGINES.find(({ name }) => name === "mongo")?.place() as TestPlace;

  it("migrate --restore-from refuses a backup of another database, and changes nothing", async () => {
    const place = mongo();
    await used(place);
    const before = await idsIn(place);
    const path = writeBackup(join(cwd, "b"), EVENTS, { database: "madsci_data" });
    const { code, stderr } = await run(place, ["migrate"], ["--restore-from", path]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("of the database madsci_data, not of")]);
    expect(stderr).toContain(`say --database madsci_data, or use backup restore … --into ${place.database} --drop`);
    expect(await idsIn(place)).toEqual(before);
  });

  it("backup restore refuses one too, and says what to do: that does it", async () => {
    const place = mongo();
    await used(place);
    const path = writeBackup(join(cwd, "b"), EVENTS, { database: "madsci_data" });
    const { code, stderr } = await run(place, ["backup", "restore"], [path]);
    const fix = `add --into ${place.database}; into madsci_data, --database madsci_data`;
    expect([code, stderr]).toEqual([1, expect.stringContaining(fix)]);
    const other = await run(place, ["backup", "restore"], [path, "--into", "elsewhere"]);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("leave out --database or say")]);
    const done = await run(place, ["backup", "restore"], [path, "--into", place.database]);
    expect([done.code, done.stderr]).toEqual([0, ""]);
    expect(await idsIn(place)).toEqual(expect.arrayContaining(EVENTS.events.map(({ _id }) => _id)));
  });

  it.each([
    [["backup", "restore"], ["--drop"]],
    [["migrate"], []],
  ])("%j waits for a migration before it replaces a database, and its places are forgotten", async (command, flags) => {
    const place = mongo();
    await used(place);
    const records = await recordsOf(place);
    const state = records.state;
    if (state === undefined) throw new Error("MongoDB has a lease");
    const lease = new Lease(state, "migrate", clock, { owner: "a migration", ttlMs: 60_000, renewMs: 10_000 });
    expect(await lease.keep()).toBe(true);
    const cursor = { _id: "cursor:1:documents", version: 1, state: "cursor", dueMs: null, updatedMs: 0 };
    await state.write("state", [{ ...cursor, body: { ended: true } }]);
    const path = writeBackup(join(cwd, "b"), EVENTS, { database: place.database });
    const { err, said } = firstLine();
    const restoring = run(
      place,
      command,
      [...(command[0] === "migrate" ? ["--restore-from"] : []), path, ...flags],
      err,
    );
    expect(await said).toContain("waiting for it");
    expect(await eventsIn(place)).not.toContain("theirs");
    await lease.release();
    expect((await restoring).code).toBe(0);
    expect(await state.read("state", [cursor._id])).toEqual([]);
    expect(await eventsIn(place)).toEqual(["theirs"]);
  });
});
