/** What is still said after a silence, an inhibition or an escalation, and to whom. */
import { describe, expect, it } from "vitest";
import { functionChannel } from "../../src/alert/function-channel.ts";
import { inhibitorsOf } from "../../src/alert/inhibit.ts";
import { notificationsOf, type Reach } from "../../src/alert/notify.ts";
import { readySilence } from "../../src/alert/silence.ts";
import { tick } from "../../src/alert/tick.ts";
import { unsilence } from "../../src/alert/unsilence.ts";
import { incidentOf } from "../../src/alert/view.ts";
import { quietWorld } from "../../src/alert/world.ts";
import { Bench, condition, DAY, HOUR, MINUTE, ruleOf, SECOND, T0 } from "./lab.ts";

const rule = ruleOf(
  { event_type: "node_error" },
  { resolveWhen: condition({ event_type: "node_start" }), resolveAfterMs: null },
);
const ends = { event_type: "node_start" };

function silence(endsMs: number, selector = {}) {
  return readySilence({
    ...{ silence_id: "s1", selector, author: "ada", comment: "maintenance", weekly: null },
    ...{ starts_at: new Date(T0 + 2 * MINUTE).toISOString(), ends_at: new Date(T0 + endsMs).toISOString() },
  });
}

describe("the end of an incident that was told", () => {
  it("is told when the silence it came in is over, and not before", () => {
    const bench = new Bench(rule, { silences: [silence(HOUR)] })
      .event()
      .advance(3 * MINUTE)
      .event(ends);
    bench.advance(57 * MINUTE - 1);
    expect([bench.said(), bench.state]).toEqual([["firing@30"], "idle"]);
    bench.advance(2 * MINUTE);
    expect(bench.said()).toEqual(["firing@30", "resolved@3600"]);
  });
  it("is told within minutes when people end that silence, also when the next incident has begun", () => {
    const bench = new Bench(rule, { silences: [silence(10 * HOUR)] })
      .event()
      .advance(3 * MINUTE)
      .event(ends);
    bench.advance(MINUTE).event().advance(HOUR);
    expect(bench.said()).toEqual(["firing@30"]);
    bench.world = quietWorld;
    bench.tick().advance(5 * MINUTE);
    expect(bench.said()).toEqual(["firing@30", `firing@${64 * 60}`, expect.stringMatching(/^resolved@4\d{3}$/)]);
    expect(bench.group.retired.every(({ owed }) => owed === null)).toBe(true);
  });
  it("is let go without a word after a day of silence", () => {
    const bench = new Bench(rule, { silences: [silence(20 * DAY)] })
      .event()
      .advance(3 * MINUTE)
      .event(ends);
    bench.advance(DAY + 10 * MINUTE);
    expect(bench.group.retired.filter(({ owed }) => owed !== null)).toEqual([]);
    expect(bench.advance(30 * DAY).said()).toEqual(["firing@30"]);
  });
  it("waits while another incident keeps it quiet", () => {
    const stop = {
      source: condition({ event_type: "stop" }),
      target: condition({ event_type: "node_error" }),
      equal: [],
    };
    const source = new Bench({ ...ruleOf(), id: "stop", resolveAfterMs: null }).event({ event_type: "stop" });
    const bench = new Bench(rule).event().advance(3 * MINUTE);
    bench.world = { ...quietWorld, inhibitors: inhibitorsOf([stop], [source.group]) };
    bench
      .tick()
      .event(ends)
      .advance(2 * HOUR);
    expect(bench.said()).toEqual(["firing@30"]);
    bench.world = quietWorld;
    expect(bench.advance(5 * MINUTE).said()).toEqual(["firing@30", expect.stringContaining("resolved@")]);
  });
});

describe("after an escalation", () => {
  const receivers = new Map([
    ["ops", { name: "ops", channels: ["mail"], escalate: [{ afterMs: 15 * MINUTE, channels: ["pager", "mail"] }] }],
  ]);
  const channels = new Map(
    ["mail", "pager", "chat"].map((name) => [name, functionChannel(name, { send: () => ({ status: "sent" }) })]),
  );
  const reach: Reach = { receivers, channels, compat: false };
  const told = (bench: Bench, by = reach) =>
    bench.spoken.map(({ draft }) =>
      [draft.occasion, ...notificationsOf([draft], by).map(({ channel }) => channel)].join(" "),
    );

  it("whoever was told by it hears news, repeats and the end as well, each once", () => {
    const bench = new Bench(rule, { receivers }).event().advance(20 * MINUTE);
    bench.event().advance(SECOND).event(ends).advance(HOUR);
    expect(told(bench)).toEqual(["firing mail", "escalation pager mail", "firing mail pager", "resolved mail pager"]);
  });
  it("also when the end is told after the incident has left its group", () => {
    const bench = new Bench(rule, { receivers }).event().advance(20 * MINUTE);
    bench.world = { ...bench.world, silences: [silence(HOUR)] };
    bench.tick().event(ends).advance(HOUR);
    expect(told(bench)).toEqual(["firing mail", "escalation pager mail", "resolved mail pager"]);
  });
  it("what the standing watch says takes another channel where none of its own gets through", () => {
    const bench = new Bench(rule, { receivers }).event().advance(MINUTE);
    const down = (...names: string[]): Reach => ({ ...reach, watch: new Set(["r"]), failing: () => new Set(names) });
    expect(told(bench, down("mail"))).toEqual(["firing pager chat"]);
    expect(told(bench, down("mail", "pager"))).toEqual(["firing chat"]);
    expect(told(bench, down("pager"))).toEqual(["firing mail"]);
    expect(told(bench, down("mail", "pager", "chat"))).toEqual(["firing mail"]);
    expect(told(bench, { ...down("mail"), watch: new Set(["other"]) })).toEqual(["firing mail"]);
  });
});

