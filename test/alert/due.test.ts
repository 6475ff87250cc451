/** Properties of ticking: when it is due, that records lose nothing, and that no notice is given twice. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readySilence } from "../../src/alert/silence.ts";
import { tick } from "../../src/alert/tick.ts";
import { parseJson, stringifyJson } from "../../src/event/json.ts";
import { arrived, Bench, condition, DAY, HOUR, MINUTE, NODE, ruleOf, SECOND } from "./lab.ts";

describe("dueAt", () => {
  const receivers = new Map([
    ["ops", { name: "ops", channels: ["mail"], escalate: [{ afterMs: 7 * MINUTE, channels: ["pager"] }] }],
  ]);
  const silence = {
    silence_id: "s",
    selector: { rule: "r" },
    starts_at: "2026-03-02T10:20:00.000Z",
    ends_at: "2026-03-02T11:00:00.000Z",
    author: "ada",
    comment: "",
    weekly: null,
  };
  const worlds = [
    {},
    { receivers },
    { silences: [readySilence(silence)] },
    { quietHours: { timezone: "UTC", from: "10:30", to: "11:15", except: [] } },
  ];
  const ended = condition({ event_type: "node_start" });
  const rules = [
    ruleOf({ event_type: "node_error" }, { resolveWhen: ended }),
    ruleOf({}, { forMs: 90 * SECOND, resolveAfterMs: 4 * MINUTE }),
    ruleOf({}, { burst: 3, groupWaitMs: 0 }),
    ruleOf({ kind: "threshold", select: condition({}), count: 3, withinMs: 10 * MINUTE }, {}),
    ruleOf({ kind: "threshold", select: condition({}), count: 2, withinMs: 10 * MINUTE }, { forMs: 12 * MINUTE }),
    ruleOf(
      { kind: "ratio", select: condition({}), bad: ended, over: 0.4, minSamples: 2, withinMs: 20 * MINUTE },
      { forMs: 10 * MINUTE },
    ),
    ruleOf({ kind: "absence", select: condition({}), withinMs: 2 * MINUTE, during: null, forgetMs: DAY }, {}),
    ruleOf(
      {
        kind: "sequence",
        select: condition({ event_type: "node_error" }),
        expect: ended,
        join: "source.node_id",
        within: { ms: 3 * MINUTE },
      },
      {},
    ),
  ];
  const life = fc.record({
    rule: fc.constantFrom(...rules),
    world: fc.constantFrom(...worlds),
    moves: fc.array(
      fc.record({ ms: fc.integer({ min: 0, max: 20 * MINUTE }), type: fc.constantFrom("node_error", "node_start") }),
      { maxLength: 12 },
    ),
  });
  const runs = { numRuns: process.env.FUZZ ? 1000 : 60 };
  const LONG_MS = 180_000;

  it(
    "is when something happens; before it nothing does",
    () => {
      fc.assert(
        fc.property(life, fc.double({ min: 0, max: 0.999, noNaN: true }), ({ rule, world, moves }, part) => {
          const bench = new Bench(rule, world);
          for (const { ms, type } of moves) {
            bench.advance(ms).event({ event_type: type });
            const dueMs = bench.dueMs();
            if (dueMs === null) continue;
            expect(dueMs).toBeGreaterThan(bench.nowMs);
            const silenced = "silences" in world;
            const at = { rule, world: bench.world, nowMs: Math.floor(bench.nowMs + (dueMs - bench.nowMs) * part) };
            if (!silenced) expect(tick(bench.group, at).group).toBe(bench.group);
            const done = tick(bench.group, { ...at, nowMs: dueMs });
            expect(done.group !== bench.group || done.gone).toBe(true);
          }
        }),
        runs,
      );
    },
    LONG_MS,
  );
  it(
    "a group read back from its record goes on as if it had never been written",
    () => {
      fc.assert(
        fc.property(life, ({ rule, world, moves }) => {
          const kept = new Bench(rule, world);
          const read = new Bench(rule, world);
          for (const { ms, type } of moves) {
            const events = [arrived(kept.nowMs + ms, { event_type: type, source: { node_id: NODE } })];
            kept.advance(ms).fold(events);
            read.advance(ms).fold(events);
            read.group = parseJson(stringifyJson(read.group)) as unknown as typeof read.group;
          }
          expect(read.group).toEqual(kept.group);
          expect(read.spoken).toEqual(kept.spoken);
        }),
        runs,
      );
    },
    LONG_MS,
  );
  it(
    "never says the same sequence of an incident twice, however the clock jumps",
    () => {
      fc.assert(
        fc.property(
          life,
          fc.array(fc.integer({ min: -HOUR, max: HOUR }), { maxLength: 12 }),
          ({ rule, world, moves }, jumps) => {
            const bench = new Bench(rule, world);
            moves.forEach(({ ms, type }, i) => {
              bench.advance(ms).event({ event_type: type });
              bench.nowMs += jumps[i] ?? 0;
              bench.tick();
            });
            const ids = bench.spoken.map(({ draft }) => `${draft.incident.incident_id}/${draft.sequence}`);
            expect(new Set(ids).size).toBe(ids.length);
            expect(ids.length).toBeLessThan(200);
          },
        ),
        runs,
      );
    },
    LONG_MS,
  );
});
