/** The kinds of rules that need several events, or none. */
import { describe, expect, it } from "vitest";
import { act } from "../../src/alert/act.ts";
import { foldBatch } from "../../src/alert/fold-batch.ts";
import { newHub } from "../../src/alert/hub.ts";
import { levelled, type NoveltyMemory } from "../../src/alert/memory-novelty.ts";
import { type SequenceMemory, usualOf } from "../../src/alert/memory-sequence.ts";
import type { During, Patience, When } from "../../src/alert/rule.ts";
import { arrived, Bench, condition, DAY, HOUR, LIMITS, MINUTE, ruleOf, SECOND, T0 } from "./lab.ts";

const anything = condition({});

describe("threshold", () => {
  const five = { kind: "threshold", select: anything, count: 5, withinMs: 10 * MINUTE } as const;
  it("fires at the event that makes it enough, and tells all of them", () => {
    const bench = new Bench(ruleOf(five));
    for (let i = 0; i < 4; i++) bench.event().advance(MINUTE);
    expect(bench.state).toBe("idle");
    bench.event();
    expect(bench.group.incident).toMatchObject({
      total: 5,
      firstMs: T0,
      openedMs: T0 + 4 * MINUTE,
      reason: "5 events within 10 min",
    });
    expect(bench.group.incident?.newest).toHaveLength(5);
    expect(bench.advance(MINUTE).said()).toEqual(["firing@270"]);
  });
  it("is exact at the edge of the window", () => {
    for (const [spanMs, state] of [
      [10 * MINUTE, "firing"],
      [10 * MINUTE + 1, "idle"],
    ] as const) {
      const bench = new Bench(ruleOf(five)).event({}, {}, {}, {});
      bench.nowMs += spanMs;
      expect(bench.event().state).toBe(state);
    }
  });
  it("takes an event that arrived out of order for what it is", () => {
    const bench = new Bench(ruleOf(five));
    bench.nowMs = T0 + HOUR;
    const at = [50, 51, 52, 59, 49].map((minute) => arrived(T0 + minute * MINUTE));
    expect(bench.fold(at).state).toBe("firing");
  });
  it("counts far more than a thousand in little memory", () => {
    const bench = new Bench(ruleOf({ ...five, count: 5000 }));
    for (let i = 0; i < 49; i++) {
      bench.fold(Array.from({ length: 100 }, (_, n) => arrived(T0 + i * 7000 + n)));
      bench.nowMs += 7000;
    }
    expect(bench.state).toBe("idle");
    bench.fold(Array.from({ length: 100 }, () => arrived(bench.nowMs)));
    expect(bench.group.incident?.total).toBe(5000);
    expect(JSON.stringify(bench.group.memory).length).toBeLessThan(3000);
  });
});

describe("ratio", () => {
  const bad = condition({ event_type: "failed" });
  const when = { kind: "ratio", select: anything, bad, over: 0.2, minSamples: 10, withinMs: HOUR } as const;
  it("fires when more than the share is bad, of enough events, and counts the bad ones", () => {
    const bench = new Bench(ruleOf(when));
    for (let i = 0; i < 8; i++) bench.event({ event_type: "done" });
    bench.event({ event_type: "failed" }, { event_type: "failed" });
    expect(bench.state).toBe("idle");
    bench.event({ event_type: "failed" });
    expect(bench.group.incident).toMatchObject({ total: 3, reason: "27.3 % of 11 events within 1 h" });
  });
  it("forgets what is older than the window", () => {
    const bench = new Bench(ruleOf(when)).event(...Array(9).fill({ event_type: "failed" }));
    bench.advance(2 * HOUR).event({ event_type: "failed" });
    expect(bench.state).toBe("idle");
  });
});

