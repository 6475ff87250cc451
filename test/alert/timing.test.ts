import { describe, expect, it } from "vitest";
import { act } from "../../src/alert/act.ts";
import { Bench, condition, DAY, HOUR, MINUTE, ruleOf, SECOND, T0 } from "./lab.ts";

describe("first notice", () => {
  it("comes 30 s after the first event", () => {
    expect(
      new Bench(ruleOf())
        .event()
        .advance(HOUR / 6)
        .said()[0],
    ).toBe("firing@30");
  });
  it("comes 5 s after the first event when critical", () => {
    expect(new Bench(ruleOf({}, { severity: "critical" })).event().advance(MINUTE).said()).toEqual(["firing@5"]);
  });
  it("comes after groupWait where set, exactly", () => {
    const bench = new Bench(ruleOf({}, { groupWaitMs: 12_345 })).event().advance(MINUTE);
    expect(bench.said()).toEqual(["firing@12.345"]);
  });
  it("comes at once with groupWait 0", () => {
    expect(new Bench(ruleOf({}, { groupWaitMs: 0 })).event().said()).toEqual(["firing@0"]);
  });
  it("tells all events so far", () => {
    const bench = new Bench(ruleOf())
      .event()
      .advance(10 * SECOND)
      .event({}, {})
      .advance(MINUTE);
    expect(bench.spoken[0]?.draft.incident).toMatchObject({ total: 3, since_notice: 3, sequence: 1 });
    expect(bench.spoken[0]?.draft.next).toBe(
      "next message at 10:05 if there is news (group_interval), else at 14:00 (repeat_interval)",
    );
  });
  it("waits until the condition has held for `for`", () => {
    const bench = new Bench(ruleOf({}, { forMs: 2 * MINUTE })).event();
    expect(bench.state).toBe("pending");
    expect(bench.advance(2 * MINUTE).said()).toEqual(["firing@120"]);
    expect(bench.state).toBe("firing");
  });
  it("never comes when the condition ends within `for`", () => {
    const rule = ruleOf(
      { event_type: "node_error" },
      { forMs: MINUTE, resolveWhen: condition({ event_type: "node_start" }) },
    );
    const bench = new Bench(rule)
      .event()
      .advance(30 * SECOND)
      .event({ event_type: "node_start" })
      .advance(DAY);
    expect(bench.said()).toEqual([]);
    expect(bench.group.retired[0]?.incident).toMatchObject({ state: "closed", sequence: 0 });
  });
});

describe("later notices", () => {
  it("news comes at last notice + groupInterval", () => {
    const bench = new Bench(ruleOf())
      .event()
      .advance(MINUTE)
      .event()
      .advance(6 * MINUTE);
    expect(bench.said()).toEqual(["firing@30", "firing@330"]);
    expect(bench.spoken[1]?.draft.incident).toMatchObject({ total: 2, since_notice: 1, sequence: 2 });
  });
  it("news comes at once when the interval has passed already", () => {
    const bench = new Bench(ruleOf())
      .event()
      .advance(10 * MINUTE)
      .event();
    expect(bench.said()).toEqual(["firing@30", "firing@600"]);
  });
  it("repeats at last notice + repeatInterval while firing", () => {
    const bench = new Bench(ruleOf({}, { resolveAfterMs: null })).event().advance(9 * HOUR);
    expect(bench.said()).toEqual(["firing@30", `firing@${30 + 4 * 3600}`, `firing@${30 + 8 * 3600}`]);
  });
  it("tells a late leader's backlog once, not once per missed repeat", () => {
    const bench = new Bench(ruleOf({}, { resolveAfterMs: null })).event();
    bench.nowMs += 3 * DAY;
    expect(bench.tick().said()).toEqual([`firing@${3 * 86_400}`]);
  });
  it("tells firing and resolved of an incident that was over before anybody could tick", () => {
    const bench = new Bench(ruleOf()).event();
    bench.nowMs += HOUR;
    expect(bench.tick().spoken.map(({ draft }) => [draft.occasion, draft.sequence])).toEqual([
      ["firing", 1],
      ["resolved", 2],
    ]);
  });
  it("a higher severity counts as news and ends an acknowledgement", () => {
    const bench = new Bench(ruleOf({}, { severity: "level", resolveAfterMs: null })).event().advance(MINUTE);
    bench.group = act(bench.group, { kind: "acknowledge", by: "ada" }, bench);
    bench.tick().event({ log_level: 50 });
    expect(bench.group.incident).toMatchObject({ state: "firing", severity: "critical", acknowledged: null });
    expect(bench.advance(10 * MINUTE).said()).toEqual(["firing@30", "firing@65"]);
  });
});

