import { describe, expect, it } from "vitest";
import { SPOOL, World } from "./ship-world.ts";
import type { Call, MemoryFileSystem } from "./spool/memory-file-system.ts";

const world = (options = {}) =>
  new World({ spool: { segmentBytes: 4096, maxBytes: 1_048_576 }, batch: { maxEvents: 50 }, ...options });

function failing(fs: MemoryFileSystem, code: string, calls: readonly Call[]): void {
  fs.fails = (call) => (calls.includes(call) ? code : undefined);
}

async function deliversAll(one: World): Promise<void> {
  one.mood = "stored";
  one.disk("ok");
  for (let at = 0; at < 10; at++) await one.advance(31_000);
  expect(one.shipper.stats()).toMatchObject({ pending: 0, dropped: 0, spool: "ok" });
  await one.end();
  one.check();
}

describe("a disk that fails", () => {
  const cases: [string, string, Call[]][] = [
    ["takes no writes", "ENOSPC", ["write"]],
    ["is read-only", "EROFS", ["open", "write", "makeFolder", "rename", "remove", "writeFile", "truncate"]],
    ["is not ours", "EACCES", ["open", "makeFolder", "list", "readFile", "writeFile"]],
    ["breaks", "EIO", ["write", "sync", "syncLater", "truncate"]],
  ];
  for (const [what, code, calls] of cases) {
    it(`keeps lines in memory while it ${what}, and goes back to it in order`, async () => {
      const one = world();
      one.mood = "down";
      one.accept(30, 50, 20);
      await one.advance(2000);
      failing(one.fs, code, calls);
      for (let at = 0; at < 5; at++) one.accept(30, 50, 30);
      await one.advance(3000);
      expect(one.shipper.stats().spool).toBe("degraded");
      expect(one.shipper.stats().memoryBytes).toBeGreaterThan(0);
      one.disk("ok");
      await one.advance(6000);
      one.accept(30, 50, 3);
      expect(one.shipper.stats()).toMatchObject({ spool: "ok", memoryBytes: 0 });
      await deliversAll(one);
    });
  }

  it("as the process starts is tried again, and what was sent meanwhile is not missed", async () => {
    const one = world();
    failing(one.fs, "EACCES", ["makeFolder"]);
    await one.restart();
    one.accept(30, 50, 40);
    await one.advance(1000);
    expect(one.shipper.stats()).toMatchObject({ acknowledged: 40, spool: "degraded" });
    one.disk("ok");
    await one.advance(6000);
    one.mood = "down";
    one.accept(30, 50, 5);
    expect(one.shipper.stats().spool).toBe("ok");
    await one.crash();
    await deliversAll(one);
    expect(one.reports()).toEqual([]);
  });

  it("in the middle of a write leaves no torn frame behind", async () => {
    const one = world();
    one.mood = "down";
    for (let at = 0; at < 40; at++) {
      one.fs.fill(at * 13);
      one.accept(30, 40, 4);
      one.disk("ok");
      await one.advance(5000);
      one.accept(30, 40);
    }
    await one.crash();
    expect(one.mayBeLost.size).toBe(0);
    await one.advance(11_000);
    await deliversAll(one);
    expect(one.said.join("\n")).not.toContain("damaged");
  });

  it("does not confirm, which is said and costs nothing", async () => {
    const one = world();
    one.disk("no-sync");
    one.accept(60, 10);
    one.accept(30, 10, 100);
    await one.advance(2000);
    await deliversAll(one);
    expect(one.said.join("\n")).toMatch(/does not confirm|EIO/);
  });

  it("sheds the least important lines from memory, exactly counted, and tells the store once", async () => {
    const one = world({ memory: { maxBytes: 20_000 } });
    one.mood = "down";
    one.disk("read-only");
    await one.restart();
    for (let at = 0; at < 60; at++) for (const level of [20, 30, 50]) one.accept(level, 100, 1);
    const { dropped, droppedBy, memoryBytes } = one.shipper.stats();
    expect([memoryBytes <= 20_000, dropped > 0, droppedBy]).toEqual([true, true, { memory: dropped }]);
    one.disk("ok");
    await one.advance(6000);
    one.mood = "stored";
    await one.advance(31_000);
    expect(one.shipper.stats()).toMatchObject({ pending: 0, dropped });
    await one.end();
    one.check();
    const reports = one.reports().filter(({ reason }) => reason === "memory");
    expect(reports.reduce((sum, { count }) => sum + count, 0)).toBe(dropped);
    const levels = [...one.stored.values()].map(({ log_level }) => log_level);
    expect(levels.filter((level) => level === 40).length).toBeGreaterThanOrEqual(60);
  });
});

describe("a spool folder that is taken away", () => {
  it("is made anew with all that is not sent", async () => {
    const one = world();
    one.mood = "down";
    for (let at = 0; at < 20; at++) one.accept(30, 100, 10);
    await one.advance(1000);
    one.fs.vanish(SPOOL);
    one.accept(30, 100, 10);
    await one.advance(6000);
    expect(one.fs.below(SPOOL).length).toBeGreaterThan(2);
    await one.crash();
    await one.advance(11_000);
    await deliversAll(one);
  });

  it("while a file is being read loses nothing", async () => {
    const one = world();
    one.mood = "down";
    for (let at = 0; at < 20; at++) one.accept(30, 100, 10);
    await one.advance(2000);
    one.mood = "stored";
    one.fs.vanish(SPOOL);
    one.accept(30, 100, 10);
    await one.advance(6000);
    await deliversAll(one);
  });

  it("at the end is made anew as well", async () => {
    const one = world();
    one.mood = "down";
    one.accept(30, 100, 10);
    await one.advance(2000);
    one.fs.vanish(SPOOL);
    await one.restart();
    await one.advance(11_000);
    await deliversAll(one);
  });
});

describe("a disk that does not give back", () => {
  it("costs the lines it holds, counted, and nothing else", async () => {
    const one = world();
    one.mood = "down";
    for (let at = 0; at < 30; at++) one.accept(30, 100, 10);
    await one.advance(2000);
    const bad = one.fs.below(SPOOL).filter(([path]) => path.endsWith(".seg"))[8]?.[0];
    one.fs.fails = (call, path) => (call === "read" && path === bad ? "EIO" : undefined);
    one.mood = "stored";
    await one.advance(62_000);
    const { dropped, pending } = one.shipper.stats();
    expect(dropped).toBeGreaterThan(0);
    expect(pending).toBe(0);
    await one.end();
    one.check();
  });
});

describe("modes", () => {
  it("overflow writes to disk only what memory cannot hold, and the rest at the end", async () => {
    const one = world({ spool: { mode: "overflow", maxBytes: 1_048_576 }, memory: { maxBytes: 10_000 } });
    one.mood = "down";
    one.accept(30, 100, 20);
    await one.advance(1000);
    expect(one.fs.below(SPOOL).some(([path]) => path.endsWith(".seg"))).toBe(false);
    one.accept(30, 100, 200);
    expect(one.shipper.stats().memoryBytes).toBe(0);
    one.accept(30, 100, 20);
    await one.restart();
    expect(one.mayBeLost.size).toBe(0);
    await one.advance(11_000);
    await deliversAll(one);
  });

  it("off touches no disk", async () => {
    const one = world({ spool: { mode: "off" } });
    const before = one.fs.files.size;
    one.accept(30, 100, 20);
    await one.advance(2000);
    expect([one.fs.files.size, one.shipper.stats().spool, one.shipper.flushSync()]).toEqual([before, "off", false]);
  });
});
