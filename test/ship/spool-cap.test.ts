import { describe, expect, it } from "vitest";
import { LEVEL } from "../../src/event/levels.ts";
import type { Overflow } from "../../src/ship/options.ts";
import { SPOOL, World } from "./ship-world.ts";
import type { MemoryFileSystem } from "./spool/memory-file-system.ts";

function world(overflow: Overflow, maxBytes: number): World {
  const one = new World({ spool: { maxBytes, segmentBytes: 4096 }, overflow, batch: { maxEvents: 50 } });
  one.mood = "down";
  return one;
}

function bytesOnDisk(fs: MemoryFileSystem): number {
  return fs.below(SPOOL).reduce((sum, [path, { bytes }]) => sum + (path.endsWith(".seg") ? bytes.length : 0), 0);
}

function storedOf(one: World, level: number): number {
  return [...one.stored.values()].filter((event) => event.event_type !== "log_dropped" && event.log_level === level)
    .length;
}

async function delivered(one: World): Promise<void> {
  one.mood = "stored";
  await one.advance(62_000);
  expect(one.shipper.stats().pending).toBe(0);
}

describe("a full spool", () => {
  for (const maxBytes of [65_536, 262_144, 1_048_576]) {
    it(`of ${maxBytes} bytes keeps to its size, drops the least important lines and counts them exactly`, async () => {
      const one = world("shed-by-level", maxBytes);
      const rounds = Math.ceil(maxBytes / 400);
      let errors = 0;
      let largest = 0;
      for (let at = 0; at < rounds; at++) {
        one.accept(20, 150, 4);
        if (at % 8 === 0) one.accept(30, 150, 1);
        if (at % 20 === 0) {
          one.accept(50, 150, 1);
          errors += 1;
        }
        largest = Math.max(largest, bytesOnDisk(one.fs));
        if (at % 100 === 0) await one.advance(500);
      }
      expect(largest).toBeLessThanOrEqual(maxBytes * 1.01);
      const { dropped, droppedBy, spoolBytes } = one.shipper.stats();
      expect(dropped).toBeGreaterThan(0);
      expect(droppedBy).toEqual({ full: dropped });
      expect(spoolBytes).toBe(bytesOnDisk(one.fs));
      await delivered(one);
      expect(storedOf(one, LEVEL.ERROR)).toBe(errors);
      expect(storedOf(one, LEVEL.DEBUG)).toBeLessThan(rounds * 4);
      await one.end();
      one.check();
      expect(one.reports().reduce((sum, { count }) => sum + count, 0)).toBe(dropped);
    });
  }

  it("keeps its last tenth for errors", async () => {
    const one = world("shed-by-level", 65_536);
    for (let at = 0; at < 500; at++) one.accept(40, 150, 4);
    expect(bytesOnDisk(one.fs)).toBeLessThanOrEqual(65_536 * 0.9 + 1000);
    for (let at = 0; at < 400; at++) one.accept(50, 150, 1);
    await delivered(one);
    expect(storedOf(one, LEVEL.ERROR)).toBeGreaterThan(200);
    await one.end();
    one.check();
  });

  it("drops the oldest, or the newest, when told", async () => {
    for (const overflow of ["drop-oldest", "drop-newest"] as const) {
      const one = world(overflow, 65_536);
      for (let at = 0; at < 300; at++) one.accept(30, 150, 4);
      await delivered(one);
      const numbers = [...one.stored.values()].map(({ event_data }) => (event_data as { n?: number }).n);
      expect(numbers.includes(1199)).toBe(overflow === "drop-oldest");
      await one.end();
      one.check();
    }
  });

  it("for a day of a dead server stays small: errors are kept, debug is gone, all is counted", async () => {
    const one = world("shed-by-level", 262_144);
    let errors = 0;
    for (let minute = 0; minute < 1440; minute++) {
      for (let at = 0; at < 8; at++) one.accept(20, 150, 1);
      if (minute % 3 === 0) one.accept(30, 150, 1);
      if (minute % 5 === 0) {
        one.accept(50, 150, 1);
        errors += 1;
      }
      if (minute % 60 === 0) await one.advance(60_000);
    }
    const files = one.fs.below(SPOOL).filter(([path]) => path.endsWith(".seg"));
    expect(bytesOnDisk(one.fs)).toBeLessThanOrEqual(262_144 * 1.01);
    expect(one.fs.openFiles).toBeLessThan(80);
    expect(files.length).toBeLessThan(400);
    const { dropped } = one.shipper.stats();
    await one.restart();
    await one.advance(11_000);
    await delivered(one);
    expect(storedOf(one, LEVEL.ERROR)).toBe(errors);
    await one.end();
    one.check();
    expect(one.reports().reduce((sum, { count }) => sum + count, 0)).toBe(dropped);
  }, 60_000);

  it("of debug only, shed for long, does not fill up with holes", () => {
    const one = world("shed-by-level", 65_536);
    for (let at = 0; at < 300; at++) one.accept(40, 150, 1);
    for (let at = 0; at < 3000; at++) one.accept(20, 10, 1);
    expect(bytesOnDisk(one.fs)).toBeLessThan(65_536);
    expect(one.shipper.stats().dropped).toBeGreaterThanOrEqual(2900);
  });
});

describe("what was dropped", () => {
  it("is told once for each reason and minute, with levels and places", async () => {
    const one = world("shed-by-level", 65_536);
    for (let at = 0; at < 200; at++) one.accept(at % 2 === 0 ? 20 : 30, 150, 4);
    const { dropped } = one.shipper.stats();
    await delivered(one);
    await one.end();
    const [report, ...more] = [...one.stored.values()].filter(({ event_type }) => event_type === "log_dropped");
    expect(more).toEqual([]);
    const data = report?.event_data as {
      by_level: Record<string, number>;
      first_seq: number;
      last_seq: number;
      count: number;
    };
    expect(report?.log_level).toBe(LEVEL.ERROR);
    expect(Object.values(data.by_level).reduce((sum, count) => sum + count, 0)).toBe(dropped);
    expect(data.count).toBe(dropped);
    expect(data.by_level.DEBUG).toBeGreaterThan(data.by_level.INFO ?? 0);
    expect(data.first_seq).toBeGreaterThanOrEqual(1);
    expect(data.last_seq).toBeLessThanOrEqual(800);
  });

  it("survives a crash, and is inherited once", async () => {
    const one = world("shed-by-level", 65_536);
    for (let at = 0; at < 300; at++) one.accept(20, 150, 4);
    await one.advance(1100);
    const { dropped } = one.shipper.stats();
    await one.crash();
    await one.advance(11_000);
    await one.crash();
    await one.advance(11_000);
    one.mood = "stored";
    await one.end();
    expect(one.reports()).toMatchObject([{ reason: "full", count: dropped }]);
    one.check();
  });
});

describe("a piece of very many lines", () => {
  it("is nothing special, not even for a full spool", () => {
    const one = world("shed-by-level", 65_536);
    one.shipper.accept("a\n".repeat(400_000));
    one.shipper.accept("b\n".repeat(400_000));
    const { in: taken, dropped, pending, spool } = one.shipper.stats();
    expect([taken, dropped + pending, spool]).toEqual([800_000, 800_000, "full"]);
    expect(bytesOnDisk(one.fs)).toBeLessThanOrEqual(65_536);
  });
});
