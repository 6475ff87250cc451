/** A transport in this process: its options, its helpers, and what it says. Workers that die: test/fault. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import pino from "pino";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { EventStore } from "../../src/store/store.ts";
import { createTransport, type TransportOptions, type TransportStream } from "../../transports/pino.ts";
import { ensureBuilt, project } from "../cli/run.ts";

beforeAll(ensureBuilt);

const PROGRAM = fileURLToPath(new URL("../transports/programs/supervised.mjs", import.meta.url));

const transports: TransportStream[] = [];
afterEach(() => Promise.all(transports.splice(0).map(ended)));

/** Also when it has ended before. */
async function ended(transport: TransportStream): Promise<void> {
  transport.end();
  await new Promise<void>((resolve) => transport.once("close", resolve).flush(() => setImmediate(resolve)));
  await flushed(transport);
}

function intoFile(more: Partial<TransportOptions> = {}) {
  const file = join(project(), "lab.db");
  const transport = createTransport({ url: `sqlite:${file}`, spool: { dir: join(project(), "spool") }, ...more });
  transports.push(transport);
  return { file, transport };
}

const flushed = (stream: { flush(done: () => void): void }) => new Promise<void>((resolve) => stream.flush(resolve));

async function eventsIn(file: string) {
  await using store = await EventStore.open(`sqlite:${file}`, { readOnly: true });
  const found = [];
  for await (const event of store.find({ order: "oldest" })) found.push(event);
  return found;
}

/** A program of its own with the plan given; what it told. */
async function run(plan: object, { flags = [], env = {} }: { flags?: string[]; env?: Record<string, string> } = {}) {
  const file = join(project(), "lab.db");
  const options = { url: `sqlite:${file}`, spool: { dir: join(project(), "spool") } };
  const args = [...flags, PROGRAM, JSON.stringify({ options, ...plan })];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
  return { file, told: JSON.parse(stdout || "{}"), stderr };
}

describe("options", () => {
  const url = "http://127.0.0.1:9";
  it.each<[object, string]>([
    [{}, "url is required"],
    [{ url: 5 }, "url is required"],
    [{ url: [] }, "url is required"],
    [{ url: "ftp://x" }, "url must be"],
    [{ url: "memory:" }, "a store in memory"],
    [{ url, eventIds: "app" }, "eventIds"],
    [{ url, handoff: "later" }, "handoff"],
    [{ url, stats: 1 }, "stats"],
    [{ url, statsFile: "" }, "statsFile"],
    [{ url, auth: "x" }, "auth must be"],
    [{ url, auth: { user: "x" } }, 'unknown option "auth.user"'],
    [{ url, auth: { token: "a" }, token: "b" }, "token or auth"],
    [{ url, mapModule: "relative.mjs" }, "mapModule must be an absolute path"],
    [{ url, mapModule: "/no/such/module.mjs" }, "mapModule /no/such/module.mjs does not exist"],
    [{ url, batchSize: 3 }, 'unknown option "batchSize"'],
    [{ url, batch: { maxEvent: 3 } }, 'unknown option "batch.maxEvent"'],
    [{ url, spool: { fsync: "often" } }, "spool.fsync"],
    [{ url, levelMap: { 35: "loud" } }, "levelMap.35"],
    [{ url, source: { node_id: "7" } }, "source.node_id"],
  ])("%j is refused by name", (options, message) => {
    expect(() => createTransport(options as TransportOptions)).toThrow(
      expect.objectContaining({ code: "EVT_INVALID_OPTION" }),
    );
    expect(() => createTransport(options as TransportOptions)).toThrow(message);
  });
});

