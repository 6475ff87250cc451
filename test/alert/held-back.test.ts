/** What is still said after a silence, an inhibition or an escalation, and to whom. */
import { describe, expect, it } from "vitest";
import { functionChannel } from "../../src/alert/function-channel.ts";
import { inhibitorsOf } from "../../src/alert/inhibit.ts";
import { notificationsOf, type Reach } from "../../src/alert/notify.ts";
import { readySilence } from "../../src/alert/silence.ts";
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
