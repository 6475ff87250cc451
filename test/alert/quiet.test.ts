import { describe, expect, it } from "vitest";
import { type Action, act } from "../../src/alert/act.ts";
import { fold } from "../../src/alert/fold.ts";
import { type Group, newGroup } from "../../src/alert/group.ts";
import { inhibitorsOf } from "../../src/alert/inhibit.ts";
import type { Inhibition } from "../../src/alert/plan.ts";
import { tick } from "../../src/alert/tick.ts";
import { incidentOf } from "../../src/alert/view.ts";
import { quietWorld } from "../../src/alert/world.ts";
import { arrived, Bench, condition, HOUR, LIMITS, MINUTE, ruleOf, T0 } from "./lab.ts";

const steady = ruleOf({}, { resolveAfterMs: null });

describe("inhibition", () => {
  const stop: Inhibition = {
    source: condition({ event_type: "workcell_stop" }),
    target: condition({ severity: { $ne: "critical" } }),
    equal: ["source.workcell_id"],
  };
  const live = (event_type: string, workcell_id: string | undefined, rule = steady): Group => {
    const by = { rule, nowMs: T0, fence: 1, limits: LIMITS };
    const source = workcell_id === undefined ? {} : { workcell_id };
    return fold(
      newGroup(rule, [event_type, workcell_id ?? null], { nowMs: T0 }),
      [arrived(T0, { event_type, source })],
      by,
    );
  };
  const said = (target: Group, sources: Group[], inhibitions = [stop], rule = steady) => {
    const world = { ...quietWorld, inhibitors: inhibitorsOf(inhibitions, [...sources, target]) };
    return tick(target, { rule, world, nowMs: T0 + HOUR });
  };
  it("keeps quiet what follows from a live incident, and names it", () => {
    const source = live("workcell_stop", "w1");
    const { group, drafts, dueMs } = said(live("node_error", "w1"), [source]);
    expect(drafts).toEqual([]);
    expect(incidentOf(group)?.inhibited_by).toBe(`${source.id}.1`);
    expect(dueMs).toBeNull();
    const free = tick(group, { rule: steady, world: quietWorld, nowMs: T0 + 2 * HOUR });
    expect(free.drafts.map(({ occasion }) => occasion)).toEqual(["firing"]);
    expect(incidentOf(free.group)?.inhibited_by).toBeNull();
  });
  it("asks for equal values, that the target is one, and that the source still lives", () => {
    expect(said(live("node_error", "w2"), [live("workcell_stop", "w1")]).drafts).toHaveLength(1);
    expect(said(live("node_error", undefined), [live("workcell_stop", undefined)]).drafts).toHaveLength(1);
    const critical = ruleOf({}, { severity: "critical", resolveAfterMs: null });
    expect(
      said(live("node_error", "w1", critical), [live("workcell_stop", "w1")], [stop], critical).drafts,
    ).toHaveLength(1);
    const over = act(live("workcell_stop", "w1"), { kind: "resolve", by: "ada" }, { rule: steady, nowMs: T0 });
    expect(said(live("node_error", "w1"), [over]).drafts).toHaveLength(1);
  });
  it("never keeps quiet an incident that matches both sides, by itself or by another such", () => {
    const mutual: Inhibition = { source: condition({}), target: condition({}), equal: [] };
    const one = live("a", "w1");
    expect(said(one, [], [mutual]).drafts).toHaveLength(1);
    expect(said(one, [live("b", "w1"), live("c", "w1")], [mutual]).drafts).toHaveLength(1);
    expect(said(live("workcell_stop", "w1"), [live("workcell_stop", "w1")]).drafts).toHaveLength(1);
  });
});

