import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sessionsCsv } from "../../src/report/sessions-csv.ts";
import type { SessionsReport } from "../../src/report/sessions-shape.ts";

const file = join(import.meta.dirname, "golden/a-single-workcell-day/sessions.json");
const report: SessionsReport = JSON.parse(readFileSync(file, "utf8"));
const named = (session_name: string) => ({ session_details: [{ ...report.session_details[0]!, session_name }] });

it("guards names that come from events", () => {
  const lines = [...sessionsCsv({ ...report, ...named("@cell, the first") })];
  expect(lines.filter((line) => line.includes("@cell"))).toEqual([
    expect.stringMatching(/^workcell,"'@cell, the first",2025/),
  ]);
});

it("leaves them as they are where that is not wanted", () => {
  const lines = [...sessionsCsv({ ...report, ...named("@cell") }, { formulaGuard: false })];
  expect(lines.filter((line) => line.includes("@cell"))).toEqual([expect.stringMatching(/^workcell,@cell,2025/)]);
});
