/** The reports by session and by user against MADSci's answers over the same events. */
import { describe, expect, it } from "vitest";
import { sessions, users } from "../../src/report/index.ts";
import { type Answer, answerOf, differences, type Excuse, now, storeOf, unexcused, windowOf } from "./golden.ts";

const SESSION_NAME: Excuse = {
  at: /^\.session_details\[\d+\]\.session_name$/,
  why: "Q13: MADSci never finds the name",
};
const AUTHORS: readonly Excuse[] = [
  { at: /^\.report_metadata\.workflows_with(out)?_authors$/, why: "Q16: MADSci overlooks authors of 0.5 and 0.6" },
  { at: /^\.system_summary\.(completion|author_attribution)_rate_percent$/, why: "Q16" },
  { at: /^\.system_summary\.workflows_with_known_authors$/, why: "Q16" },
];
const START: Excuse = {
  at: /\.workflows\[\d+\]\.start_time$/,
  theirs: null,
  why: "Q1, Q35: MADSci does not see the start in a log line; the completion tells it too",
};

/** MADSci's order comes from a hash set (Q18); ours is by start. */
function byId(report: Answer): Answer {
  for (const session of report.session_details)
    session.experiment_details = session.experiment_details.toSorted((a: Answer, b: Answer) =>
      a.experiment_id < b.experiment_id ? -1 : 1,
    );
  return report;
}

const SESSIONS: readonly (readonly [string, string, readonly Excuse[]])[] = [
  ["a-single-workcell-day", "sessions.json", [SESSION_NAME]],
  ["a-single-workcell-day", "sessions-window.json", [SESSION_NAME]],
  ["i-legacy-v06", "sessions.json", [SESSION_NAME]],
  ["i-legacy-v06", "sessions-window.json", [SESSION_NAME]],
  ["c-no-start-events", "sessions.json", []],
  ["c-no-start-events", "sessions-window.json", []],
  ["e-empty", "sessions.intended.json", []],
  ["e-empty", "sessions-window.json", []],
  ["k1-poison-workflow", "sessions.json", []],
  ["k1-poison-workflow", "sessions-window.json", []],
  ["k2-poison-author", "sessions.json", []],
  ["k2-poison-author", "sessions-window.json", []],
];

describe("sessions", () => {
  it.each(SESSIONS)("of %s equal MADSci's %s", async (scenario, file, excuses) => {
    await using store = await storeOf(scenario);
    const window = file.includes("window") ? windowOf(scenario) : {};
    const ours = byId(JSON.parse(JSON.stringify(await sessions(store, { ...window, now }))));
    const found = differences(ours, byId(answerOf(scenario, file)));
    expect(unexcused(found, excuses)).toEqual([]);
    expect(found.length > 0).toBe(excuses.length > 0);
  });

  it("lists experiments by start", async () => {
    await using store = await storeOf("a-single-workcell-day");
    const [session] = (await sessions(store, { now })).session_details;
    const names = session?.experiment_details.map(({ experiment_name }) => experiment_name);
    expect(names).toEqual(["Growth assay 1", "Dye mixing 2", "Growth assay 3", "Dye mixing 4"]);
    expect(session?.session_name).toBe("bio_workcell");
  });
});

const USERS: readonly (readonly [string, string, readonly Excuse[]])[] = [
  ["a-single-workcell-day", "user.json", []],
  ["a-single-workcell-day", "user-window.json", []],
  ["c-no-start-events", "user.json", []],
  ["c-no-start-events", "user-window.json", []],
  ["e-empty", "user.intended.json", []],
  ["e-empty", "user-window.json", []],
  ["h-current-emitters", "user.json", [START]],
  ["h-current-emitters", "user-window.json", [START]],
  ["i-legacy-v06", "user.json", AUTHORS],
  ["i-legacy-v06", "user-window.json", AUTHORS],
  ["k3-poison-session", "user.json", []],
  ["k3-poison-session", "user-window.json", []],
];

describe("users", () => {
  it.each(USERS)("of %s equal MADSci's %s", async (scenario, file, excuses) => {
    await using store = await storeOf(scenario);
    const window = file.includes("window") ? windowOf(scenario) : {};
    const ours = JSON.parse(JSON.stringify(await users(store, { ...window, now })));
    const found = differences(ours, answerOf(scenario, file));
    expect(unexcused(found, excuses)).toEqual([]);
    expect(found.length > 0).toBe(excuses.length > 0);
  });

  it("have totals made of the same workflows as the rows", async () => {
    await using store = await storeOf("i-legacy-v06");
    const { system_summary: totals, user_utilization } = await users(store, { now });
    const rows = Object.values(user_utilization);
    const completed = rows.reduce((sum, row) => sum + row.completed_workflows, 0);
    expect(totals.completion_rate_percent).toBe((completed / totals.total_workflows) * 100);
    expect(totals.author_attribution_rate_percent).toBe(100);
  });
});
