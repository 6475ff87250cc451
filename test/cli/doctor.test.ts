import { createHash } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { loadDriver } from "../../src/backend/sqlite/driver.ts";
import { bytesText, type Check, lengthText } from "../../src/cli/check.ts";
import { skewCheck } from "../../src/cli/check-events.ts";
import { roomCheck } from "../../src/cli/check-file.ts";
import { nodeCheck, packageChecks } from "../../src/cli/check-program.ts";
import { portCheck } from "../../src/cli/check-server.ts";
import { spoolChecks } from "../../src/cli/check-spools.ts";
import type { StoredEvent } from "../../src/event/event.ts";
import { EventStore } from "../../src/store/store.ts";
import { openServer } from "../rest/server.ts";
import { ensureBuilt, project } from "./run.ts";
import { runHere } from "./run-here.ts";
import { Bench, lines, NOWHERE } from "./ship-run.ts";

beforeAll(ensureBuilt);

let cwd: string;
let file: string;

beforeEach(() => {
  cwd = project();
  file = join(cwd, "events.db");
  writeFileSync(join(cwd, "event.settings.yaml"), "mongo_db_url: sqlite:events.db\nserver_url: http://localhost:0\n");
});

async function fill(events = 3): Promise<void> {
  await using store = await EventStore.open(`sqlite:${file}`, { onWarning: () => {} });
  await store.append(Array.from({ length: events }, () => ({ event_type: "test", event_data: "x".repeat(500) })));
}

interface Report {
  readonly ok: boolean;
  readonly failures: number;
  readonly warnings: number;
  readonly checks: readonly Check[];
}

/** The settings name the file by its path from the folder the command runs in. */
async function doctor(
  ...flags: string[]
): Promise<{ code: number | null; report: Report; of: (name: string) => Check[] }> {
  const url = flags.includes("--url") ? [] : ["--url", `sqlite:${file}`];
  const { code, stdout } = await runHere(["doctor", "--json", ...url, ...flags], { cwd });
  const report = JSON.parse(stdout) as Report;
  return { code, report, of: (name) => report.checks.filter((check) => check.name === name) };
}

/** Everything in the folder of a database, byte by byte. */
function contents(): string {
  const names = readdirSync(cwd, { recursive: true, encoding: "utf8" }).filter((name) => !/\.git$/.test(name));
  return names
    .map(
      (name) =>
        `${name} ${createHash("sha256")
          .update(readFileSync(join(cwd, name)))
          .digest("hex")}`,
    )
    .join("\n");
}

