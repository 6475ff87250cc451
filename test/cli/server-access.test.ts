import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EventStore } from "../../src/store/store.ts";
import { scripted, sendJson } from "../client/setup.ts";
import { openServer, type TestServer } from "../rest/server.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

/** Received at the same time by both stores, so that what they answer is the same to the letter. */
const now = () => new Date("2025-03-01T00:00:00Z");
const EVENTS = Array.from({ length: 1200 }, (_, i) => ({
  _id: `e${i}`,
  event_type: i % 3 === 0 ? "node_error" : "node_start",
  log_level: i % 3 === 0 ? 40 : 20,
  event_timestamp: new Date(Date.UTC(2025, 0, 1) + i * 60_000),
  event_data: { message: `step ${i}`, plate: `P-${i % 20}` },
}));

let server: TestServer;
let url: string;
let cwd: string;

beforeAll(async () => {
  cwd = project();
  server = await openServer({ storeOptions: { now }, rateLimit: { enabled: false } });
  url = await server.app.listen({ port: 0, host: "127.0.0.1" });
  await using local = await EventStore.open(`sqlite:${cwd}/.madsci/events/events.db`, { now });
  for (const store of [server.store, local]) await store.append(EVENTS);
});

afterAll(() => server[Symbol.asyncDispose]());

/** Here (a file) and there (a server). */
async function both(...argv: string[]) {
  const here = await runHere(argv, { cwd });
  const there = await runHere([...argv, "--server", url], { cwd });
  return { here, there };
}

describe("with --server a command does what it does with a database", () => {
  test.each([
    ["query", "--json", "--limit", "7"],
    ["query", "--json", "--limit", "0", "--order", "oldest"],
    ["query", "--level", "error", "--since", "2025-01-01T10:00:00Z", "--until", "2025-01-01T12:00:00Z"],
    ["query", '{"event_data.plate":"P-7"}', "--where", '{"log_level":{"$lt":40}}', "--format", "table", "--utc"],
    ["query", "--grep", "/^step 1\\d$/", "--json"],
    ["query", "--fields", "event_type,log_level", "--json", "--limit", "3"],
    ["count"],
    ["count", "--level", "error", "--grep", "p-1"],
    ["get", "e7", "e3"],
    ["get", "e7", "nobody", "--json"],
    ["query", '{"$where":"1"}'],
    ["archive", "--level", "error", "--dry-run"],
  ])("%s %s %s %s %s %s", async (...argv) => {
    const { here, there } = await both(...argv.filter((one) => one !== undefined));
    const cursorless = (text: string) => text.replace(/--cursor \S+/, "--cursor");
    expect(there.stdout).toBe(here.stdout);
    expect(there.code).toBe(here.code);
    if (here.code === 0) expect(cursorless(there.stderr)).toBe(cursorless(here.stderr));
  });

  test("a query goes on at the cursor it ended with", async () => {
    const first = await runHere(["query", "--limit", "600", "--server", url], { cwd });
    const cursor = /--cursor (\S+)/.exec(first.stderr)?.[1] ?? "";
    const rest = await runHere(["query", "--limit", "0", "--cursor", cursor, "--server", url], { cwd });
    const ids = `${first.stdout}${rest.stdout}`
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)._id);
    expect(ids).toEqual(EVENTS.map(({ _id }) => _id).reverse());
  });

  test("archive and purge reach all that is meant", async () => {
    const { here, there } = await both("archive", "--type", "node_error", "--yes");
    expect(there).toEqual(here);
    expect(there.stdout).toBe("400 events archived\n");
    const halfDay = await runHere(["purge", "--older-than", "12h", "--yes", "--server", url], { cwd });
    expect(halfDay).toMatchObject({ code: 2 });
    expect(halfDay.stderr).toContain("whole days");
    const purged = await both("purge", "--older-than", "0d", "--yes");
    expect(purged.there).toEqual(purged.here);
    expect(purged.there.stdout).toBe("400 events deleted\n");
    expect((await both("count")).there.stdout).toBe("800\n");
  });
});

describe("a server that cannot be had", () => {
  test("ends with 4 and its address", async () => {
    const { code, stderr } = await runHere(["count", "--server", "http://localhost:9"], { cwd });
    expect(code).toBe(4);
    expect(stderr).toContain("http://localhost:9");
  });

  test.each([
    ["count"],
    ["query", "--json"],
    ["get", "a"],
    ["archive", "--level", "error", "--yes"],
    ["purge", "--older-than", "0d", "--yes"],
    ["export", "foreign.ndjson"],
  ])("%s ends with 4 where what answers is no event server", async (...argv) => {
    const foreign = await scripted((_request, response) => sendJson(response, 200, { hello: "world" }));
    const given = argv.filter((one) => one !== undefined);
    const { code, stdout, stderr } = await runHere([...given, "--server", foreign], { cwd });
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toContain(`${foreign} answers, but not as an event server`);
  });

  test.each(["lab:8001", "ftp://lab", ""])("%j is refused as an address", async (address) => {
    const { code, stderr } = await runHere(["count", "--server", address], { cwd });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("--server takes the URL") });
  });

  test("EVENT_SERVER_URL does not turn a look at a database into one at a server", async () => {
    const env = { EVENT_SERVER_URL: "http://localhost:9" };
    expect(await runHere(["count"], { cwd, env })).toMatchObject({ code: 0, stdout: "800\n" });
  });
});
