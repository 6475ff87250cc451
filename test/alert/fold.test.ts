/** Folding: every event counts once, whatever the batches; and what is kept of it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fold } from "../../src/alert/fold.ts";
import { type BatchBy, foldBatch, type Held, neededBy } from "../../src/alert/fold-batch.ts";
import { BATCH, type Group, groupId, groupOf, groupToRecord, keyOf, newGroup, RING } from "../../src/alert/group.ts";
import { type Hub, hubOf, hubToRecord, withoutGroup } from "../../src/alert/hub.ts";
import type { Rule } from "../../src/alert/rule.ts";
import { tick } from "../../src/alert/tick.ts";
import { incidentOf } from "../../src/alert/view.ts";
import { quietWorld } from "../../src/alert/world.ts";
import type { MarkedEvent } from "../../src/backend/alert-records.ts";
import { arrived, condition, DAY, HOUR, LIMITS, MINUTE, NODE, ruleOf, SECOND, T0 } from "./lab.ts";

const rule = ruleOf();
const runs = { numRuns: process.env.FUZZ ? 1000 : 60 };
const LONG_MS = 180_000;

function byOf(...rules: Rule[]): BatchBy {
  return { rules: new Map(rules.map((one) => [one.id, one])), nowMs: T0 + HOUR, fence: 1, limits: LIMITS };
}

function instants(life: readonly { readonly afterMs: number }[]): number[] {
  let atMs = T0;
  return life.map(({ afterMs }) => {
    atMs += afterMs;
    return atMs;
  });
}

/** Records as the engine keeps them. */
class Shelf implements Held {
  readonly groups = new Map<string, Group>();
  readonly hubs = new Map<string, Hub>();
  fold(events: readonly MarkedEvent[], by: BatchBy, crash: "none" | "afterHubs" | "halfway" = "none") {
    const needed = neededBy(by.rules, events);
    const folded = foldBatch(events, this, by);
    for (const hub of folded.hubs) {
      expect(needed.hubs).toContain(hub.rule);
      this.hubs.set(hub.rule, hubOf(structuredClone(hubToRecord(hub, 1))));
    }
    if (crash === "afterHubs") return folded;
    const written = crash === "halfway" ? folded.groups.slice(0, folded.groups.length >> 1) : folded.groups;
    for (const group of written) {
      expect(needed.groups).toContain(group.id);
      this.groups.set(group.id, groupOf(structuredClone(groupToRecord(group, 1, null))));
    }
    return folded;
  }
  totals(): Record<string, number | undefined> {
    return Object.fromEntries([...this.groups].map(([id, { incident }]) => [id, incident?.total]).sort());
  }
}

