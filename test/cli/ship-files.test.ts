import { once } from "node:events";
import { copyFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { ensureBuilt, start } from "./run.ts";
import { Bench, line, lines, NOWHERE } from "./ship-run.ts";

beforeAll(ensureBuilt);

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.stop());

const file = (name: string, content: string | Buffer): string => {
  writeFileSync(join(bench.cwd, name), content);
  return name;
};
const ids = (events: readonly { readonly _id: string }[]) => events.map(({ _id }) => _id);

test("a file shipped again, renamed, copied, packed or grown is stored once", async () => {
  const { url } = await bench.serve();
  file("app.log", lines(1500));
  const first = await bench.run(["ship", "--url", url, "app.log"]);
  expect(first).toMatchObject({ code: 0, stdout: "" });
  expect(first.stderr).toBe(
    "madsci-events: 1500 line(s): 1500 acknowledged (0 known already), 0 dead-lettered, 0 dropped\n",
  );
  const stored = ids(await bench.stored());
  copyFileSync(join(bench.cwd, "app.log"), join(bench.cwd, "copy.log"));
  renameSync(join(bench.cwd, "app.log"), join(bench.cwd, "app.log.1"));
  file("app.log.2.gz", gzipSync(lines(1500)));
  const again = await bench.here(["ship", "--url", url, "app.log.1", "copy.log", "app.log.2.gz"]);
  expect(again.stderr).toContain("4500 line(s): 4500 acknowledged (4500 known already)");
  expect(ids(await bench.stored())).toEqual(stored);
  file("app.log.1", lines(1600));
  expect((await bench.here(["ship", "--url", url, "app.log.1"])).stderr).toContain("(1500 known already)");
  expect(await bench.stored()).toHaveLength(1600);
});

test("lines without a time get the same id and time every time: that of the line before, else 1970", async () => {
  const { url } = await bench.serve();
  const text = `no time\n\n${line(5)}\n  at trace\r\n{"msg":"neither"}\nno time`;
  file("a.log", text);
  file("b.log", `${text}\n`);
  await bench.here(["ship", "--url", url, "a.log"]);
  const first = await bench.stored();
  const again = await bench.here(["ship", "--url", url, "b.log", "a.log"]);
  expect(again.stderr).toContain("10 line(s): 10 acknowledged (10 known already)");
  expect(await bench.stored()).toEqual(first);
  const told = first.map(({ event_timestamp, event_data }) => [event_timestamp, event_data.message, event_data.seq]);
  expect(told.sort((a, b) => Number(a[2]) - Number(b[2]))).toEqual([
    ["1970-01-01T00:00:00Z", "no time", 1],
    ["2023-11-14T22:13:20.005000Z", "line 5", 3],
    ["2023-11-14T22:13:20.005000Z", "  at trace", 4],
    ["2023-11-14T22:13:20.005000Z", "neither", 5],
    ["2023-11-14T22:13:20.005000Z", "no time", 6],
  ]);
  expect(new Set(first.map(({ event_data }) => event_data.sender)).size).toBe(1);
});

test("a line keeps the ULID it brings, and another mapping makes no second copy", async () => {
  const { url } = await bench.serve();
  const _id = "01JYKZDPANTNRYXF5TQKRJS0F2";
  file("app.log", `${line(1, { _id })}\n${line(2, { kind: "odd" })}\n`);
  await bench.here(["ship", "--url", url, "app.log"]);
  const first = await bench.stored();
  expect(ids(first)).toContain(_id);
  const map = ["--map", "event_type={kind}", "--map", "event_timestamp=2020-01-01T00:00:00Z"];
  const again = await bench.here(["ship", "--url", url, ...map, "app.log"]);
  expect(again).toMatchObject({ code: 0 });
  expect(again.stderr).toContain("(2 known already)");
  expect(await bench.stored()).toEqual(first);
});

test("a line of 50 MB is a dead letter, one of 2 MB an event that is cut; the others are not held up", async () => {
  const { url } = await bench.serve();
  file(
    "app.log",
    Buffer.concat([
      Buffer.from(`${line(1)}\n`),
      Buffer.alloc(50_000_000, "x"),
      Buffer.from(`\n"${"y".repeat(2_000_000)}"\n${line(2)}`),
    ]),
  );
  const ended = await bench.here(["ship", "--url", url, "app.log", "--spool-dir", bench.spools]);
  expect(ended.code).toBe(0);
  expect(ended.stderr).toContain("4 line(s): 3 acknowledged (0 known already), 1 dead-lettered, 0 dropped");
  const letters = await bench.here(["dead-letter", "ls", "--json", join(bench.spools, "dlq")]);
  expect(JSON.parse(letters.stdout)).toMatchObject({ reason: "the line is too long", bytes: 50_000_000 });
});

test("waits for a server that is away, and goes on when it is back", async () => {
  const server = await bench.serve();
  const { url } = server;
  await server.stop();
  file("app.log", lines(1200));
  const child = start(["ship", "--url", url, "--retry-max-ms", "200", "app.log"], bench.options);
  let stderr = "";
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  await expect.poll(() => stderr, { timeout: 20_000 }).toContain("trying again");
  await bench.serve({}, Number(new URL(url).port));
  const [code] = await once(child, "close");
  expect(code).toBe(0);
  expect(await bench.stored()).toHaveLength(1200);
});

test("Ctrl-C stops it, says how far it came, and ends with 4", async () => {
  file("app.log", lines(10));
  const child = start(["ship", "--url", NOWHERE, "app.log"], bench.options);
  let stderr = "";
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  await expect.poll(() => stderr, { timeout: 20_000 }).toContain("trying again");
  child.kill("SIGINT");
  const [code] = await once(child, "close");
  expect(code).toBe(4);
  expect(stderr).toContain("error: stopped before the first line; the same command goes on from there");
});

test("a packed file that is cut is shipped as far as it goes, and ends with 1", async () => {
  const { url } = await bench.serve();
  const whole = gzipSync(lines(5000));
  file("cut.log.gz", whole.subarray(0, whole.length - 2000));
  const { code, stderr } = await bench.here(["ship", "--url", url, "cut.log.gz"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/\nerror: .*cut\.log\.gz cannot be read to its end/);
  expect((await bench.stored()).length).toBeGreaterThan(1000);
});

test("memory does not grow with the file, however slow the server is", async () => {
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const results = text
      .trimEnd()
      .split("\n")
      .map(() => ({ status: "stored" }));
    setTimeout(() => response.end(JSON.stringify({ results })), 20);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  file("big.log", `${line(1, { text: "x".repeat(20_000) })}\n`.repeat(3600));
  const options = { ...bench.options, env: { ...bench.options.env, NODE_OPTIONS: "--max-old-space-size=64" } };
  const child = start(["ship", "--url", url, "--compression", "none", "big.log"], options);
  let stderr = "";
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  const [code] = await once(child, "close");
  server.close();
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("3600 acknowledged") });
});
