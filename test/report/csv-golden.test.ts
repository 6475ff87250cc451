/** MADSci's own answers, written as CSV by us, are MADSci's own CSV files, byte for byte. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { periodsCsv } from "../../src/report/periods-csv.ts";
import { sessionsCsv } from "../../src/report/sessions-csv.ts";
import { usersCsv } from "../../src/report/users-csv.ts";

const golden = join(import.meta.dirname, "golden");
const files = readdirSync(golden, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".csv"));

function written(file: string): string {
  const report = JSON.parse(readFileSync(join(golden, file.replace(/csv$/, "json")), "utf8"));
  // Where MADSci failed to make this part, it has an error there, which ours never has, and no users.
  if (report.user_utilization?.error !== undefined) report.user_utilization = { top_users: [] };
  const name = basename(file);
  const write = name.startsWith("sessions") ? sessionsCsv : name.startsWith("user") ? usersCsv : periodsCsv;
  return [...(write as (report: unknown) => Iterable<string>)(report)].join("");
}

it("finds MADSci's files of every kind", () => {
  const kinds = new Set(files.map((file) => basename(file).replace(/\..*/, "")));
  const periods = ["daily", "daily-with-users", "hourly", "monthly", "weekly"].map((kind) => `periods-${kind}`);
  expect([...kinds].sort()).toEqual([...periods, "sessions", "user"]);
});

it.each(files)("%s", (file) => {
  expect(written(file)).toBe(readFileSync(join(golden, file), "utf8"));
});
