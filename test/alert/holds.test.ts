/** Rules that count within a time: how long their condition holds, and that what was resolved is found anew or not at all. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { act } from "../../src/alert/act.ts";
import { fold } from "../../src/alert/fold.ts";
import { newGroup } from "../../src/alert/group.ts";
import type { Rule } from "../../src/alert/rule.ts";
import { tick } from "../../src/alert/tick.ts";
import { quietWorld } from "../../src/alert/world.ts";
import {
  arrived,
  Bench,
  condition,
  DAY,
  type EventChange,
  HOUR,
  LIMITS,
  MINUTE,
  NODE,
  ruleOf,
  SECOND,
  T0,
} from "./lab.ts";

const anything = condition({ event_type: { $in: ["done", "failed"] } });
const bad = condition({ event_type: "failed" });
const resolveWhen = condition({ event_type: "node_start" });
const DONE = { event_type: "done" };
const FAILED = { event_type: "failed" };
const START = { event_type: "node_start" };
const some = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item);

const three = (withinMs: number, change: Partial<Rule> = {}) =>
  ruleOf({ kind: "threshold", select: anything, count: 3, withinMs }, change);
const many = (change: Partial<Rule> = {}) =>
  ruleOf({ kind: "threshold", select: anything, count: 1200, withinMs: MINUTE }, change);
const share = (withinMs: number, change: Partial<Rule> = {}) =>
  ruleOf({ kind: "ratio", select: anything, bad, over: 0.2, minSamples: 10, withinMs }, change);

describe("`for` of a threshold", () => {
  it("is not over when the events leave their time before", () => {
    const bench = new Bench(three(MINUTE, { forMs: 5 * MINUTE })).event(...some(3, FAILED));
    expect(bench.state).toBe("pending");
    expect(bench.advance(MINUTE).state).toBe("pending");
    expect(bench.advance(1).state).toBe("idle");
    expect(bench.group.retired[0]?.incident).toMatchObject({ reason: "it did not hold long enough", sequence: 0 });
    expect(bench.advance(DAY).said()).toEqual([]);
  });
  it("is over to the millisecond when they hold just so long", () => {
    const bench = new Bench(three(MINUTE, { forMs: MINUTE })).event(...some(3, FAILED));
    expect(bench.advance(MINUTE).state).toBe("firing");
  });
  it("goes on while others come in time, and fires", () => {
    const bench = new Bench(three(MINUTE, { forMs: 5 * MINUTE })).event(...some(3, FAILED));
    for (let i = 0; i < 14; i++) bench.advance(20 * SECOND).event(FAILED);
    expect(bench.advance(20 * SECOND).said()).toEqual(["firing@300"]);
  });
  it("begins again with the events that are left", () => {
    const bench = new Bench(three(MINUTE, { forMs: MINUTE })).event(FAILED, FAILED).advance(10 * SECOND);
    bench.event(FAILED).advance(50 * SECOND + 1);
    expect(bench.state).toBe("idle");
    bench.event(FAILED, FAILED);
    expect(bench.group.incident).toMatchObject({ state: "pending", openedMs: bench.nowMs, total: 3 });
  });
  it("is not over of far more than a thousand either", () => {
    const bench = new Bench(many({ forMs: 5 * MINUTE }));
    for (let i = 0; i < 12; i++) bench.event(...some(100, FAILED));
    expect(bench.state).toBe("pending");
    expect(bench.advance(HOUR).said()).toEqual([]);
  });
  it("starts over where the condition was gone between two events that are folded late", () => {
    const rule = ruleOf(
      { kind: "threshold", select: anything, count: 1, withinMs: MINUTE },
      { forMs: 90 * SECOND, groupWaitMs: 0 },
    );
    const nowMs = T0 + 4 * MINUTE;
    const by = { rule, nowMs, fence: 1, limits: LIMITS, world: quietWorld };
    const events = [0, 20, 100, 150].map((seconds) => arrived(T0 + seconds * SECOND, FAILED));
    const folded = fold(newGroup(rule, [NODE], { nowMs: T0 }), events, by);
    const said = tick(folded, { rule, world: quietWorld, nowMs }).drafts;
    expect(said.map(({ incident }) => incident.opened_at)).toEqual([new Date(T0 + 100 * SECOND).toISOString()]);
  });
  it("fires first when it has held so long, whatever else comes", () => {
    const forMs = 90 * SECOND;
    const gaps = fc.array(fc.integer({ min: 0, max: 70 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(gaps, (seconds) => {
        const bench = new Bench(three(MINUTE, { forMs, resolveAfterMs: null }));
        const instants: number[] = [];
        for (const gap of seconds) instants.push(bench.advance(gap * SECOND).event(FAILED).nowMs);
        bench.advance(HOUR);
        expect(bench.group.incident?.firedMs ?? null).toBe(firstFired(instants, forMs));
      }),
      { numRuns: process.env.FUZZ ? 1000 : 100 },
    );
  });
});

/** By the spans in which three of the instants lie within a minute. */
function firstFired(instants: readonly number[], forMs: number): number | null {
  let span = { fromMs: 0, toMs: -1 };
  for (const [i, atMs] of instants.slice(2).entries()) {
    const toMs = (instants[i] as number) + MINUTE;
    if (toMs < atMs) continue;
    if (span.toMs + 1 >= atMs) span = { ...span, toMs };
    else if (span.toMs - span.fromMs >= forMs) break;
    else span = { fromMs: atMs, toMs };
  }
  return span.toMs - span.fromMs >= forMs ? span.fromMs + forMs : null;
}