describe("flapping", () => {
  const rule = ruleOf(
    { event_type: "node_error" },
    { resolveWhen: condition({ event_type: "node_start" }), groupWaitMs: 0 },
  );
  const flap = (bench: Bench, times: number) => {
    for (let i = 0; i < times; i++) bench.event().advance(MINUTE).event({ event_type: "node_start" }).advance(MINUTE);
    return bench;
  };
  it("five changes in half an hour make one notice, then nothing until it is stable", () => {
    const bench = flap(new Bench(rule), 10);
    expect(bench.said()).toEqual(["firing@0", "resolved@60", "firing@120", "resolved@180", "flapping@240"]);
    expect(incidentOf(bench.group)).toMatchObject({ flapping: true, total: 1 });
    bench.advance(HOUR);
    expect(bench.said().slice(5)).toEqual([`resolved@${19 * 60 + 15 * 60}`]);
    expect(bench.group.flap.sinceMs).toBeNull();
  });
  it("once stable and firing it says so", () => {
    const bench = flap(new Bench({ ...rule, resolveAfterMs: null }), 5)
      .event()
      .advance(14 * MINUTE);
    expect(bench.said().slice(5)).toEqual([]);
    expect(
      bench
        .advance(2 * MINUTE)
        .said()
        .slice(5),
    ).toEqual([`firing@${600 + 900}`]);
    expect(incidentOf(bench.group)?.flapping).toBe(false);
  });
  it("four changes, or slow ones, are none", () => {
    expect(flap(new Bench(rule), 2).said()).not.toContain("flapping@240");
    const slow = new Bench({ ...rule, resolveAfterMs: null });
    for (let i = 0; i < 6; i++)
      slow
        .event()
        .advance(8 * MINUTE)
        .event({ event_type: "node_start" })
        .advance(8 * MINUTE);
    expect(slow.said().some((word) => word.startsWith("flapping"))).toBe(false);
  });
});

describe("what people do", () => {
  const fired = () => new Bench(steady).event().advance(MINUTE);
  const doing = (bench: Bench, action: Action) => {
    bench.group = act(bench.group, action, bench);
    return bench.tick();
  };
  it("acknowledging shows who, until when, and can be taken back", () => {
    const bench = doing(fired(), { kind: "acknowledge", by: "ada", comment: "on my way", expiresMs: T0 + HOUR });
    expect(incidentOf(bench.group)).toMatchObject({
      state: "acknowledged",
      acknowledged_by: "ada",
      acknowledged_at: "2026-03-02T10:01:00.000Z",
      acknowledge_expires_at: "2026-03-02T11:00:00.000Z",
      next_notice_at: null,
      comments: [{ by: "ada", text: "on my way" }],
    });
    expect(incidentOf(doing(bench, { kind: "unacknowledge", by: "ada" }).group)).toMatchObject({
      state: "firing",
      acknowledged_by: null,
      next_notice_at: "2026-03-02T14:00:30.000Z",
    });
  });
  it("resolving tells it, and the next event opens the next incident", () => {
    const bench = doing(fired(), { kind: "resolve", by: "ada", comment: "fixed" });
    expect(bench.said()).toEqual(["firing@30", "resolved@60"]);
    expect(bench.spoken[1]?.draft.incident).toMatchObject({ reason: "resolved by ada", comments: [{ text: "fixed" }] });
    expect(bench.group.incident?.comments).toHaveLength(1);
    expect(doing(bench, { kind: "resolve", by: "bob" }).said()).toHaveLength(2);
    expect(bench.event().group.incident?.number).toBe(2);
  });
  it("resolving a pending one closes it without a word", () => {
    const bench = doing(new Bench(ruleOf({}, { forMs: HOUR })).event(), { kind: "resolve", by: "ada" });
    expect([bench.state, bench.said()]).toEqual(["idle", []]);
  });
  it("assigning and commenting change nothing else; comments are bounded and clean", () => {
    const bench = doing(fired(), { kind: "assign", by: "ada", assignee: "bob" });
    for (let i = 0; i < 120; i++)
      doing(bench, { kind: "comment", by: "e\u202ev\u0000e", comment: `${i}\r\nx\u0007${"y".repeat(3000)}` });
    const incident = incidentOf(bench.group);
    expect(incident).toMatchObject({ assignee: "bob", state: "firing" });
    expect(incident?.comments).toHaveLength(100);
    expect(incident?.comments[0]?.text).toMatch(/^20\nx y+…$/);
    expect(incident?.comments[0]?.text.length).toBe(2000);
    expect(incident?.comments[0]?.by).toBe("e v e");
    expect(bench.said()).toEqual(["firing@30"]);
  });
  it("a group without an incident stays the very same", () => {
    const { group, rule, nowMs } = new Bench(steady);
    expect(act(group, { kind: "comment", by: "a", comment: "b" }, { rule, nowMs })).toBe(group);
  });
});
