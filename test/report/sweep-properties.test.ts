/** What holds for any day: the sweep equals a plain oracle, and its times fit into one another. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Interval } from "../../src/report/types.ts";
import { activityFor, answer, at, intervalsOf, type Line, type Step, TICK } from "./oracle.ts";
import { subtract, total, union } from "./spans.ts";
import { historyOf, type PlainHistory } from "./stream.ts";

const TICKS = 24;
const MANY = { numRuns: process.env.FUZZ ? 50_000 : 1000 };
const SOME = { numRuns: MANY.numRuns / 4 };

const workcell = fc.constantFrom("W", "V");
const node = fc.constantFrom("N", "M");
const action = fc.constantFrom("1", "2", "3");
const as = <T extends Step>(step: fc.Arbitrary<Omit<T, never>>) => step as fc.Arbitrary<Step>;
const sessionStep = as(
  fc.record({
    say: fc.constant("workcell"),
    step: fc.constantFrom("start", "stop"),
    of: workcell,
    wrapped: fc.boolean(),
  }) as fc.Arbitrary<Step>,
);
const experimentStep = as(
  fc.record({
    say: fc.constant("experiment"),
    step: fc.constantFrom("start", "start", "pause", "continued", "complete"),
    of: fc.constantFrom("X", "Y"),
  }) as fc.Arbitrary<Step>,
);
const nodeStep = as(
  fc.record({
    say: fc.constant("node"),
    step: fc.constantFrom("start", "stop", "error", "status_update"),
    of: node,
  }) as fc.Arbitrary<Step>,
);
const actionStep = as(
  fc.record({
    say: fc.constant("action"),
    step: fc.constantFrom("running", "running", "succeeded", "failed", "unknown", "paused"),
    of: action,
    node,
  }) as fc.Arbitrary<Step>,
);
/** Each workcell has a node of its own. */
const sentStep = fc
  .tuple(fc.constantFrom("start", "complete"), action, fc.constantFrom(["N", "W"], ["M", "V"]))
  .map(([step, of, [node, workcell]]) => ({ say: "sent", step, of, node, workcell }) as Step);
const anyStep = fc.oneof(sessionStep, experimentStep, nodeStep, actionStep, actionStep, sentStep);

const linesOf = (step: fc.Arbitrary<Step>) =>
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: TICKS - 1 }), step), { maxLength: 30 })
    .map((lines): Line[] => lines.toSorted(([a], [b]) => a - b));

const windowOf = fc
  .tuple(fc.integer({ min: 0, max: TICKS - 1 }), fc.integer({ min: 1, max: TICKS }))
  .map(([from, length]): [number, number] => [from, Math.min(TICKS, from + length)]);

const told = (lines: readonly Line[], from: number, to: number) =>
  historyOf(lines.map(activityFor), { start: at(from), end: at(to) });

const own = (history: PlainHistory) => history.sessions.filter(({ session }) => session.type !== "default_analysis");

describe("any day", () => {
  it("is what going through it tick by tick tells", async () => {
    await fc.assert(
      fc.asyncProperty(linesOf(anyStep), windowOf, async (lines, [from, to]) => {
        const history = await told(lines, from, to);
        const expected = answer(lines, from, to);
        const sessions = own(history).map(({ session }) => ({
          id: session.id,
          start: session.start,
          end: session.end,
        }));
        const byStart = expected.sessions.toSorted((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1));
        expect(sessions).toEqual(byStart.map(({ id, start, end }) => ({ id, start: at(start), end: at(end) })));
        for (const [id, ticks] of expected.running)
          expect(history.experiments.find((one) => one.id === id)?.running ?? []).toEqual(intervalsOf(ticks));
        for (const { id, up, busy, error } of history.nodes) {
          expect({ id, up }).toEqual({ id, up: intervalsOf(expected.up.get(id)!) });
          expect({ id, busy }).toEqual({ id, busy: intervalsOf(expected.busy.get(id)!) });
          expect({ id, error }).toEqual({ id, error: intervalsOf(expected.error.get(id)!) });
        }
        const listed = new Set(history.nodes.map(({ id }) => id));
        for (const [id, ticks] of expected.busy) if (ticks.length > 0) expect(listed).toContain(id);
      }),
      MANY,
    );
  });

  it("has busy time within up time within its session, and shares that add up to the nodes' own time", async () => {
    const within = (inner: readonly Interval[], outer: readonly Interval[]) =>
      expect(subtract(inner, outer)).toEqual([]);
    await fc.assert(
      fc.asyncProperty(linesOf(anyStep), windowOf, async (lines, [from, to]) => {
        const { window, sessions, nodes } = await told(lines, from, to);
        for (const { session, active, nodes: shares } of sessions) {
          within([session], [window]);
          within(active, [session]);
          for (const { up, busy, error } of shares) {
            within(up, [session]);
            within(busy, up);
            within(error, up);
          }
        }
        for (const node of nodes) {
          const parts = sessions.flatMap((share) => share.nodes.filter((part) => part.node === node));
          expect(union(parts.flatMap(({ busy }) => busy))).toEqual(node.busy);
        }
      }),
      SOME,
    );
  });

  it("does not depend on the order of arrival", async () => {
    const shuffled = linesOf(anyStep).chain((lines) => {
      const activities = lines.map(activityFor);
      return fc.tuple(fc.constant(activities), fc.shuffledSubarray(activities, { minLength: activities.length }));
    });
    await fc.assert(
      fc.asyncProperty(shuffled, windowOf, async ([activities, mixed], [from, to]) => {
        const window = { start: at(from), end: at(to) };
        expect(await historyOf(mixed, window)).toEqual(await historyOf(activities, window));
      }),
      SOME,
    );
  });
});

describe("a window split in two", () => {
  it("has the time and the starts of the whole", async () => {
    const step = fc.oneof(sessionStep, experimentStep, nodeStep, actionStep, actionStep);
    const cutAt = fc.integer({ min: 1, max: TICKS * 4 - 1 }).map((quarters) => at(0) + (quarters * TICK) / 4);
    await fc.assert(
      fc.asyncProperty(linesOf(step), cutAt, async (lines, middle) => {
        const activities = lines.map(activityFor);
        const [start, end] = [at(0), at(TICKS)];
        const whole = timesOf(await historyOf(activities, { start, end }));
        const first = timesOf(await historyOf(activities, { start, end: middle }));
        const second = timesOf(await historyOf(activities, { start: middle, end }));
        expect(whole).toEqual(sum(first, second));
      }),
      MANY,
    );
  });
});

/** Lengths and counts of sessions that were told of. */
function timesOf(history: PlainHistory): Map<string, number> {
  const times = new Map<string, number>();
  const add = (name: string, value: number) => value > 0 && times.set(name, (times.get(name) ?? 0) + value);
  add("union", total(union(own(history).map(({ session }) => session))));
  add("active", total(union(own(history).flatMap(({ active }) => active))));
  for (const { session, active, nodes } of own(history)) {
    add(`session ${session.id}`, session.end - session.start);
    add(`active ${session.id}`, total(active));
    for (const { node, busy } of nodes) add(`busy ${session.id} ${node.id}`, total(busy));
  }
  const { start } = history.window;
  for (const experiment of history.experiments) {
    add(`running ${experiment.id}`, total(experiment.running));
    add("starts", experiment.start >= start ? 1 : 0);
  }
  return times;
}

function sum(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): Map<string, number> {
  const both = new Map(a);
  for (const [name, value] of b) both.set(name, (both.get(name) ?? 0) + value);
  return both;
}