describe("folding", () => {
  it("keeps a ring at least as long as a batch", () => expect(RING).toBeGreaterThanOrEqual(BATCH));

  it("an event that was folded already changes nothing", () => {
    const events = [arrived(T0), arrived(T0 + 1), arrived(T0 + 2)];
    const by = { rule, nowMs: T0 + 5, fence: 1, limits: LIMITS };
    const once = fold(newGroup(rule, [NODE], { nowMs: T0 }), events, by);
    expect(fold(once, events, by)).toBe(once);
    expect(fold(once, [...events, ...events].reverse(), by)).toBe(once);
    expect(once.incident?.total).toBe(3);
  });

  it(
    "totals do not depend on how events are split, repeated, or interleaved",
    () => {
      const nodes = [NODE, "01JNODE0000000000000000002", "01JNODE0000000000000000003"];
      const lives = fc.array(
        fc.record({ node: fc.constantFrom(...nodes), afterMs: fc.integer({ min: 0, max: 5000 }) }),
        {
          minLength: 1,
          maxLength: 80,
        },
      );
      const cuts = fc.array(
        fc.record({
          size: fc.integer({ min: 1, max: 40 }),
          again: fc.integer({ min: 0, max: 3 }),
          shuffle: fc.integer(),
        }),
        { minLength: 1, maxLength: 8 },
      );
      fc.assert(
        fc.property(lives, cuts, (life, plan) => {
          const at = instants(life);
          const events = life.map(({ node }, i) => arrived(at[i] as number, { source: { node_id: node } }));
          const whole = new Shelf();
          for (let i = 0; i < events.length; i += BATCH) whole.fold(events.slice(i, i + BATCH), byOf(rule));
          const split = new Shelf();
          for (let from = 0, i = 0; from < events.length; i++) {
            const { size, again, shuffle } = plan[i % plan.length] as { size: number; again: number; shuffle: number };
            const batch = events
              .slice(from, from + size)
              .sort((a, b) => (a.event._id + shuffle < b.event._id + shuffle ? -1 : 1));
            from += size;
            for (let n = 0; n <= again; n++)
              split.fold(batch, byOf(rule), n < again ? (n % 2 === 0 ? "halfway" : "afterHubs") : "none");
          }
          expect(split.totals()).toEqual(whole.totals());
          expect(split.hubs.get("r")?.groups).toBe(whole.groups.size);
          for (const group of split.groups.values()) {
            const incident = incidentOf(group);
            expect(incident?.sparkline.reduce((sum, n) => sum + n, 0)).toBe(incident?.total);
          }
        }),
        runs,
      );
    },
    LONG_MS,
  );

  it(
    "gives the very same group however batches are cut, for every kind of rule",
    () => {
      const select = condition({ event_type: { $in: ["a", "b"] } });
      const bad = condition({ event_type: "b" });
      const kinds = [
        ruleOf({ kind: "match", select }, { resolveWhen: condition({ event_type: "c" }) }),
        ruleOf({ kind: "threshold", select, count: 4, withinMs: MINUTE }, { severity: "level" }),
        ruleOf({ kind: "threshold", select, count: 2000, withinMs: MINUTE }),
        ruleOf({ kind: "ratio", select, bad, over: 0.4, minSamples: 5, withinMs: HOUR }),
        ruleOf({ kind: "absence", select, withinMs: MINUTE, forgetMs: DAY, during: null }),
        ruleOf({
          kind: "sequence",
          select: bad,
          expect: condition({ event_type: "c" }),
          join: "event_data.n",
          within: { ms: 5 },
        }),
        ruleOf({ kind: "novelty", select, of: ["event_data"], forgetMs: DAY }),
      ];
      const event = fc.record({
        type: fc.constantFrom("a", "b", "c"),
        afterMs: fc.integer({ min: 0, max: 20_000 }),
        n: fc.integer({ min: 0, max: 4 }),
      });
      fc.assert(
        fc.property(
          fc.constantFrom(...kinds),
          fc.array(event, { maxLength: 40 }),
          fc.integer({ min: 1, max: 39 }),
          (kind, life, size) => {
            const at = instants(life);
            const events = life.map(({ type, n }, i) =>
              arrived(at[i] as number, { event_type: type, event_data: { n } }),
            );
            const by = { rule: kind, nowMs: T0 + HOUR, fence: 1, limits: LIMITS };
            const start = newGroup(kind, [NODE], { nowMs: T0 });
            let split = start;
            for (let i = 0; i < events.length; i += size) {
              split = fold(split, events.slice(i, i + size), by);
              split = fold(split, events.slice(i, i + size), by);
            }
            expect(split).toEqual(fold(start, events, by));
          },
        ),
        runs,
      );
    },
    LONG_MS,
  );
});

