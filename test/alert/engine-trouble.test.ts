/** An engine through restarts and a failing database: nothing is lost, and no timer notices. */
import { describe, expect, it } from "vitest";
import { EventStoreError } from "../../src/errors.ts";
import { EngineBench, NODE_ERROR, onlyIncident } from "./engine-bench.ts";
import { type Fate, FaultyRecords } from "./faulty-records.ts";
import { HOUR, MINUTE, SECOND } from "./lab.ts";

const away = () => Promise.reject(new EventStoreError("EVT_BACKEND_UNAVAILABLE", "the database is away"));

describe("an engine that is closed", () => {
  it("sends nothing any more, and closes twice", async () => {
    const bench = new EngineBench();
    const engine = await bench.start();
    bench.append();
    await bench.advance(SECOND);
    await Promise.all([engine.close(), engine.close()]);
    await engine.close();
    await engine.idle();
    bench.append();
    await bench.advance(HOUR);
    expect(bench.told).toEqual([]);
    expect(bench.clock.waiting).toBe(0);
  });

  it("leaves no timer behind that anybody would notice: those after it speak at the same instants", async () => {
    const said = async (restartsMs: readonly number[]) => {
      const receivers = { ops: { channels: ["ops"], escalate: [{ after: "15m", channels: ["pager"] }] } };
      const bench = new EngineBench({ rules: [{ ...NODE_ERROR, resolveAfter: "never" }], receivers });
      let engine = await bench.start();
      bench.append();
      for (const ms of [...restartsMs, 5 * HOUR]) {
        await bench.advance(bench.startMs + ms - bench.clock.now());
        if (ms === 100_000) bench.append();
        await bench.advance(0);
        await engine.close();
        engine = await bench.start();
      }
      await bench.close();
      return bench.told.map(({ atMs, notification }) => [atMs - bench.startMs, notification.notification_id]);
    };
    const undisturbed = await said([100_000]);
    // The repeat goes to the pager as well.
    const repeatMs = 330_000 + 4 * HOUR;
    expect(undisturbed.map(([atMs]) => atMs)).toEqual([30_000, 330_000, 900_000, repeatMs, repeatMs]);
    const disturbed = await said([1, 29_999, 30_000, 100_000, 329_999, 500_000, 899_999, 900_001, 2 * HOUR]);
    expect(disturbed).toEqual(undisturbed);
  });

  it("leaves what waits for silence waiting through short restarts, however it ends", async () => {
    const rules = [
      { ...NODE_ERROR, groupWait: "1s", resolveAfter: "15m" },
      { id: "gone", kind: "absence", select: { event_type: "beat" }, groupBy: "source.node_id", within: "2m" },
    ] as const;
    const bench = new EngineBench({ rules });
    bench.add();
    bench.add({ event_type: "beat" });
    for (let i = 0; i < 16; i++) {
      let dead = false;
      const fault = { fate: (): Fate => (dead ? "lost" : "done"), trouble: () => new Promise<never>(() => {}) };
      const engine = await bench.start({ records: new FaultyRecords(bench.memory, fault) });
      await bench.advance(59 * SECOND);
      if (i % 2) await engine.close();
      bench.engines.delete(engine);
      dead = true;
      await bench.advance(SECOND);
    }
    const at = (occasion: string) => bench.said().find((said) => said.startsWith(occasion));
    expect(bench.told.map(({ notification }) => notification.notice.incident.rule)).toContain("gone");
    expect(at("resolved")).toMatch(/^resolved@90[0-5]$/);
    await bench.close();
  });

  it("says what came due in between as soon as the next one starts, once", async () => {
    const bench = new EngineBench();
    const engine = await bench.start();
    bench.append();
    await bench.advance(10 * SECOND);
    await engine.close();
    await bench.advance(3 * HOUR);
    await bench.start();
    await bench.advance(14 * MINUTE);
    expect(bench.said()).toEqual([`firing@${10 + 3 * 3600}`]);
    await bench.advance(2 * MINUTE);
    // It was quiet while nobody looked; that proves nothing, so it is quiet from the restart on.
    expect(bench.said()[1]).toBe(`resolved@${10 + 3 * 3600 + 15 * 60}`);
    await bench.close();
  });
});

describe("a database that fails for a while", () => {
  it("costs time but no event and no message, and is told of once", async () => {
    const bench = new EngineBench();
    let isAway = false;
    const records = new FaultyRecords(bench.memory, { fate: () => (isAway ? "lost" : "done"), trouble: away });
    const engine = await bench.start({ records });
    bench.append();
    await bench.advance(10 * SECOND);
    isAway = true;
    bench.append();
    await bench.advance(10 * MINUTE);
    expect(bench.told).toEqual([]);
    expect(bench.warnings).toEqual(["alerts wait: the database is away"]);
    isAway = false;
    await bench.advance(30 * SECOND);
    expect(await onlyIncident(engine)).toMatchObject({ total: 2 });
    expect(bench.told.map(({ notification }) => notification.notice.incident.total)).toEqual([2]);
    isAway = true;
    await bench.advance(10 * SECOND);
    expect(bench.warnings.length).toBe(2);
    isAway = false;
    await bench.close();
  });

  it("that fails again and again costs nothing either, whether it has done what it failed at or not", async () => {
    const bench = new EngineBench();
    let state = 0;
    // One call of sixteen fails, in no order a round could fall in with.
    const fate = (): Fate => {
      if (state === 0) return "done";
      state = (state * 48_271) % 2_147_483_647;
      const chance = state / 2_147_483_647;
      return chance > 0.0625 ? "done" : chance > 0.03 ? "lost" : "unheard";
    };
    const engine = await bench.start({ records: new FaultyRecords(bench.memory, { fate, trouble: away }) });
    state = 1_234_567;
    for (let i = 0; i < 20; i++) {
      bench.append();
      await bench.advance(7 * SECOND);
    }
    await bench.advance(2 * HOUR);
    expect(engine.stats().errors).toBeGreaterThan(20);
    await bench.close();
    const after = await bench.start();
    await bench.advance(MINUTE);
    expect(await onlyIncident(after)).toMatchObject({ state: "closed", total: 20 });
    expect(bench.told.at(-1)?.notification).toMatchObject({
      occasion: "resolved",
      notice: { incident: { total: 20 } },
    });
    await bench.close();
  });

  it("does not stop an engine whose host program throws when it is warned", async () => {
    const bench = new EngineBench();
    let isAway = true;
    const records = new FaultyRecords(bench.memory, { fate: () => (isAway ? "lost" : "done"), trouble: away });
    isAway = false;
    await bench.start({ records });
    bench.warnings.push = () => {
      throw new Error("no room for warnings");
    };
    isAway = true;
    await bench.advance(10 * SECOND);
    isAway = false;
    bench.append();
    await bench.advance(MINUTE);
    expect(bench.told.length).toBe(1);
    await bench.close();
  });
});
