/** One lab day gives the same numbers in whatever notation it is told. */
import { describe, expect, it } from "vitest";
import type { Activity } from "../../src/event/activity.ts";
import { asCurrent, double, nest, rotate, wrap } from "./forms.ts";
import { eventsOf } from "./golden.ts";
import { activityOf, historyOf, MINUTE, type PlainHistory } from "./stream.ts";

const DAYS = ["a-single-workcell-day", "c-no-start-events", "i-legacy-v06"];
const FORMS: Readonly<Record<string, (day: readonly Activity[]) => Activity[]>> = {
  wrapped: (day) => day.map(wrap),
  nested: (day) => day.map(nest),
  "one form after the other": (day) => day.map(rotate),
  "typed and wrapped": (day) => day.flatMap(double),
  "as MADSci 0.7.1 sends it": (day) => day.flatMap(asCurrent),
};

/** All that a report tells of, without what only says where it was found. */
function numbersOf({ window, sessions, experiments, nodes, workflows, skipped }: PlainHistory) {
  const plainNode = ({ workcells, ...node }: PlainHistory["nodes"][number]) => node;
  const plainExperiment = ({ id, name, start, end, status, running }: PlainHistory["experiments"][number]) => ({
    id,
    name,
    start,
    end,
    status,
    running,
  });
  const plainSessions = sessions.map(({ session, active, ...share }) => ({
    session,
    active,
    experiments: share.experiments.map(({ id }) => id),
    nodes: share.nodes.map(({ node, ...times }) => ({ id: node.id, ...times })),
  }));
  const named = { experiments: experiments.map(plainExperiment), nodes: nodes.map(plainNode) };
  return { window, ...named, sessions: plainSessions, workflows, skipped };
}

describe.each(DAYS)("%s", (scenario) => {
  const day = eventsOf(scenario).map(activityOf);
  const window = { start: Number(day[0]!.instant) - MINUTE, end: Number(day.at(-1)!.instant) + MINUTE };

  it.each(Object.keys(FORMS))("is the same %s", async (form) => {
    const told = FORMS[form]!(day);
    expect(told).not.toEqual(day);
    expect(numbersOf(await historyOf(told, window))).toEqual(numbersOf(await historyOf(day, window)));
  });
});