describe("absence", () => {
  const when = (during: During | null = null): When => ({
    kind: "absence",
    select: condition({ event_type: "beat" }),
    withinMs: 2 * MINUTE,
    during,
    forgetMs: 7 * DAY,
  });
  const beat = { event_type: "beat" };
  it("fires exactly when the time is up, tells it once, and ends when it is heard of again", () => {
    const bench = new Bench(ruleOf(when())).event(beat).advance(MINUTE).event(beat);
    bench.advance(2 * MINUTE - 1);
    expect(bench.state).toBe("idle");
    bench.advance(1);
    expect(bench.group.incident).toMatchObject({ openedMs: T0 + 3 * MINUTE, reason: "no event for 2 min" });
    bench.advance(HOUR).event(beat);
    expect(bench.said()).toEqual(["firing@210", "resolved@3780"]);
    expect(bench.spoken[1]?.draft.incident.reason).toBe("heard of again");
  });
  it("says nothing of a group that was never heard of", () => {
    expect(new Bench(ruleOf(when())).advance(DAY).said()).toEqual([]);
  });
  it("silence while we were not running does not count", () => {
    const bench = new Bench(ruleOf(when())).event(beat);
    bench.nowMs += HOUR;
    bench.world = { ...bench.world, resumedAtMs: bench.nowMs };
    expect(bench.tick().state).toBe("idle");
    expect(bench.dueMs()).toBe(bench.nowMs + 2 * MINUTE);
    expect(bench.advance(2 * MINUTE).state).toBe("firing");
  });
  it("is not found missing again after a person resolved it, until it has been heard of", () => {
    const bench = new Bench(ruleOf(when())).event(beat).advance(10 * MINUTE);
    bench.group = act(bench.group, { kind: "resolve", by: "ada" }, bench);
    expect(bench.tick().advance(DAY).state).toBe("idle");
    expect(bench.event(beat).advance(3 * MINUTE).state).toBe("firing");
  });
  it("forgets a group after a while, and its record may go", () => {
    const bench = new Bench(ruleOf(when())).event(beat).advance(8 * DAY);
    expect(bench.spoken.at(-1)?.draft.incident.reason).toBe("not heard of for 7 d: forgotten");
    expect(bench.gone).toBe(true);
  });
  it("counts only while there is activity, from its start", () => {
    const during: During = {
      from: condition({ event_type: "begin" }),
      until: condition({ event_type: "finish" }),
      equal: ["source.workcell_id"],
    };
    const rule = ruleOf(when(during));
    const bench = new Bench(rule).event(beat).advance(HOUR);
    expect(bench.state).toBe("idle");
    const by = { rules: new Map([["r", rule]]), nowMs: bench.nowMs, fence: 1, limits: LIMITS };
    const held = { groups: new Map(), hubs: new Map([["r", newHub("r", T0)]]) };
    const begun = foldBatch([arrived(bench.nowMs, { event_type: "begin", source: { workcell_id: "w" } })], held, by);
    expect(begun).toMatchObject({ groups: [], lookAgain: ["r"] });
    const hub = begun.hubs[0] ?? newHub("r", T0);
    bench.world = { ...bench.world, activities: new Map([["r", hub.activity]]) };
    expect(bench.tick().dueMs()).toBe(bench.nowMs + 2 * MINUTE);
    expect(bench.advance(3 * MINUTE).state).toBe("firing");
    const over = foldBatch(
      [arrived(bench.nowMs, { event_type: "finish", source: { workcell_id: "w" } })],
      { ...held, hubs: new Map([["r", hub]]) },
      { ...by, nowMs: bench.nowMs },
    );
    bench.world = { ...bench.world, activities: new Map([["r", over.hubs[0]?.activity ?? []]]) };
    expect(bench.tick().group.incident).toMatchObject({ state: "resolved", reason: "not expected any more" });
  });
});

describe("sequence", () => {
  const when = (within: Patience): When => ({
    kind: "sequence",
    select: condition({ event_type: "action_start" }),
    expect: condition({ event_type: "action_complete" }),
    join: "event_data.action",
    within,
  });
  const start = (action: string, name = "pick") => ({
    event_type: "action_start",
    event_data: { action, name, message: `start ${action}` },
  });
  const complete = (action: string) => ({ event_type: "action_complete", event_data: { action } });

  it("fires when the end does not come in time, and is over when it does", () => {
    const bench = new Bench(ruleOf(when({ ms: MINUTE })))
      .event(start("a"), start("b"))
      .advance(30 * SECOND)
      .event(complete("a"));
    bench.advance(HOUR);
    expect(bench.group.incident).toMatchObject({ total: 1, openedMs: T0 + MINUTE, reason: "not finished after 1 min" });
    expect(bench.group.incident?.newest[0]?.message).toBe("start b");
    bench.event(complete("b"));
    expect(bench.said()).toEqual(["firing@90", "resolved@3630"]);
  });
  it("does not mind an end that overtook its beginning", () => {
    const bench = new Bench(ruleOf(when({ ms: MINUTE }))).event(complete("a"), start("a")).advance(HOUR);
    expect(bench.said()).toEqual([]);
  });
  it("learns how long it usually takes: the median of the last twenty", () => {
    const patience = { times: 3, of: "event_data.name", leastMs: MINUTE, mostMs: HOUR };
    const bench = new Bench(ruleOf(when(patience)));
    for (let i = 0; i < 25; i++)
      bench
        .event(start(`x${i}`))
        .advance((i + 1) * SECOND * 10)
        .event(complete(`x${i}`));
    expect(usualOf(bench.group.memory as SequenceMemory, "pick")).toBe(155 * SECOND);
    bench.event(start("y"), start("z", "unknown"));
    expect(bench.advance(465 * SECOND - 1).state).toBe("idle");
    expect(bench.advance(1).state).toBe("firing");
    expect(bench.group.incident?.total).toBe(1);
    expect(bench.advance(HOUR).group.incident?.total).toBe(2);
  });
  it("keeps a bounded number of beginnings and counts the rest", () => {
    const bench = new Bench(ruleOf(when({ ms: DAY })));
    for (let i = 0; i < 6; i++) bench.event(...Array.from({ length: 200 }, (_, n) => start(`${i}-${n}`)));
    expect(bench.group.memory).toMatchObject({ overflow: 200 });
    expect((bench.group.memory as SequenceMemory).pending).toHaveLength(1000);
  });
});