describe("`for` of a ratio", () => {
  const seventy = [...some(7, DONE), ...some(3, FAILED)];
  it("is not over when good events make the share small before", () => {
    const bench = new Bench(share(MINUTE, { forMs: 5 * MINUTE })).event(...seventy);
    expect(bench.state).toBe("pending");
    bench.advance(10 * SECOND).event(...some(100, DONE));
    expect(bench.state).toBe("idle");
    expect(bench.advance(DAY).said()).toEqual([]);
  });
  it("is not over when there are too few events before", () => {
    const bench = new Bench(share(MINUTE, { forMs: 5 * MINUTE })).event(...seventy);
    expect(bench.advance(MINUTE + SECOND).state).toBe("idle");
    expect(bench.advance(DAY).said()).toEqual([]);
  });
  it("is over when it holds so long, told by events that only show that it does", () => {
    const bench = new Bench(share(HOUR, { forMs: 5 * MINUTE })).event(...some(4, FAILED), ...some(6, DONE));
    bench.advance(4 * MINUTE).event(...some(5, DONE));
    expect(bench.advance(2 * MINUTE).said()).toEqual(["firing@300"]);
    expect(bench.group.incident).toMatchObject({ total: 4, holdsMs: T0 + 4 * MINUTE });
  });
});

describe("the share of a ratio", () => {
  it("rises as good events age out: the next event tells, of the bad ones", () => {
    const bench = new Bench(share(MINUTE, { severity: "level" })).event(...some(20, DONE)).advance(40 * SECOND);
    bench.event(...some<EventChange>(4, { ...FAILED, log_level: 50 }), ...some(8, DONE));
    expect(bench.state).toBe("idle");
    bench.advance(25 * SECOND).event(...some<EventChange>(2, { ...DONE, log_level: 20 }));
    expect(bench.group.incident).toMatchObject({
      ...{ state: "firing", severity: "critical", total: 4, openedMs: T0 + 65 * SECOND },
      reason: "30.8 % of 13 events within 1 min",
    });
    expect(bench.group.incident?.newest.map(({ event_type }) => event_type)).toEqual(some(4, "failed"));
  });
});

describe("what was resolved", () => {
  const byPerson = (bench: Bench): Bench => {
    bench.group = act(bench.group, { kind: "resolve", by: "ada" }, bench);
    return bench;
  };
  const byEvent = (bench: Bench): Bench => bench.event(START);
  const byQuiet = (bench: Bench): Bench => bench.advance(15 * MINUTE);
  it.each([
    ["a threshold resolved by a person", three(HOUR), 3, byPerson],
    ["a threshold resolved by an event", three(HOUR, { resolveWhen }), 3, byEvent],
    ["a threshold resolved by quiet", three(HOUR), 3, byQuiet],
    ["a threshold of many", many({ resolveWhen }), 1200, byEvent],
    ["a ratio resolved by a person", share(HOUR), 10, byPerson],
    ["a ratio resolved by an event", share(HOUR, { resolveWhen }), 10, byEvent],
    ["a ratio resolved by quiet", share(HOUR), 10, byQuiet],
  ])("is found anew by new events only: %s", (_name, rule, count, resolved) => {
    const bench = new Bench(rule).event(...some(count, FAILED));
    resolved(bench.advance(SECOND));
    expect(bench.state).toBe("resolved");
    bench.advance(SECOND).event(...some(count - 1, FAILED));
    expect(bench.state).toBe("resolved");
    expect(bench.event(FAILED).group.incident).toMatchObject({ number: 2, total: count });
  });
  it("is found anew by events that came after it held, where quiet resolved it", () => {
    const bench = new Bench(three(10 * MINUTE)).event(...some(3, FAILED));
    for (const ms of [11 * MINUTE, 4 * MINUTE - SECOND]) bench.advance(ms).event(FAILED);
    expect(bench.advance(SECOND).state).toBe("resolved");
    expect(bench.advance(MINUTE).event(FAILED).group.incident).toMatchObject({ number: 2, total: 3 });
  });
});
