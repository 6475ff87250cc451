/** Events of any content: a report is told, its numbers are numbers, and no time is longer than what it lies in. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { ACTIVITY_PATHS, ACTIVITY_TYPES, type Activity } from "../../src/event/activity.ts";
import type { Json } from "../../src/event/json.ts";
import { periods, periodsCsv, sessions, sessionsCsv, users, usersCsv } from "../../src/report/index.ts";

const FIRST = BigInt(Date.UTC(2025, 2, 8)) * 1000n;
const HOUR = 3_600_000_000n;

const ids = fc.constantFrom("a", "b", "__proto__", "constructor", "7", "=cmd()", "");
const statuses = fc.constantFrom(
  "running",
  "succeeded",
  "failed",
  "paused",
  "ActionStatus.SUCCEEDED",
  "completed",
  "odd",
);
const times = fc.constantFrom("2025-03-08T05:00:00", "2025-03-08T07:00:00Z", "never", "");
const odd = fc.oneof(fc.constantFrom(null, true, -1, 1e308, 5e-324, "12.3s", "-4s"), fc.jsonValue({ maxDepth: 2 }));
const value = fc.oneof(
  { weight: 4, arbitrary: ids },
  { weight: 3, arbitrary: statuses },
  { weight: 1, arbitrary: times },
  { weight: 2, arbitrary: odd },
);

/** Some of the paths that are read of a type, with anything in them. */
function payload(type: keyof typeof ACTIVITY_PATHS): fc.Arbitrary<Json> {
  const entry = fc.tuple(fc.constantFrom<string>(...ACTIVITY_PATHS[type]), value);
  const filled = fc.array(entry, { maxLength: 8 }).map((entries) => {
    const data: Record<string, Json> = {};
    for (const [path, content] of entries) {
      const keys = path.split(".");
      const last = keys.pop()!;
      let place: Record<string, Json> = data;
      for (const key of keys) {
        if (typeof place[key] !== "object" || place[key] === null) place[key] = {};
        place = place[key] as Record<string, Json>;
      }
      place[last] = content as Json;
    }
    return data as Json;
  });
  return fc.oneof({ weight: 9, arbitrary: filled }, { weight: 1, arbitrary: odd as fc.Arbitrary<Json> });
}

const said = fc.constantFrom(...ACTIVITY_TYPES).chain((type) =>
  fc
    .record({ data: payload(type), form: fc.constantFrom("typed", "typed", "wrapped", "nested") })
    .map(({ data, form }) => {
      if (form === "typed") return { event_type: type as string, event_data: data };
      const inner = { ...(data as object), event_type: type } as Json;
      const nested = { message: { event_type: type, event_data: data } } as Json;
      return { event_type: "log_info", event_data: form === "wrapped" ? inner : nested };
    }),
);
const source = fc.record(
  { workcell_id: ids, node_id: ids, experiment_id: ids, workflow_id: ids, manager_id: ids, lab_id: ids },
  { requiredKeys: [] },
);
const activities = fc
  .array(fc.record({ said, source, hour: fc.integer({ min: -30, max: 60 }), log_level: fc.constantFrom(20, 40) }), {
    maxLength: 40,
  })
  .map((all) =>
    all
      .toSorted((x, y) => x.hour - y.hour)
      .map(({ said, source, hour, log_level }, index): Activity => {
        const instant = FIRST + (BigInt(hour) * HOUR) / 2n;
        return { _id: `id${String(index).padStart(3, "0")}`, instant, log_level, source, ...said };
      }),
  );

/** Every number of an answer, with its path. */
function numbersOf(answer: unknown, path = ""): [string, number][] {
  if (typeof answer === "number") return [[path, answer]];
  if (typeof answer !== "object" || answer === null) return [];
  return Object.entries(answer).flatMap(([key, inner]) => numbersOf(inner, `${path}.${key}`));
}

const window = { from: FIRST, to: FIRST + 24n * HOUR };
const type = fc.constantFrom("hourly", "daily", "weekly", "monthly");
const options = { numRuns: 400 };

it("gives reports whose numbers are finite and whose percentages lie within 0 and 100", async () => {
  await fc.assert(
    fc.asyncProperty(activities, type, async (all, analysisType) => {
      const answers = [
        await sessions(all, window),
        await periods(all, { ...window, analysisType, timezone: "America/New_York" }),
        await users(all, window),
      ];
      for (const answer of answers) {
        for (const [path, number] of numbersOf(answer)) {
          expect(Number.isFinite(number), `${path} is ${number}`).toBe(true);
          if (!/percent$|utilization$/.test(path) || path.includes("change_percent")) continue;
          expect(number >= 0 && number <= 100, `${path} is ${number}`).toBe(true);
        }
        // Keys such as __proto__ are still there.
        expect(numbersOf(JSON.parse(JSON.stringify(answer)))).toEqual(numbersOf(answer));
      }
    }),
    options,
  );
});

it.each([
  ["a number no lab can mean", { duration_seconds: 1e308 }, 2],
  ["text of many digits", { workflow_duration: `${"9".repeat(400)}s` }, 0],
])("adds up workflows whose duration is %s", async (_, length, skipped) => {
  const ends = ["a", "b"].map((id, index) => ({
    ...{ _id: id, instant: FIRST + BigInt(index), event_type: "workflow_complete", log_level: 20, source: {} },
    event_data: { workflow_id: id, status: "completed", ...length },
  }));
  const { system_summary, report_metadata } = await users(ends, window);
  expect(system_summary).toMatchObject({ total_workflows: 2, total_runtime_hours: 0 });
  expect(report_metadata.skipped_events).toBe(skipped);
});

it("has busy and error time within up time, up time within the session, the parts within the whole", async () => {
  await fc.assert(
    fc.asyncProperty(activities, async (all) => {
      const { session_details, overall_summary } = await sessions(all, window);
      expect(session_details.length).toBeGreaterThan(0);
      for (const session of session_details) {
        const length = session.duration_hours + 1e-9;
        expect(session.active_time_hours).toBeLessThanOrEqual(length);
        expect(session.start_time >= "2025-03-08T00:00:00" && session.end_time <= "2025-03-09T00:00:00").toBe(true);
        for (const node of Object.values(session.node_utilizations)) {
          expect(node.busy_time_hours).toBeLessThanOrEqual(node.up_time_hours);
          expect(node.error_time_hours).toBeLessThanOrEqual(node.up_time_hours);
          expect(node.up_time_hours).toBeLessThanOrEqual(length);
        }
      }
      expect(overall_summary.total_system_runtime_hours).toBeLessThanOrEqual(24);
      expect(overall_summary.total_system_runtime_hours).toBeLessThanOrEqual(
        overall_summary.total_session_hours + 1e-9,
      );
    }),
    options,
  );
});

it("gives CSV in which no cell of text begins a formula", async () => {
  await fc.assert(
    fc.asyncProperty(activities, async (all) => {
      const lines = [
        ...sessionsCsv(await sessions(all, window)),
        ...periodsCsv(await periods(all, window)),
        ...usersCsv(await users(all, window)),
      ];
      for (const line of lines) {
        expect(line.endsWith("\r\n")).toBe(true);
        // Headings of sections are MADSci's own.
        if (line.startsWith("===")) continue;
        for (const [, cell] of line.matchAll(/(?:^|,)("(?:[^"]|"")*"|[^,]*)/g)) expect(cell).not.toMatch(/^"?[=@]/);
      }
    }),
    { numRuns: 100 },
  );
});