describe("resolving", () => {
  it("quiet for resolveAfter resolves, tells it once, and closes five minutes later", () => {
    const bench = new Bench(ruleOf()).event().advance(15 * MINUTE);
    expect(bench.said()).toEqual(["firing@30", "resolved@900"]);
    expect(bench.spoken[1]?.draft.incident).toMatchObject({ state: "resolved", reason: "no event for 15 min" });
    expect(bench.state).toBe("resolved");
    expect(bench.advance(5 * MINUTE).state).toBe("idle");
    expect(bench.group.retired.at(-1)?.incident).toMatchObject({
      state: "closed",
      closed_at: "2026-03-02T10:20:00.000Z",
    });
  });
  it("says nothing of the end when told to, or when nothing was said of the beginning", () => {
    expect(new Bench(ruleOf({}, { sendResolved: false })).event().advance(HOUR).said()).toEqual(["firing@30"]);
    const rule = ruleOf({ event_type: "node_error" }, { resolveWhen: condition({ event_type: "node_start" }) });
    const bench = new Bench(rule).event().advance(SECOND).event({ event_type: "node_start" }).advance(HOUR);
    expect(bench.said()).toEqual([]);
  });
  it("an event that resolves does so at once, and another incident may begin at once", () => {
    const rule = ruleOf({ event_type: "node_error" }, { resolveWhen: condition({ event_type: "node_start" }) });
    const bench = new Bench(rule).event().advance(MINUTE).event({ event_type: "node_start" }).advance(MINUTE).event();
    bench.advance(40 * SECOND);
    expect(bench.said()).toEqual(["firing@30", "resolved@60", "firing@150"]);
    expect(bench.group.incident?.number).toBe(2);
    expect(bench.group.retired.map(({ incident }) => incident.incident_id)).toEqual([`${bench.group.id}.1`]);
  });
  it("never resolves by quiet where resolveAfter is never", () => {
    expect(new Bench(ruleOf({}, { resolveAfterMs: null })).event().advance(30 * DAY).state).toBe("firing");
  });
  it("a one-off is told once and closes without a word a day after its last event", () => {
    const bench = new Bench(ruleOf({}, { oneOff: true })).event().advance(DAY - 1);
    expect(bench.state).toBe("firing");
    expect(bench.advance(1).state).toBe("idle");
    expect(bench.said()).toEqual(["firing@30"]);
  });
  it("time before this process watched does not count as quiet", () => {
    const bench = new Bench(ruleOf()).event().advance(MINUTE);
    bench.nowMs += DAY;
    bench.world = { ...bench.world, resumedAtMs: bench.nowMs };
    expect(bench.tick().state).toBe("firing");
    expect(bench.advance(15 * MINUTE).state).toBe("resolved");
  });
});

describe("burst", () => {
  const compat = ruleOf({}, { burst: 3, groupWaitMs: 0, sendResolved: false, resolveAfterMs: null });
  it("tells the first three events one by one, each with its own sample, and folds the rest", () => {
    const bench = new Bench(compat).event({ _id: "a" }, { _id: "b" }).advance(SECOND).event({ _id: "c" }, { _id: "d" });
    bench.event({ _id: "e" });
    expect(bench.said()).toEqual(["firing@0", "firing@0", "firing@1"]);
    expect(bench.spoken.map(({ draft }) => draft.incident.samples.at(-1)?._id)).toEqual(["a", "b", "c"]);
    expect(bench.spoken.map(({ draft }) => draft.sequence)).toEqual([1, 2, 3]);
    bench.advance(10 * MINUTE);
    expect(bench.said().slice(3)).toEqual(["firing@301"]);
    expect(bench.spoken[3]?.draft.incident.since_notice).toBe(2);
  });
  it("begins anew after an interval without a word, not while events keep coming", () => {
    const bench = new Bench(compat)
      .event()
      .advance(6 * MINUTE)
      .event({}, {}, {});
    expect(bench.said()).toEqual(["firing@0", "firing@360", "firing@360", "firing@360"]);
    for (let i = 0; i < 20; i++) bench.advance(MINUTE).event();
    expect(bench.said().slice(4)).toEqual(["firing@660", "firing@960", "firing@1260", "firing@1560"]);
  });
});

