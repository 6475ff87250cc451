/** Sightings keep little of what they are told: what a lab tells of its nodes, against looking through all of it again. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Activity } from "../../src/event/activity.ts";
import type { Interval } from "../../src/report/types.ts";
import { union } from "./spans.ts";
import { historyOf, told } from "./stream.ts";

const RUNS = { numRuns: process.env.FUZZ ? 30_000 : 1000 };
const TICKS = 12;
const TICK = 60_000_000;
const at = (tick: number) => 1_750_000_000_000_000 + tick * TICK;
const W = { workcell_id: "W" };

type Step = "start" | "error" | "status_update" | "succeeded" | "seen" | "session";
interface Line {
  readonly tick: number;
  readonly step: Step;
  readonly node: "N" | "M";
  /** Told by the workcell, of the node's name. */
  readonly byName: boolean;
}

const line = fc.record({
  tick: fc.integer({ min: 0, max: TICKS - 1 }),
  step: fc.constantFrom<Step>("start", "error", "error", "status_update", "succeeded", "seen", "session"),
  node: fc.constantFrom("N" as const, "M" as const),
  byName: fc.boolean(),
});
const linesOf = fc.array(line, { maxLength: 30 }).map((lines) => lines.toSorted((a, b) => a.tick - b.tick));
const fromTick = fc.integer({ min: 0, max: TICKS - 1 });

function activityFor({ tick, step, node, byName }: Line, order: number): Activity {
  if (step === "session") return told(at(tick), "workcell_start", W);
  const name = { node_name: node.toLowerCase() };
  const source = byName ? W : { ...W, node_id: node };
  if (step === "succeeded")
    return told(at(tick), "action_status_change", source, { ...name, action_id: `A${order}`, status: "succeeded" });
  if (step === "seen") return told(at(tick), "node_status_update", source, { ...name, error: "lost" });
  return told(at(tick), `node_${step}`, source, name);
}

const isOf = (id: string) => (line: Line) => line.node === id && line.step !== "session";

/** Time in error from the window's start on. */
function errorsOf(id: string, lines: readonly Line[], from: number): Interval[] {
  const errors: Interval[] = [];
  let since: number | undefined;
  for (const { tick, step } of lines.filter(isOf(id))) {
    if (step === "error") since ??= tick;
    if (step === "error" || step === "seen" || since === undefined) continue;
    errors.push({ start: at(since), end: at(tick) });
    since = undefined;
  }
  if (since !== undefined) errors.push({ start: at(since), end: at(TICKS) });
  return union(errors.map(({ start, end }) => ({ start: Math.max(start, at(from)), end })));
}

describe("of whatever is told of nodes, by id and by name", () => {
  it("the time in error is that of all marks", async () => {
    await fc.assert(
      fc.asyncProperty(linesOf, fromTick, async (lines, from) => {
        // Both are known, and up, from before on: only errors are looked at.
        const known = (["N", "M"] as const).map((node) =>
          told(at(-1), "node_start", { ...W, node_id: node }, { node_name: node.toLowerCase() }),
        );
        const { nodes } = await historyOf([...known, ...lines.map(activityFor)], { start: at(from), end: at(TICKS) });
        for (const { id, error } of nodes) expect([id, error]).toEqual([id, errorsOf(id, lines, from)]);
      }),
      RUNS,
    );
  });

  it("each session lists first those told of in it, in that order", async () => {
    await fc.assert(
      fc.asyncProperty(linesOf, fromTick, async (lines, from) => {
        const known = (["N", "M"] as const).map((node) =>
          told(at(-1), "node_start", { ...W, node_id: node }, { node_name: node.toLowerCase() }),
        );
        const { sessions } = await historyOf([...known, ...lines.map(activityFor)], {
          start: at(from),
          end: at(TICKS),
        });
        for (const { session, nodes } of sessions) {
          const firsts = ["N", "M"].flatMap((id) => {
            const first = lines.find(
              (one) => isOf(id)(one) && at(one.tick) >= session.start && at(one.tick) < session.end,
            );
            return first === undefined ? [] : [{ id, tick: first.tick }];
          });
          const expected = firsts.sort((a, b) => a.tick - b.tick).map(({ id }) => id);
          expect(nodes.slice(0, expected.length).map(({ node }) => node.id)).toEqual(expected);
        }
      }),
      RUNS,
    );
  });
});