describe("groups", () => {
  it("are made of the values at groupBy, null where absent, JSON where no text, long ones cut", () => {
    const wide = ruleOf(
      {},
      { groupBy: ["rule", "source.node_id", "source.step_id", "event_data.at", "event_data.long"] },
    );
    const { event } = arrived(T0, { event_data: { at: { x: 1 }, long: "x".repeat(500) } });
    const key = keyOf(wide, event);
    expect(key.slice(0, 4)).toEqual(["r", NODE, null, '{"x":1}']);
    expect(key[4]?.length).toBeLessThanOrEqual(200);
    expect(keyOf(wide, arrived(T0, { event_data: { long: `${"x".repeat(499)}y` } }).event)[4]).not.toBe(key[4]);
    expect(groupId("r", key)).toMatch(/^[0-9a-f]{20}$/);
  });
  it("have whole characters, told apart where a sender sent halves", () => {
    const wide = ruleOf({}, { groupBy: ["event_data.x"] });
    const keys = ["a\ud800", "a\udc00", `${"x".repeat(181)}\ud83d\ude00${"y".repeat(90)}`].map(
      (x) => keyOf(wide, arrived(T0, { event_data: { x } }).event)[0] ?? "",
    );
    expect(keys.every((key) => key.isWellFormed() && key.length <= 200)).toBe(true);
    expect(new Set(keys).size).toBe(3);
  });
  it("are never taken for those of a role, whatever an event says", () => {
    const wide = ruleOf({}, { groupBy: ["event_data.x"], maxKeys: 3 });
    const shelf = new Shelf();
    for (const x of ["\u0000storm", "\u0000overflow", "storm", "overflow"])
      shelf.fold([arrived(T0, { event_data: { x } })], byOf(wide));
    expect([...shelf.groups.values()].map(({ role }) => role)).toEqual(["keyed", "keyed", "keyed", "overflow"]);
    expect(groupId("r", ["storm"])).not.toBe(groupId("r", "storm"));
    expect([...shelf.groups.keys()][3]).toBe(groupId("r", "overflow"));
  });
  it("are not told apart by type where one event ends what another began", () => {
    const rules = ruleOf(
      {},
      { groupBy: ["source.node_id", "event_type"], resolveWhen: condition({ event_type: "ok" }) },
    );
    expect(keyOf(rules, arrived(T0).event)).toEqual([NODE]);
  });
  it("beyond maxKeys are counted together in one incident, and nothing is lost", () => {
    const few = ruleOf({}, { maxKeys: 3 });
    const shelf = new Shelf();
    const events = Array.from({ length: 50 }, (_, i) => arrived(T0 + i, { source: { node_id: `n${i % 10}` } }));
    for (let n = 0; n < 2; n++) shelf.fold(events, byOf(few), n === 0 ? "halfway" : "none");
    expect(shelf.groups.size).toBe(4);
    const overflow = [...shelf.groups.values()].find(({ role }) => role === "overflow");
    expect(overflow?.incident).toMatchObject({ total: 35, reason: "more than 3 groups: counted together" });
    expect(Object.values(shelf.totals()).reduce<number>((sum, total) => sum + (total ?? 0), 0)).toBe(50);
  });
  it("an event that only resolves makes no group", () => {
    const ends = ruleOf({ event_type: "node_error" }, { resolveWhen: condition({ event_type: "node_start" }) });
    expect(new Shelf().fold([arrived(T0, { event_type: "node_start" })], byOf(ends)).groups).toEqual([]);
  });
  it("that are removed leave their number, so no incident id is given twice", () => {
    const shelf = new Shelf();
    shelf.fold([arrived(T0)], byOf(rule));
    const [group] = [...shelf.groups.values()] as [Group];
    const world = { ...quietWorld };
    const late = tick(group, { rule, world, nowMs: T0 + 2 * DAY });
    expect(late.gone).toBe(true);
    shelf.hubs.set("r", withoutGroup(shelf.hubs.get("r") as Hub, late.group));
    shelf.groups.clear();
    shelf.fold([arrived(T0 + 3 * DAY)], { ...byOf(rule), nowMs: T0 + 3 * DAY });
    expect([...shelf.groups.values()][0]?.incident?.number).toBe(2);
    expect(shelf.hubs.get("r")?.groups).toBe(1);
  });
  it("events of rules that are gone or off are ignored and counted", () => {
    const off = ruleOf({}, { id: "off", enabled: false });
    const folded = foldBatch([arrived(T0, {}, ["gone"]), arrived(T0, {}, ["off"])], new Shelf(), byOf(rule, off));
    expect(folded).toMatchObject({ ignored: 2, groups: [], hubs: [] });
  });
});

