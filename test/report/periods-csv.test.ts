import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { periodsCsv } from "../../src/report/periods-csv.ts";
import type { ExperimentRow, PeriodsReport } from "../../src/report/periods-shape.ts";

const file = join(import.meta.dirname, "golden/a-single-workcell-day/periods-daily-with-users.intended.json");
const report: PeriodsReport = JSON.parse(readFileSync(file, "utf8"));
const lines = (changed: Partial<PeriodsReport>, options = {}) =>
  [...periodsCsv({ ...report, ...changed }, options)].map((line) => line.replace(/\r\n$/, ""));

const [experiment] = report.experiment_details.experiments as [ExperimentRow];

it("says how many experiments are not in the list", () => {
  const experiment_details = { total_experiments: 53, experiments: [experiment, experiment] };
  const written = lines({ experiment_details });
  expect(written.slice(-2)).toEqual(["... and 51 more experiments", ""]);
  expect(written.filter((line) => line.startsWith(experiment.experiment_id))).toHaveLength(2);
});

it("leaves what an unfinished experiment has not yet empty", () => {
  const open = {
    ...experiment,
    end_time: null,
    status: "in_progress",
    duration_hours: null,
    duration_display: "Ongoing",
  };
  const written = lines({ experiment_details: { total_experiments: 1, experiments: [open] } });
  const { experiment_id, experiment_name, start_time } = experiment;
  expect(written.at(-2)).toBe(`${experiment_id},${experiment_name},${start_time},,in_progress,,Ongoing`);
});

it("has a section of users where the report has it, and else none", () => {
  expect(lines({})).toContain("=== USER UTILIZATION ===");
  expect(lines({ user_utilization: undefined })).not.toContain("=== USER UTILIZATION ===");
});

it("guards names that come from events, and no title of ours", () => {
  const experiment_details = {
    total_experiments: 1,
    experiments: [{ ...experiment, experiment_name: "=cmd|'/c calc'!A0" }],
  };
  const users = report.user_utilization!;
  const user_utilization = { ...users, top_users: [{ ...users.top_users[0]!, author: "+evil, twice" }] };
  const guarded = lines({ experiment_details, user_utilization });
  expect(guarded[0]).toBe("=== UTILIZATION PERIODS REPORT ===");
  expect(guarded.filter((line) => /^=/.test(line) && !/^=== [A-Z ]+ ===$/.test(line))).toEqual([]);
  expect(guarded.at(-2)).toContain(`,'=cmd|'/c calc'!A0,`);
  expect(guarded.filter((line) => line.includes("evil"))).toEqual([expect.stringMatching(/^"'\+evil, twice",10,/)]);
  const raw = lines({ experiment_details, user_utilization }, { formulaGuard: false });
  expect(raw.at(-2)).toContain(`,=cmd|'/c calc'!A0,`);
  expect(raw.filter((line) => line.includes("evil"))).toEqual([expect.stringMatching(/^"\+evil, twice",10,/)]);
});
