/** An incident comes under a silence or an inhibition, and out of it, by what its events make of it. */
import { describe, expect, it } from "vitest";
import type { Alerts } from "../../src/alert/engine.ts";
import type { AlertOptions } from "../../src/alert/options.ts";
import type { Selector } from "../../src/event/selector/selector.ts";
import { EngineBench } from "./engine-bench.ts";
import { type EventChange, HOUR, MINUTE, SECOND } from "./lab.ts";

const TYPES = ["node_error", "manager_error"];
const NODE = {
  id: "node",
  select: { event_type: { $in: TYPES } },
  groupBy: "source.node_id",
  resolveAfter: "never",
  resolveWhen: { event_type: "node_start" },
} as const;
const STOP = {
  ...{ id: "stop", select: { event_type: "workcell_stop" }, severity: "error", groupBy: [] },
  ...{ resolveAfter: "never", groupWait: "0s", groupInterval: "7d", repeatInterval: "7d" },
} as const;
const MUTE = { id: "alert-level", enabled: false };
const FIRST = { event_type: "workcell_stop", source: { workcell_id: "w1" } };

function benchWith(target: object, equal: readonly string[] = []): EngineBench {
  const inhibit = [{ source: { rule: "stop" }, target: { rule: "node", ...target }, equal }];
  return new EngineBench({ rules: [NODE, STOP, MUTE], inhibit } as unknown as AlertOptions);
}

function silence(engine: Alerts, bench: EngineBench, selector: Selector, lastsMs = 20 * HOUR) {
  const ends_at = bench.startMs + lastsMs;
  return engine.silence({ selector, ends_at, author: "ada", comment: "maintenance" });
}

const node = async (engine: Alerts) => (await engine.incidents({ rule: "node" })).items[0];

describe("an inhibited incident", () => {
  it("is told as soon as it is what the inhibition does not reach", async () => {
    const bench = benchWith({ severity: { $ne: "critical" } });
    const engine = await bench.start();
    bench.append(FIRST);
    await bench.advance(SECOND);
    bench.append({ log_level: 40 });
    await bench.advance(10 * MINUTE);
    expect([bench.said(), (await node(engine))?.inhibited_by]).toEqual([["firing@0"], expect.any(String)]);
    bench.append({ log_level: 50 });
    await bench.advance(10 * SECOND);
    expect(bench.said()).toEqual(["firing@0", "firing@601"]);
    const { incident } = bench.told[1]!.notification.notice;
    expect(incident).toMatchObject({ rule: "node", severity: "critical", total: 2, inhibited_by: null });
    expect(await node(engine)).toMatchObject({ inhibited_by: null, next_notice_at: expect.any(String) });
    await bench.close();
  });

  it("is told once more where it was told before, after the wait of critical ones", async () => {
    const bench = benchWith({ severity: { $ne: "critical" } });
    await bench.start();
    bench.append({ log_level: 40 });
    await bench.advance(MINUTE);
    bench.append(FIRST);
    await bench.advance(MINUTE);
    bench.append({ log_level: 50 });
    await bench.advance(2 * MINUTE);
    expect(bench.said()).toEqual(["firing@30", "firing@60", "firing@125"]);
    await bench.close();
  });

  it("that rose and ended in one batch is told that it is over", async () => {
    const bench = benchWith({ severity: { $ne: "critical" } });
    await bench.start();
    bench.append(FIRST);
    await bench.advance(SECOND);
    bench.append({ log_level: 40 });
    await bench.advance(10 * MINUTE);
    bench.add({ log_level: 50 });
    bench.append({ event_type: "node_start" });
    await bench.advance(MINUTE);
    expect(bench.said().at(-1)).toBe("resolved@601");
    await bench.close();
  });

  it("is let go, and another taken, when the newest event of what keeps it quiet is about something else", async () => {
    const bench = benchWith({}, ["source.workcell_id"]);
    const engine = await bench.start();
    bench.append(FIRST);
    await bench.advance(SECOND);
    bench.append({ log_level: 40, source: { node_id: "a", workcell_id: "w1" } });
    await bench.advance(MINUTE);
    expect((await node(engine))?.inhibited_by).not.toBeNull();
    bench.append({ event_type: "workcell_stop", source: { workcell_id: "w2" } });
    await bench.advance(SECOND);
    expect(bench.said()).toEqual(["firing@0", "firing@61"]);
    bench.append({ log_level: 40, source: { node_id: "b", workcell_id: "w2" } });
    await bench.advance(4 * MINUTE);
    expect(bench.said()).toEqual(["firing@0", "firing@61"]);
    await bench.close();
  });
});

describe("a silenced incident", () => {
  it.each<[Selector, EventChange, EventChange]>([
    [{ severity: "warning" }, { log_level: 30 }, { log_level: 50 }],
    [{ event_type: "node_error" }, { log_level: 40 }, { log_level: 40, event_type: "manager_error" }],
    [{ "event_data.code": "A" }, { log_level: 40, event_data: { code: "A" } }, { log_level: 40 }],
  ])("under %j is told as soon as its events are others", async (selector, first, then) => {
    const bench = benchWith({});
    const engine = await bench.start();
    await silence(engine, bench, selector);
    bench.append(first);
    await bench.advance(10 * MINUTE);
    expect([bench.said(), (await node(engine))?.silenced_by]).toEqual([[], expect.any(String)]);
    bench.append(then);
    await bench.advance(10 * SECOND);
    expect(bench.said()).toEqual(["firing@600"]);
    expect(await node(engine)).toMatchObject({ total: 2, silenced_by: null });
    await bench.close();
  });

  it("is one whose newest event the silence accepts, for as long as it does", async () => {
    const bench = benchWith({});
    const engine = await bench.start();
    await silence(engine, bench, { event_type: "manager_error" });
    bench.append({ log_level: 40 });
    await bench.advance(MINUTE);
    bench.append({ log_level: 40, event_type: "manager_error" });
    await bench.advance(MINUTE);
    expect((await node(engine))?.silenced_by).not.toBeNull();
    await bench.advance(8 * MINUTE);
    expect(bench.said()).toEqual(["firing@30"]);
    bench.append({ log_level: 40 });
    await bench.advance(SECOND);
    expect(bench.said()).toEqual(["firing@30", "firing@600"]);
    await bench.close();
  });

  it("that ends after its silence is told of that, also where nobody looked in between", async () => {
    const bench = benchWith({});
    const engine = await bench.start();
    await silence(engine, bench, { rule: "node" }, 10 * MINUTE);
    bench.append({ log_level: 40 });
    await bench.advance(MINUTE);
    await engine.close();
    await bench.advance(9 * MINUTE + 20 * SECOND);
    bench.add({ event_type: "node_start" });
    await bench.advance(10 * SECOND);
    await bench.start();
    await bench.advance(MINUTE);
    expect(bench.said().at(-1)).toBe("resolved@630");
    await bench.close();
  });

  it("that ends within its silence is told of by nobody, also where nobody looked meanwhile", async () => {
    const bench = benchWith({});
    const engine = await bench.start();
    await silence(engine, bench, { rule: "node" }, 10 * MINUTE);
    await engine.close();
    bench.add({ log_level: 40 });
    await bench.advance(2 * MINUTE);
    bench.add({ event_type: "node_start" });
    await bench.advance(MINUTE);
    await bench.start();
    await bench.advance(HOUR);
    expect(bench.said()).toEqual([]);
    await bench.close();
  });
});
