/** One leads at a time, whoever stalls, dies or has a wrong clock. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryRecords } from "../../src/alert/memory-records.ts";
import { Lease } from "../../src/backend/lease.ts";
import { VirtualClock } from "../alert/virtual-clock.ts";

const TIMES = { ttlMs: 15_000, renewMs: 5000 };

function holder(records: MemoryRecords, owner: string, clock = new VirtualClock()) {
  return { clock, lease: new Lease(records, "alerting", clock, { owner, ...TIMES }) };
}

describe("a lease", () => {
  it("goes to the first that asks, and to nobody else while it is renewed", async () => {
    const records = new MemoryRecords();
    const [a, b] = [holder(records, "a"), holder(records, "b")];
    expect(await a.lease.keep()).toBe(true);
    for (let i = 0; i < 10; i++) {
      for (const { clock } of [a, b]) await clock.advance(5000);
      expect(await a.lease.keep()).toBe(true);
      expect(await b.lease.keep()).toBe(false);
      expect([a.lease.mayLead(), b.lease.mayLead()]).toEqual([true, false]);
    }
  });

  it("is taken when nobody has renewed it for a ttl, with a higher fence", async () => {
    const records = new MemoryRecords();
    const [a, b] = [holder(records, "a"), holder(records, "b")];
    await a.lease.keep();
    expect(await b.lease.keep()).toBe(false);
    await b.clock.advance(14_999);
    expect(await b.lease.keep()).toBe(false);
    await b.clock.advance(1);
    expect(await b.lease.keep()).toBe(true);
    expect(b.lease.fence).toBeGreaterThan(a.lease.fence);
    expect(await a.lease.confirm()).toBe(false);
    expect(await a.lease.keep()).toBe(false);
    expect(a.lease.mayLead()).toBe(false);
  });

  it("is not trusted any more by its holder well before anybody else can have it", async () => {
    const { clock, lease } = holder(new MemoryRecords(), "a");
    await lease.keep();
    await clock.advance(9999);
    expect(lease.mayLead()).toBe(true);
    await clock.advance(1);
    expect(lease.mayLead()).toBe(false);
  });

  it("is free at once when its holder lets go", async () => {
    const records = new MemoryRecords();
    const [a, b] = [holder(records, "a"), holder(records, "b")];
    await a.lease.keep();
    await a.lease.release();
    expect(await b.lease.keep()).toBe(true);
  });

  it("does not care what time the wall clocks say", async () => {
    const records = new MemoryRecords();
    const [a, b] = [holder(records, "a"), holder(records, "b", new VirtualClock(Date.UTC(2031, 0)))];
    await a.lease.keep();
    b.clock.jump(-86_400_000);
    expect(await b.lease.keep()).toBe(false);
    a.clock.jump(3_600_000);
    expect(await a.lease.keep()).toBe(true);
    expect(a.lease.mayLead()).toBe(true);
  });

  it("is never trusted by two, and its fence never goes back, whatever stalls and dies", async () => {
    const step = fc.record({
      who: fc.nat(2),
      does: fc.constantFrom("keep", "confirm", "release", "die"),
      waitMs: fc.integer({ min: 0, max: 20_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const records = new MemoryRecords();
        const clock = new VirtualClock();
        const all = ["a", "b", "c"].map((owner) => holder(records, owner, clock));
        let fence = 0;
        for (const { who, does, waitMs } of steps) {
          await clock.advance(waitMs);
          if (does === "die") all[who] = holder(records, `${who} again`, clock);
          else await all[who]?.lease[does]();
          const leading = all.filter(({ lease }) => lease.mayLead());
          expect(leading.length).toBeLessThanOrEqual(1);
          for (const { lease } of leading) {
            expect(lease.fence).toBeGreaterThanOrEqual(fence);
            fence = lease.fence;
          }
        }
      }),
      { numRuns: process.env.FUZZ ? 2000 : 150 },
    );
  });
});