describe("samples", () => {
  const sampled = (event_data: MarkedEvent["event"]["event_data"], redact: readonly string[] = []) => {
    const by = { rule, nowMs: T0, fence: 1, limits: { ...LIMITS, redact } };
    return fold(newGroup(rule, [NODE], { nowMs: T0 }), [arrived(T0, { event_data })], by).incident?.newest[0];
  };
  it("are the first event and the five newest, oldest first", () => {
    const by = { rule, nowMs: T0 + MINUTE, fence: 1, limits: LIMITS };
    const events = Array.from({ length: 9 }, (_, i) => arrived(T0 + i, { _id: `s${i}` }));
    const incident = incidentOf(fold(newGroup(rule, [NODE], { nowMs: T0 }), events, by));
    expect(incident?.samples.map(({ _id }) => _id)).toEqual(["s0", "s4", "s5", "s6", "s7", "s8"]);
  });
  it("show no secrets, by key, by path and inside texts", () => {
    const sample = sampled(
      {
        message: "login failed password=hunter2 at https://bob:pw@host/x",
        user: { Password: "a", api_key: "b", note: "c" },
        pin: "1234",
      },
      ["event_data.pin"],
    );
    expect(JSON.stringify(sample)).not.toMatch(/hunter2|bob:pw|"a"|"b"|1234/);
    expect(sample?.event_data).toMatchObject({ user: { note: "c" } });
    expect(sample?.message).toContain("login failed password=[redacted]");
  });
  it("hold at most 4 KB of data, whatever it is", () => {
    const deep = (n: number): object => (n === 0 ? {} : { deep: deep(n - 1) });
    for (const data of [
      "x".repeat(1e6),
      Array(1e5).fill("yyyy"),
      deep(500),
      Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, "é".repeat(50)])),
    ])
      expect(JSON.stringify(sampled(data as never)?.event_data).length).toBeLessThanOrEqual(4096);
  });
  it("take the sentence from where senders put it, else the type", () => {
    expect(sampled("plain")?.message).toBe("plain");
    expect(sampled({ error: { message: "inner" } })?.message).toBe("inner");
    expect(sampled({ code: 7 })?.message).toBe("node_error");
  });
});

describe("storms", () => {
  it("only count, say so once, and end by themselves with the totals", () => {
    const shelf = new Shelf();
    const by = { ...byOf(rule), limits: { ...LIMITS, stormPerMinute: 100 }, nowMs: T0 + MINUTE };
    const events = Array.from({ length: 600 }, (_, i) => arrived(T0 + i * 10));
    for (let i = 0; i < events.length; i += BATCH) shelf.fold(events.slice(i, i + BATCH), by);
    const storm = [...shelf.groups.values()].find(({ role }) => role === "storm") as Group;
    const normal = [...shelf.groups.values()].find(({ role }) => role === "keyed") as Group;
    expect(normal.incident).toMatchObject({ total: 600, storm: true });
    expect(normal.incident?.newest.at(-1)?._id).toBe(events[99]?.event._id);
    expect(storm.incident).toMatchObject({ total: 500, newest: [] });
    const first = tick(storm, { rule, world: quietWorld, nowMs: T0 + 10 * SECOND });
    expect(first.drafts.map(({ occasion }) => occasion)).toEqual(["storm"]);
    const over = tick(first.group, { rule, world: quietWorld, nowMs: T0 + 10 * MINUTE });
    expect(over.drafts.map(({ occasion, incident }) => [occasion, incident.total])).toEqual([["resolved", 500]]);
    shelf.fold([arrived(T0 + 10 * MINUTE, { _id: "calm" })], { ...by, nowMs: T0 + 10 * MINUTE });
    expect(shelf.groups.get(normal.id)?.incident?.newest.at(-1)?._id).toBe("calm");
    expect(shelf.hubs.get("r")?.storm.sinceMs).toBeNull();
  });
});