describe("acknowledging and escalating", () => {
  const receivers = new Map([
    [
      "ops",
      {
        name: "ops",
        channels: ["mail"],
        escalate: [
          { afterMs: 15 * MINUTE, channels: ["pager"] },
          { afterMs: HOUR, channels: ["boss"] },
        ],
      },
    ],
  ]);
  const steady = ruleOf({}, { resolveAfterMs: null });
  it("escalates once per step while nobody acknowledges", () => {
    const bench = new Bench(steady, { receivers }).event().advance(3 * HOUR);
    expect(bench.said()).toEqual(["firing@30", "escalation@900", "escalation@3600"]);
    expect(bench.spoken[1]?.draft).toMatchObject({ channels: ["pager"], receivers: ["ops"], sequence: 2 });
  });
  it("an acknowledgement stops repeats and escalation until it expires", () => {
    const bench = new Bench(steady, { receivers }).event().advance(MINUTE);
    bench.group = act(bench.group, { kind: "acknowledge", by: "ada", expiresMs: T0 + 10 * HOUR }, bench);
    bench.tick().advance(10 * HOUR - MINUTE - 1);
    expect(bench.said()).toEqual(["firing@30"]);
    bench.advance(1);
    expect(bench.state).toBe("firing");
    expect(bench.said().slice(1)).toEqual(["escalation@36000", "escalation@36000", "firing@36000"]);
  });
  it("an acknowledgement does not hide news", () => {
    const bench = new Bench(steady).event().advance(MINUTE);
    bench.group = act(bench.group, { kind: "acknowledge", by: "ada" }, bench);
    expect(bench.tick().event().advance(HOUR).said()).toEqual(["firing@30", "firing@330"]);
  });
});

describe("quiet hours", () => {
  const quietHours = { timezone: "Europe/Berlin", from: "11:10", to: "13:00", except: ["critical"] as const };
  it("hold notices until they end and say then what happened", () => {
    const bench = new Bench(ruleOf(), { quietHours })
      .advance(20 * MINUTE)
      .event()
      .advance(3 * HOUR);
    expect(bench.said()).toEqual([`resolved@${2 * 3600}`]);
    const lasting = new Bench(ruleOf({}, { resolveAfterMs: null }), { quietHours }).advance(20 * MINUTE).event();
    expect(lasting.advance(3 * HOUR).said()).toEqual([`firing@${2 * 3600}`]);
  });
  it("spare the severities they name", () => {
    const bench = new Bench(ruleOf({}, { severity: "critical" }), { quietHours }).advance(20 * MINUTE).event();
    expect(bench.advance(MINUTE).said()).toEqual(["firing@1205"]);
  });
  it("hold a notice that was due before them and is late", () => {
    const bench = new Bench(ruleOf({}, { resolveAfterMs: null }), { quietHours }).event();
    bench.nowMs += 30 * MINUTE;
    expect(bench.tick().said()).toEqual([]);
    expect(bench.dueMs()).toBe(T0 + 2 * HOUR);
    expect(bench.advance(2 * HOUR).said()).toEqual([`firing@${2 * 3600}`]);
  });
});

describe("clock jumps", () => {
  it("an hour forward makes at most one notice of each kind", () => {
    const bench = new Bench(ruleOf({}, { resolveAfterMs: null })).event().advance(MINUTE).event();
    bench.nowMs += HOUR;
    expect(bench.tick().tick().said()).toEqual(["firing@30", "firing@3660"]);
  });
  it("an hour back loses nothing and repeats nothing", () => {
    const bench = new Bench(ruleOf({}, { resolveAfterMs: null }))
      .event()
      .advance(10 * MINUTE)
      .event();
    const before = bench.said().length;
    bench.nowMs -= HOUR;
    bench.event();
    expect(bench.said().length).toBe(before);
    bench.advance(5 * MINUTE);
    expect(bench.said().length).toBe(before + 1);
    expect(bench.spoken.at(-1)?.draft.incident.total).toBe(3);
  });
  it("an hour back before the first notice does not put it off by an hour", () => {
    const bench = new Bench(ruleOf()).event().advance(10 * SECOND);
    bench.nowMs -= HOUR;
    expect(
      bench
        .tick()
        .advance(30 * SECOND)
        .said(),
    ).toEqual([`firing@${30 + 10 - 3600}`]);
  });
});