describe("doctor", () => {
  test("finds nothing wrong with a healthy store, and changes nothing", async () => {
    await fill();
    // A reader that stays: else SQLite's scratch files go whenever the last connection that was closed is collected.
    await using reader = await EventStore.open(`sqlite:${file}`, { readOnly: true });
    await reader.count();
    const before = contents();
    const { code, report, of } = await doctor();
    expect(report.checks.filter(({ state }) => state === "fail")).toEqual([]);
    expect({ code, ok: report.ok, failures: report.failures }).toEqual({ code: 0, ok: true, failures: 0 });
    expect(of("settings")[0]?.detail).toContain("event.settings.yaml");
    expect(of("database")[0]?.detail).toContain("the latest event came");
    expect(of("integrity")[0]?.detail).toContain("quick_check");
    expect(contents()).toBe(before);
  });

  test("prints a line for each thing it looked at, and what it comes to", async () => {
    await fill();
    const { stdout } = await runHere(["doctor", "--url", `sqlite:${file}`], { cwd });
    const lines = stdout.trim().split("\n");
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/^(ok {2}|warn) {2}[a-z]+ +\S/);
    expect(lines.at(-1)).toMatch(/^(all is well|works, with \d+ warnings?)$/);
  });

  test("takes a database that is not there yet for what it is, and makes none", async () => {
    const before = contents();
    const { code, of } = await doctor();
    expect(code).toBe(0);
    expect(of("writing")[0]).toMatchObject({ state: "ok", detail: expect.stringContaining("not there yet") });
    expect(contents()).toBe(before);
  });

  test("sees a writer, and a store that is free again", async () => {
    await fill();
    const store = await EventStore.open(`sqlite:${file}`);
    expect((await doctor()).of("writing")[0]?.detail).toContain("a writer has the file open");
    await store.close();
    expect((await doctor()).of("writing")[0]?.detail).toContain("free for a writer");
  });

  test("fails on a damaged file, with exit code 1", async () => {
    await fill(3000);
    const fd = openSync(file, "r+");
    for (let page = 20; page < 200; page++) writeSync(fd, Buffer.alloc(64, 0xff), 0, 64, page * 4096);
    closeSync(fd);
    const { code, of } = await doctor("--full");
    expect(code).toBe(1);
    expect(of("integrity")[0]).toMatchObject({ state: "fail", fix: expect.stringContaining("keep a copy") });
  });

  test("names a file of another program, and one of a newer version", async () => {
    await fill();
    const Database = await loadDriver();
    const ours = new Database(file);
    ours.exec("PRAGMA user_version = 99");
    ours.close();
    const newer = await doctor();
    expect(newer.code).toBe(1);
    expect(newer.of("database")[0]).toMatchObject({ state: "fail", fix: expect.stringContaining("version") });
    const other = join(cwd, "other.db");
    const foreign = new Database(other);
    foreign.exec("CREATE TABLE t (x)");
    foreign.close();
    const { of } = await doctor("--url", `sqlite:${other}`);
    expect(of("database")[0]?.detail).toContain("another program");
  });

  test("names a server of databases that does not answer, without its password", async () => {
    const { code, report, of } = await doctor("--url", "mongodb://user:hunter2@localhost:9/db");
    expect(code).toBe(1);
    expect(of("database")[0]).toMatchObject({ state: "fail", fix: expect.stringContaining("start the database") });
    expect(JSON.stringify(report)).not.toContain("hunter2");
  });

  test("names unknown keys and bad values, and goes on with the rest", async () => {
    writeFileSync(join(cwd, "event.settings.yaml"), "servr_url: http://a\nfrobnicate: 1\n");
    const unknown = await doctor();
    expect(unknown.of("settings").map(({ state, detail }) => `${state} ${detail}`)).toEqual([
      expect.stringMatching(/^ok .*event\.settings\.yaml$/),
      expect.stringMatching(/^warn servr_url in .* is not a setting and is ignored; did you mean server_url\?$/),
      expect.stringMatching(/^warn frobnicate in .* is not a setting and is ignored$/),
    ]);
    writeFileSync(join(cwd, "event.settings.yaml"), "rate_limit_window: never\n");
    const { code, of } = await doctor();
    expect(code).toBe(1);
    expect(of("settings")[0]).toMatchObject({ state: "fail", detail: expect.stringContaining("rate_limit_window") });
    expect(of("node")).toHaveLength(1);
    expect(of("spools")).toHaveLength(1);
    expect(of("database")).toEqual([]);
  });

  test("asks a server how it is", async () => {
    await using server = await openServer();
    const url = await server.app.listen({ port: 0, host: "127.0.0.1" });
    const { of } = await doctor("--server", url);
    expect(of("server")[0]).toMatchObject({ state: "ok", detail: expect.stringContaining("is healthy") });
    await server.store.close();
    const sick = await doctor("--server", url);
    expect(sick.code).toBe(1);
    expect(sick.of("server")[0]).toMatchObject({ state: "fail", detail: expect.stringContaining("says: ") });
    expect((await doctor("--server", "http://localhost:9")).of("server")[0]?.state).toBe("fail");
  });
});