describe("novelty", () => {
  const rule = ruleOf({
    kind: "novelty",
    select: anything,
    of: ["event_type", "event_data.message"],
    forgetMs: 30 * DAY,
  });
  const message = (text: string) => ({ event_data: { message: text } });
  it("fires for what was not seen, levelled, for so long", () => {
    const bench = new Bench(rule).event(message("run 12 failed at /data/run12/a.csv"));
    expect(bench.group.incident?.total).toBe(1);
    bench.event(message("run 13 failed at /data/run13/b.csv"));
    expect(bench.group.incident?.total).toBe(1);
    bench.event(message("something else"));
    expect(bench.group.incident?.total).toBe(2);
    bench.advance(31 * DAY).event(message("run 14 failed at /data/run14/c.csv"));
    expect(bench.group.incident).toMatchObject({ number: 2, total: 1 });
  });
  it("remembers at most a thousand", () => {
    const bench = new Bench(rule);
    for (let i = 0; i < 12; i++)
      bench.event(...Array.from({ length: 100 }, (_, n) => ({ event_type: `t${"x".repeat(i)}${"y".repeat(n)}` })));
    expect(bench.group.memory).toMatchObject({ kind: "novelty" });
    expect((bench.group.memory as NoveltyMemory).known).toHaveLength(1000);
  });
  it("levels numbers, ids, quoted names and paths", () => {
    const same = [
      ["step 3 of 7 took 1.5 s", "step 4 of 9 took 20.25 s"],
      ["no plate '01JNODE0000000000000000001'", "no plate 'B7'"],
      ["node 01J9ZQ3V5T8Y2W4X6C7B8N9M0K lost", "node 01J9ZQ3V5T8Y2W4X6C7B8N9M0A lost"],
      ["job 123e4567-e89b-12d3-a456-426614174000", "job 00000000-e89b-12d3-a456-426614174fff"],
      ["cannot open /var/lab/a.txt", "cannot open C:\\lab\\runs\\b.txt"],
      ["at 0xdeadbeef", "at 0x00ff00"],
    ];
    for (const [a, b] of same as [string, string][]) expect(levelled(a)).toBe(levelled(b));
    expect(levelled("gripper failed")).not.toBe(levelled("gripper stuck"));
  });
  it("levels a hostile text in no time", () => {
    const started = performance.now();
    for (const part of ["'", '"', "/a", "0x", "a1", "1.", " "]) levelled(part.repeat(1_000_000));
    expect(performance.now() - started).toBeLessThan(5000); // minutes, where a pattern looks again and again
  });
});

describe("ledger", () => {
  const rule = ruleOf({ kind: "ledger", counter: "dropped", over: 0 });
  const look = (bench: Bench, dropped: number) => {
    bench.world = { ...bench.world, counters: { dropped } };
    return bench.tick();
  };
  it("fires above its limit, tells higher values as news, and ends when they stay or fall", () => {
    const bench = look(new Bench(rule), 0);
    expect(bench.state).toBe("idle");
    look(bench, 3).advance(MINUTE);
    expect(bench.group.incident).toMatchObject({ reason: "dropped is 3", total: 1 });
    look(bench, 5).advance(16 * MINUTE);
    expect(bench.said()).toEqual(["firing@30", "firing@330", "resolved@960"]);
    expect(look(bench, 5).advance(DAY).state).toBe("idle");
    expect(look(bench, 6).state).toBe("firing");
    expect(look(bench, 0).state).toBe("resolved");
  });
  it("a look that finds the same value changes nothing", () => {
    const bench = look(new Bench(rule), 3);
    const before = bench.group;
    expect(look(bench, 3).group).toBe(before);
  });
});
