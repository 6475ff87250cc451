import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createMapLine } from "../../src/ship/map.ts";
import { resolveShipOptions } from "../../src/ship/options.ts";
import { Shipper } from "../../src/ship/shipper.ts";
import { SendError } from "../../src/ship/sink.ts";
import { bundled } from "../helpers/bundled.ts";
import { fakeShipper, line, range, storedAll } from "./fakes.ts";
import { World } from "./ship-world.ts";

const LEAVES = bundled(
  "leaves",
  `import { createMapLine } from "./src/ship/map.ts";
   import { resolveShipOptions } from "./src/ship/options.ts";
   import { Shipper } from "./src/ship/shipper.ts";
   const options = resolveShipOptions({ spool: { dir: process.argv[2] } });
   const sink = { send: async () => { throw new Error("down"); }, close: async () => {} };
   new Shipper({ sink, options, mapping: {}, map: createMapLine({}), report: () => {} }).accept('{"n":1}\\n');`,
);

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("opening and closing", () => {
  it("again and again leaves no files, folders or memory behind", async () => {
    const dir = mkdtempSync(join(tmpdir(), "cycles-"));
    const options = resolveShipOptions({ spool: { dir } });
    const sink = {
      send: async (events: readonly unknown[]) => events.map(() => ({ status: "stored" as const })),
      close: async () => {},
    };
    const cycles = async (count: number) => {
      for (let at = 0; at < count; at++) {
        const shipper = new Shipper({ sink, options, mapping: {}, map: createMapLine({}), report: () => {} });
        shipper.accept(line(at));
        await shipper.close();
        await turn();
      }
    };
    const files = () => readdirSync("/proc/self/fd").length;
    try {
      await cycles(20);
      const before = process.platform === "linux" ? files() : 0;
      await cycles(200);
      if (process.platform === "linux") expect(files()).toBeLessThanOrEqual(before + 2);
      expect(readdirSync(dir)).toEqual([]);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it("is not needed for a process to end", () => {
    const dir = mkdtempSync(join(tmpdir(), "ends-"));
    const { status, stderr } = spawnSync(process.execPath, [LEAVES, dir], { timeout: 25_000, encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
    rmSync(dir, { recursive: true, force: true });
  }, 30_000);
});

describe("closing", () => {
  it("while a spool is being adopted leaves it to the next one", async () => {
    const world = new World({});
    world.mood = "down";
    world.accept(30, 10, 20);
    await world.restart();
    for (let at = 0; at < 5; at++) {
      for (let turns = 0; turns < at; turns++) await turn();
      await world.restart();
    }
    world.mood = "stored";
    await world.end();
    world.check();
    expect(world.stored.size).toBe(20);
    expect([...world.fs.folders].filter((folder) => /[0-9A-Z]{26}/.test(folder)).length).toBeLessThanOrEqual(1);
  });
});

describe("flush", () => {
  it("ends when the link is down and all is on disk, also when the spool is full", async () => {
    const world = new World({ spool: { maxBytes: 65_536, segmentBytes: 4096 } });
    world.mood = "down";
    for (let at = 0; at < 200; at++) world.accept(30, 150, 4);
    await world.advance(2000);
    let isDone = false;
    void world.shipper.flush().then(() => {
      isDone = true;
    });
    await world.advance(100);
    expect([isDone, world.shipper.flushSync()]).toEqual([true, true]);
  });

  it("in memory waits for the store", async () => {
    const { shipper, sink, clock } = fakeShipper();
    sink.answer = () => {
      throw new SendError("retry", "down");
    };
    for (const n of range(0, 3)) shipper.accept(line(n));
    let isDone = false;
    void shipper.flush().then(() => {
      isDone = true;
    });
    await clock.advance(5000);
    expect(isDone).toBe(false);
    sink.answer = storedAll;
    await clock.advance(31_000);
    expect(isDone).toBe(true);
  });
});
