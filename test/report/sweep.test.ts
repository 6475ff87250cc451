/** The sweep against independent totals of the golden scenarios. */
import { describe, expect, it } from "vitest";
import { answerOf, eventsOf, SCENARIOS } from "./golden.ts";
import { total, union } from "./spans.ts";
import { activityOf, historyOf, hours, MINUTE, type PlainHistory } from "./stream.ts";

interface Truth {
  readonly sessions: readonly { readonly id: string; readonly hours: number }[];
  readonly session_union_hours: number;
  readonly session_sum_hours: number;
  readonly distinct_experiments_started: number;
  readonly experiment_union_hours: number;
  readonly node_busy_hours: Readonly<Record<string, { readonly name: string; readonly hours: number }>>;
  readonly distinct_workflows: number;
}

const told = SCENARIOS.filter((scenario) => scenario !== "e-empty");

describe.each(told)("sweep of %s", (scenario) => {
  const truth = answerOf(scenario, "truth.json") as Truth;

  it("finds the true sessions", async () => {
    const { sessions } = await historyOf(eventsOf(scenario));
    const found = sessions.map(({ session }) => session).filter(({ type }) => type !== "default_analysis");
    expect(found.map(({ id }) => id)).toEqual(truth.sessions.map(({ id }) => id));
    for (const [index, session] of found.entries())
      expect(hours([session])).toBeCloseTo(truth.sessions[index]!.hours, 6);
    expect(hours(union(found))).toBeCloseTo(truth.session_union_hours, 6);
    expect(hours(found)).toBeCloseTo(truth.session_sum_hours, 6);
  });

  it("finds the true experiments", async () => {
    const { experiments } = await historyOf(eventsOf(scenario));
    expect(experiments).toHaveLength(truth.distinct_experiments_started);
    expect(hours(union(experiments.flatMap(({ running }) => running)))).toBeCloseTo(truth.experiment_union_hours, 6);
  });

  it("finds the true busy time of every node", async () => {
    const { nodes } = await historyOf(eventsOf(scenario));
    const found = Object.fromEntries(nodes.map(({ id, name, busy }) => [id, { name, hours: hours(busy) }]));
    expect(Object.keys(found).sort()).toEqual(Object.keys(truth.node_busy_hours).sort());
    for (const [id, node] of Object.entries(truth.node_busy_hours)) {
      expect(found[id]?.name).toBe(node.name);
      expect(found[id]?.hours).toBeCloseTo(node.hours, 6);
    }
  });

  it("finds every workflow once", async () => {
    expect((await historyOf(eventsOf(scenario))).workflows).toHaveLength(truth.distinct_workflows);
  });
});

describe.each(["a-single-workcell-day", "h-current-emitters", "i-legacy-v06", "c-no-start-events"])(
  "%s",
  (scenario) => {
    it("split at the instant of an event, or just after it, is the whole", async () => {
      const activities = eventsOf(scenario).map(activityOf);
      const start = Number(activities[0]!.instant) - MINUTE;
      const end = Number(activities.at(-1)!.instant) + MINUTE;
      const whole = timesOf(await historyOf(activities, { start, end }));
      for (const [index, { instant }] of activities.entries()) {
        const middle = Number(instant) + (index % 2);
        if (index % 3 !== 0) continue;
        const first = timesOf(await historyOf(activities, { start, end: middle }));
        const second = timesOf(await historyOf(activities, { start: middle, end }));
        for (const [name, time] of Object.entries(whole))
          expect((first[name] ?? 0) + (second[name] ?? 0), `${name} at ${index}`).toBe(time);
      }
    });
  },
);

/** Microseconds of sessions that were told of, of experiments, and of the work of each node. */
function timesOf({ sessions, experiments, nodes }: PlainHistory): Readonly<Record<string, number>> {
  const told = sessions.map(({ session }) => session).filter(({ type }) => type !== "default_analysis");
  return {
    sessions: total(union(told)),
    running: total(union(experiments.flatMap(({ running }) => running))),
    ...Object.fromEntries(nodes.map(({ id, busy }) => [id, total(busy)])),
  };
}
