/** What holds for whole days of a lab, read through a store. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventStore } from "../../src/index.ts";
import { periods, type SessionsReport, sessions, users } from "../../src/report/index.ts";
import { answerOf, eventsOf, now, storeOf, windowOf } from "./golden.ts";

const DAYS = ["a-single-workcell-day", "h-current-emitters", "i-legacy-v06", "c-no-start-events"] as const;

/** What can be added: hours of sessions, of use, and of every node. */
function hoursOf({ overall_summary: all }: SessionsReport): Map<string, number> {
  const nodes = Object.entries(all.node_summary).map(([id, node]) => [id, node.total_busy_time_hours] as const);
  return new Map([
    ["sessions", all.total_session_hours],
    ["active", all.total_active_time_hours],
    ...nodes.filter(([, hours]) => hours > 0),
  ]);
}

function added(a: Map<string, number>, b: Map<string, number>): Map<string, number> {
  return new Map([...new Set([...a.keys(), ...b.keys()])].map((key) => [key, (a.get(key) ?? 0) + (b.get(key) ?? 0)]));
}

describe.each(DAYS)("%s", (scenario) => {
  it("split at any instant and added is the whole", async () => {
    await using store = await storeOf(scenario);
    const { from, to } = windowOf(scenario);
    const whole = hoursOf(await sessions(store, { from, to, now }));
    // Within the session: a part without any is one as a whole, by definition.
    const [session] = answerOf(scenario, "truth.json").sessions;
    const [first, last] = [session?.start ?? from, session?.end ?? to].map((text) =>
      Date.parse(`${text.slice(0, 19)}Z`),
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: first! * 1000 + 1e6, max: last! * 1000 - 1e6 }), async (micros) => {
        const middle = BigInt(micros);
        const parts = [
          await sessions(store, { from, to: middle, now }),
          await sessions(store, { from: middle, to, now }),
        ];
        const sum = added(hoursOf(parts[0]!), hoursOf(parts[1]!));
        expect([...sum.keys()].sort()).toEqual([...whole.keys()].sort());
        for (const [key, hours] of whole) expect(sum.get(key), key).toBeCloseTo(hours, 9);
      }),
      { numRuns: 15 },
    );
  });

  it("sent in any order gives the same reports", async () => {
    await using inOrder = await storeOf(scenario);
    const options = { ...windowOf(scenario), now };
    const expected = [await sessions(inOrder, options), await periods(inOrder, options), await users(inOrder, options)];
    const events = eventsOf(scenario);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(events, { minLength: events.length }), async (shuffled) => {
        await using store = await EventStore.open("memory:", { naiveTimezone: "UTC" });
        await store.append(shuffled);
        const told = [await sessions(store, options), await periods(store, options), await users(store, options)];
        expect(told).toEqual(expected);
      }),
      { numRuns: 4 },
    );
  });

  it("sent twice gives the same reports", async () => {
    await using store = await storeOf(scenario);
    const options = { ...windowOf(scenario), now };
    const once = await sessions(store, options);
    // The same facts under other ids, as a client that lost the answer would send them.
    await store.append(eventsOf(scenario).map((event) => ({ ...event, _id: `again-${event._id}` })));
    const twice = await sessions(store, options);
    expect({ ...twice, report_metadata: once.report_metadata }).toEqual(once);
  });
});