describe("single checks", () => {
  test.each([
    ["20.18.9", "fail"],
    ["20.19.0", "ok"],
    ["18.20.0", "fail"],
    ["24.1.0", "ok"],
  ])("Node %s: %s", (version, state) => {
    expect(nodeCheck(version).state).toBe(state);
  });

  test("packages that are not installed are named where something needs them", () => {
    const none = () => false;
    expect(packageChecks("sqlite:x", () => true)).toMatchObject([{ state: "ok" }]);
    expect(packageChecks("sqlite:x", none)).toMatchObject([{ state: "warn", fix: expect.stringContaining("fastify") }]);
    expect(packageChecks("mongodb://h", none)[0]).toMatchObject({ state: "fail", fix: "npm install mongodb" });
    expect(packageChecks("sqlite:x", (name) => name !== "mongodb")).toMatchObject([{ state: "ok" }]);
  });

  test("a disk that runs full is a warning, then a failure", () => {
    const gib = 1024 ** 3;
    const state = (free: number, all: number) => roomCheck({ folder: "/", free: free * gib, all: all * gib }).state;
    expect([state(50, 100), state(10, 100), state(4, 100), state(0.5, 2)]).toEqual(["ok", "warn", "fail", "fail"]);
  });

  test("a clock that is ahead is named, a late event is not", () => {
    const from = (skew_ms: number, node_id: string) => ({ skew_ms, source: { node_id } }) as unknown as StoredEvent;
    expect(skewCheck([from(86_400_000, "late"), from(-900, "good")]).state).toBe("ok");
    const check = skewCheck([from(-7_200_000, "fast"), from(0, "good")]);
    expect(check).toMatchObject({ state: "warn", detail: expect.stringMatching(/1 of .* 2 h ahead: fast$/) });
  });

  test("a port is free, an event server's, or another program's", async () => {
    const host = "127.0.0.1";
    const other = createServer((_request, response) => response.end("hello")).listen(0, host);
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    expect(await portCheck({ host, port })).toMatchObject({ state: "warn", fix: expect.stringContaining("--port") });
    await new Promise((resolve) => other.close(resolve));
    expect(await portCheck({ host, port })).toMatchObject({ state: "ok", detail: expect.stringContaining("is free") });
    await using server = await openServer();
    await server.app.listen({ port, host });
    expect(await portCheck({ host, port })).toMatchObject({ state: "ok", detail: expect.stringContaining("already") });
  });

  test("lines of a dead process and refused events are told with the commands that look after them", async () => {
    const bench = new Bench();
    await bench.run(["ship", "--url", NOWHERE, "--spool-dir", bench.spools], { input: lines(70) });
    const dlq = join(bench.spools, "dlq");
    mkdirSync(dlq, { recursive: true });
    writeFileSync(join(dlq, "01ARZ3NDEKTSV4RRFFQ69G5FAV-00000001.ndjson"), '{"reason":"no","line":"x"}\n');
    const [waiting, letters] = await spoolChecks(bench.spools);
    expect(waiting).toMatchObject({ state: "warn", fix: `madsci-events spool drain ${bench.spools}` });
    expect(waiting?.detail).toMatch(/^70 lines of dead processes/);
    expect(letters).toMatchObject({ state: "warn", detail: expect.stringMatching(/^1 event in /) });
    expect((await doctor("--spool-dir", bench.spools)).of("spools")).toEqual([waiting]);
    await bench.stop();
  });

  test("an empty folder of spools is well", async () => {
    expect(await spoolChecks(cwd)).toMatchObject([{ name: "spools", state: "ok" }]);
  });

  test("sizes and lengths are short", () => {
    expect([0, 1023, 1536, 5 * 1024 ** 3, 300 * 1024 ** 2].map(bytesText)).toEqual([
      "0 B",
      "1023 B",
      "1.5 KiB",
      "5.0 GiB",
      "300 MiB",
    ]);
    expect([5, 2500, 90_000, -7_200_000, 172_800_000].map(lengthText)).toEqual(["5 ms", "3 s", "2 min", "2 h", "2 d"]);
  });
});