describe("a transport", () => {
  it("has helpers that work by themselves", async () => {
    const { file, transport } = intoFile();
    const { stream, write, flush, flushSync, stats, installShutdown, traceMixin } = transport;
    const remove = installShutdown();
    pino({ mixin: traceMixin }, stream).info("one");
    write('{"level":30,"msg":"two"}\n');
    flushSync();
    await new Promise<void>((resolve) => flush(() => resolve()));
    expect(stats()).toMatchObject({ in: 2, acknowledged: 2, pending: 0 });
    remove();
    expect(await eventsIn(file)).toHaveLength(2);
  });

  it("tells how it goes after every flush, as an event and in a file", async () => {
    const statsFile = join(project(), "stats.json");
    const { transport } = intoFile({ statsFile });
    const told: object[] = [];
    transport.on("stats", (stats) => told.push(stats));
    const log = pino(transport);
    for (let round = 1; round <= 3; round++) {
      log.info("line");
      await flushed(transport);
      expect(transport.stats()).toMatchObject({ in: round, acknowledged: round, link: "online", spool: "ok" });
      expect(told.at(-1)).toEqual(transport.stats());
      expect(JSON.parse(readFileSync(statsFile, "utf8"))).toMatchObject({ in: round });
    }
    await ended(transport);
    expect(JSON.parse(readFileSync(statsFile, "utf8"))).toMatchObject({ in: 3, link: "closed" });
  });

  it("says nothing when not asked to", async () => {
    const { transport } = intoFile({ stats: false });
    pino(transport).info("line");
    await flushed(transport);
    expect(transport.stats()).toBeUndefined();
  });

  it("closes once, calls back whoever flushes meanwhile or afterwards", async () => {
    const { file, transport } = intoFile();
    let closed = 0;
    transport.on("close", () => closed++);
    const log = pino(transport);
    log.info("in time");
    const flushes = [flushed(transport), flushed(transport)];
    transport.end();
    transport.end();
    flushes.push(flushed(transport));
    await once(transport, "close");
    await Promise.all([...flushes, flushed(transport)]);
    expect([closed, (await eventsIn(file)).length]).toEqual([1, 1]);
  });

  it("keeps the places of lines it hands over at once", async () => {
    const { file, transport } = intoFile({ handoff: "sync" });
    const log = pino(transport);
    for (let n = 0; n < 3000; n++) log.info({ n });
    await flushed(transport);
    const events = await eventsIn(file);
    expect(events.map(({ event_data }) => (event_data as { n: number }).n)).toEqual(
      Array.from({ length: 3000 }, (_, n) => n),
    );
  });

  it("follows pino's keys and levels of its own, in the worker", async () => {
    const { file, transport } = intoFile({ levelMap: { 35: 30 } });
    const log = pino({ messageKey: "text", errorKey: "failure", customLevels: { audit: 35 }, base: null }, transport);
    log.audit({ failure: new RangeError("far") }, "checked");
    await flushed(transport);
    const [event] = await eventsIn(file);
    expect(event?.event_data).toMatchObject({ message: "checked", error: { type: "RangeError" } });
    expect(event?.log_level).toBe(30);
  });

  it("leaves no listener, thread or handler behind", async () => {
    const before = process.listenerCount("exit");
    const { transport } = intoFile();
    transport.installShutdown();
    pino(transport).info("line");
    await ended(transport);
    expect(process.listenerCount("exit")).toBe(before);
    expect(process.listenerCount("SIGTERM")).toBe(0);
  });
});

describe("where no worker can be started", () => {
  it.each([
    ["the target is not there", { overrides: { "madsci-events/pino": "/no/such/file.js" } }],
    ["pino's worker is not there", { overrides: { "thread-stream-worker": "/no/such/worker.js" } }],
    ["threads are refused", { refuse: true }],
    ["every worker fails at once", { broken: true }],
  ])("because %s, the work is done in process", async (_why, plan) => {
    const { file, told, stderr } = await run({ ...plan, lines: 200, pinoOptions: { messageKey: "text" } });
    expect(stderr).toContain("the worker died");
    expect(told).toMatchObject({ closed: 1, stats: { in: 200, acknowledged: 200 } });
    const events = await eventsIn(file);
    expect(new Set(events.map(({ event_data }) => (event_data as { n: number }).n)).size).toBe(200);
    expect(events).toHaveLength(200);
    expect(events[0]?.event_data).toMatchObject({ message: "line" });
  });

  it("tries again after 1 s, 2 s, 4 s", async () => {
    const { told } = await run({ refuse: true, lines: 1, forMs: 3600 });
    const [first, second, third] = told.attempts as [number, number, number];
    expect(told.attempts).toHaveLength(3);
    expect(Math.abs(second - first - 1000)).toBeLessThan(400);
    expect(Math.abs(third - second - 2000)).toBeLessThan(400);
  });

  it("ends while a new worker is starting, and leaves none behind", async () => {
    const { file, told } = await run({ refuse: true, times: 1, lines: 50, forMs: 1010 });
    expect(told).toMatchObject({ closed: 1 });
    expect(await eventsIn(file)).toHaveLength(50);
  });
});

it("says that a line comes too late", async () => {
  const { told, stderr } = await run({ lines: 1, late: true });
  expect(told).toMatchObject({ closed: 1, stats: { in: 1 } });
  expect(stderr).toContain("a line was logged after the end and is lost");
});

describe("preloaded", () => {
  it.each([
    ["--import", (preload: string) => ({ flags: ["--import", preload] })],
    ["NODE_OPTIONS", (preload: string) => ({ env: { NODE_OPTIONS: `--import=${preload}` } })],
  ])("pino and a transport by %s are one worker, and the lines of both are stored", async (_how, how) => {
    const folder = project();
    const preload = join(folder, "preload.mjs");
    const file = join(folder, "preloaded.db");
    const marks = join(folder, "marks");
    const dist = fileURLToPath(new URL("../../dist/pino.js", import.meta.url));
    const options = JSON.stringify({ url: `sqlite:${file}`, spool: { dir: join(folder, "spool") } });
    writeFileSync(
      preload,
      `import { appendFileSync } from "node:fs";
      import { createTransport } from ${JSON.stringify(dist)};
      import { createRequire } from "node:module";
      const pino = createRequire(${JSON.stringify(dist)})("pino");
      appendFileSync(${JSON.stringify(marks)}, "x");
      pino(createTransport(${options})).info("from the preload");`,
    );
    const { file: own, told } = await run({ lines: 20 }, how(preload));
    expect(told).toMatchObject({ closed: 1 });
    expect(await eventsIn(own)).toHaveLength(20);
    // The preload runs in each of the two workers, too, and starts none there.
    expect(readFileSync(marks, "utf8").length).toBeLessThanOrEqual(3);
    expect((await eventsIn(file)).length).toBeGreaterThan(0);
  });
});
