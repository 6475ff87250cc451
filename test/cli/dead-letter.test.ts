import { appendFileSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { ensureBuilt } from "./run.ts";
import { Bench, line, NOWHERE } from "./ship-run.ts";

beforeAll(ensureBuilt);

let bench: Bench;
let dlq: string;
beforeEach(() => {
  bench = new Bench();
  dlq = join(bench.spools, "dlq");
});
afterEach(() => bench.stop());

/** Sends lines to a server that refuses those with a type it does not know. */
async function refused(...types: string[]): Promise<void> {
  const server = await bench.serve({ strictEventTypes: true });
  const input = types.map((event_type, n) => `${line(n, { event_type })}\n`).join("");
  const ended = await bench.here(["ship", "--url", server.url, "--spool-dir", bench.spools], { input });
  expect(ended.code).toBe(0);
  expect(ended.stderr).toContain(`${types.length} dead-lettered`);
  await server.stop();
}

/** As if it had been written by a process that is long gone. */
function age(): void {
  const then = new Date(Date.now() - 3_600_000);
  for (const name of readdirSync(dlq)) utimesSync(join(dlq, name), then, then);
}

const listed = async () =>
  (await bench.here(["dead-letter", "ls", "--json", dlq])).stdout
    .split("\n")
    .filter(Boolean)
    .map((text) => JSON.parse(text));

test("ls shows what was refused; replay sends it when the server takes it, under its own id, and it is gone", async () => {
  await refused("odd", "odder");
  const letters = await listed();
  expect(letters.map(({ event }) => event.event_type)).toEqual(["odd", "odder"]);
  const { stdout } = await bench.here(["dead-letter", "ls", dlq]);
  expect(stdout).toMatch(/^ID +TIME +LEVEL +TYPE +REASON +MESSAGE\n/);
  expect(stdout).toContain(letters[0].id);
  expect(stdout).toContain("line 1");
  age();
  const { url } = await bench.serve();
  const replayed = await bench.run(["dead-letter", "replay", dlq, "--url", url]);
  expect(replayed).toMatchObject({ code: 0, stderr: "madsci-events: 2 dead letter(s) stored, 0 refused again\n" });
  expect((await bench.stored()).map(({ _id }) => _id)).toEqual(letters.map(({ id }) => id));
  expect(await listed()).toEqual([]);
  expect(readdirSync(dlq)).toEqual([]);
});

test("what is refused again stays with the new reason, and the exit code says so", async () => {
  await refused("odd");
  const [file] = readdirSync(dlq) as [string];
  const server = await bench.serve();
  const letter = JSON.parse(readFileSync(join(dlq, file), "utf8"));
  const other = JSON.stringify({ ...letter.event, event_data: { other: true } });
  const headers = { "content-type": "application/json" };
  expect((await fetch(`${server.url}/event`, { method: "POST", headers, body: other })).status).toBe(200);
  const { code, stderr } = await bench.here(["dead-letter", "replay", dlq, "--url", server.url]);
  expect(code).toBe(2);
  expect(stderr).toContain("its id holds another event");
  expect(await listed()).toMatchObject([{ id: letter.event._id, reason: "its id holds another event" }]);
});

test("replay takes some by id, and leaves everything when nobody answers", async () => {
  await refused("odd", "odder");
  const [first, second] = (await listed()).map(({ id }) => id) as [string, string];
  const away = await bench.here(["dead-letter", "replay", dlq, "--url", NOWHERE, "--give-up-ms", "400"]);
  expect(away.code).toBe(4);
  expect(await listed()).toHaveLength(2);
  const { url } = await bench.serve();
  expect((await bench.here(["dead-letter", "replay", dlq, "--url", url, "--id", second])).code).toBe(0);
  expect((await listed()).map(({ id }) => id)).toEqual([first]);
  expect(await bench.stored()).toHaveLength(1);
  expect(await bench.here(["dead-letter", "replay", dlq, "--url", url, "--id", second])).toMatchObject({ code: 1 });
});

test("discard takes ids or all; a letter that comes meanwhile is kept, and half of one is no letter", async () => {
  await refused("odd", "odder");
  const [file] = readdirSync(dlq) as [string];
  const path = join(dlq, file);
  const [first] = await listed();
  expect(await bench.here(["dead-letter", "discard", dlq])).toMatchObject({ code: 2, stdout: "" });
  expect(await bench.here(["dead-letter", "discard", dlq, "--id", first.id, "--all"])).toMatchObject({ code: 2 });
  expect(await listed()).toHaveLength(2);
  const discarded = await bench.here(["dead-letter", "discard", dlq, "--id", first.id]);
  expect(discarded).toMatchObject({ code: 0, stderr: "madsci-events: 1 dead letter(s) discarded\n" });
  expect((await bench.here(["dead-letter", "discard", dlq, "--all"])).code).toBe(0);
  expect(await listed()).toEqual([]);
  // Its writer may still be there.
  const late = JSON.stringify({ ...first, event: { ...first.event, _id: "01JYKZDPANTNRYXF5TQKRJS0F2" } });
  appendFileSync(path, `${late}\n{"at":`);
  age();
  expect((await listed()).map(({ id }) => id)).toEqual(["01JYKZDPANTNRYXF5TQKRJS0F2"]);
  expect((await bench.here(["dead-letter", "discard", dlq, "--all"])).code).toBe(0);
});

test("a file whose writer lives stays, with the list of what is settled", async () => {
  await refused("odd");
  expect((await bench.here(["dead-letter", "discard", dlq, "--all"])).code).toBe(0);
  expect(readdirSync(dlq)).toHaveLength(2);
  age();
  const name = "01JYKZDPANTNRYXF5TQKRJS0F2-0001.ndjson.done";
  writeFileSync(join(dlq, name), "");
  await bench.here(["dead-letter", "replay", dlq, "--url", NOWHERE]);
  expect(readdirSync(dlq)).toEqual([]);
});

test("without DIR it looks where ship puts them; what is not there is nothing, or named", async () => {
  const { code, stdout } = await bench.here(["dead-letter", "ls"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^no dead letters in .*state\/madsci-events\/.*\/dlq\n$/);
  expect(await bench.here(["dead-letter", "replay", "--url", NOWHERE])).toMatchObject({ code: 0 });
  expect(await bench.here(["dead-letter", "ls", "nowhere"])).toMatchObject({ code: 2, stdout: "" });
  mkdirSync(dlq, { recursive: true });
  expect(await bench.here(["dead-letter", "replay", dlq, "--id", "x", "--url", NOWHERE])).toMatchObject({ code: 1 });
});