describe("quiet hours", () => {
  const quietHours = { timezone: "UTC", from: "10:30", to: "16:00", except: ["critical" as const] };
  const next = (bench: Bench) => incidentOf(bench.group)?.next_notice_at;

  it("the summary of an ended silence waits as other notices do, except where they spare the severity", () => {
    const critical = { ...rule, id: "q", severity: "critical" as const };
    const world = { quietHours, silences: [silence(HOUR)] };
    const benches = [rule, critical].map((one) =>
      new Bench(one, world)
        .event()
        .advance(3 * MINUTE)
        .event(),
    );
    for (const bench of benches) bench.advance(57 * MINUTE - 1);
    const rules = new Map([rule, critical].map((one) => [one.id, one]));
    const by = { rules, world: { ...quietWorld, ...world }, nowMs: T0 + HOUR };
    const { groups, drafts } = unsilence(
      benches.map(({ group }) => group),
      "s1",
      by,
    );
    expect(drafts.map(({ occasion, incident, others }) => [occasion, incident.rule, others])).toEqual([
      ["unsilenced", "q", []],
    ]);
    const [bench] = benches as [Bench];
    bench.group = groups[0] as typeof bench.group;
    expect(
      bench
        .advance(10 * HOUR)
        .said()
        .slice(1, 2),
    ).toEqual([`firing@${6 * 3600}`]);
  });
  it("the next notice is said to come after them, and not at all while something keeps it back", () => {
    const bench = new Bench(rule, { quietHours }).event().advance(MINUTE);
    expect(next(bench)).toBe("2026-03-02T16:00:00.000Z");
    expect(bench.spoken[0]?.draft.incident.next_notice_at).toBe("2026-03-02T16:00:00.000Z");
    expect(bench.spoken[0]?.draft.next).toContain("at 16:00 (repeat_interval)");
    bench.world = { ...bench.world, silences: [silence(HOUR)] };
    expect(next(bench.advance(MINUTE).tick())).toBeNull();
    expect(next(bench.event())).toBeNull();
  });
  it("do not keep back an incident that has become one they spare", () => {
    const levels = ruleOf({}, { severity: "level", resolveAfterMs: null });
    const bench = new Bench(levels, { quietHours });
    bench.advance(HOUR).event().advance(MINUTE);
    expect(bench.said()).toEqual([]);
    expect(bench.event({ log_level: 50 }).advance(MINUTE).said()).toEqual([`firing@${3660}`]);
  });
});

it("an incident that becomes critical is told of that after the wait of critical ones, once", () => {
  const levels = ruleOf({}, { severity: "level", resolveAfterMs: null });
  const bench = new Bench(levels).event({ log_level: 30 }).advance(31 * SECOND);
  bench.event({ log_level: 40 }).advance(MINUTE).event({ log_level: 50 });
  expect(incidentOf(bench.group)?.next_notice_at).toBe(new Date(T0 + 96 * SECOND).toISOString());
  bench.advance(SECOND).event({ log_level: 50 }).advance(MINUTE).event({ log_level: 50 });
  expect(bench.advance(HOUR).said()).toEqual(["firing@30", "firing@96", "firing@396"]);
});

describe("a rule that is turned off", () => {
  const off = { ...rule, enabled: false };
  const at = { rule: off, world: quietWorld, nowMs: T0 + HOUR };

  it("closes what it has open without a word, and says nothing any more", () => {
    const bench = new Bench(rule).event().advance(MINUTE);
    const { group, drafts, dueMs, gone } = tick(bench.group, at);
    expect([group.incident, drafts, gone]).toEqual([null, [], false]);
    expect(group.retired).toMatchObject([
      { owed: null, incident: { state: "closed", reason: "rule r is turned off" } },
    ]);
    expect(tick(group, { ...at, nowMs: (dueMs ?? 0) - 1 }).group).toBe(group);
    expect(tick(group, { ...at, nowMs: dueMs ?? 0 }).gone).toBe(true);
  });
  it("finds nothing when it is turned on again but what comes then, under the next number", () => {
    const within = { ms: MINUTE };
    const steps = ruleOf(
      {
        kind: "sequence",
        select: condition({ event_type: "node_error" }),
        expect: condition(ends),
        join: "event_data.message",
        within,
      },
      { resolveAfterMs: null },
    );
    const bench = new Bench(steps)
      .event()
      .advance(2 * MINUTE)
      .event({ event_data: { message: "other" } });
    bench.group = tick(bench.group, { ...at, rule: { ...steps, enabled: false }, nowMs: bench.nowMs }).group;
    bench.advance(HOUR);
    expect([bench.state, bench.said()]).toEqual(["idle", ["firing@90"]]);
    expect(bench.event().advance(2 * MINUTE).group.incident?.number).toBe(2);
  });
});
