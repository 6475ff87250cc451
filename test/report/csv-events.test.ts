/** From a lab's events to CSV: MADSci's files but for what it has wrong (spec section 15.6). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type AnalysisType,
  periods,
  periodsCsv,
  sessions,
  sessionsCsv,
  users,
  usersCsv,
} from "../../src/report/index.ts";
import { now, storeOf, windowOf } from "./golden.ts";

/** Title of the section → columns that may differ, and by how much; by anything where no number is told. */
type Excuses = Readonly<Record<string, Readonly<Record<number, number | undefined>>>>;
/** Which MADSci never finds. */
const SESSION_NAME: Excuses = { "SESSION DETAILS": { 1: undefined } };
/** Which MADSci rounds to one decimal before it takes the mean. */
const PERCENT: Excuses = { "NODE SUMMARY": { 3: 0.0501, 4: 0.0501 }, "WORKCELL SUMMARY": { 3: 0.0501, 4: 0.0501 } };
/** Which MADSci reads in one of its forms only. */
const EXPERIMENT_NAME: Excuses = { "EXPERIMENT DETAILS": { 1: undefined } };

async function ours(scenario: string, file: string): Promise<string> {
  await using store = await storeOf(scenario);
  if (file.startsWith("sessions")) return [...sessionsCsv(await sessions(store, { now }))].join("");
  if (file.startsWith("user")) return [...usersCsv(await users(store, { now }))].join("");
  const analysisType = file.split(/[-.]/)[1] as AnalysisType;
  const includeUsers = file.includes("with-users");
  const report = await periods(store, { ...windowOf(scenario), now, analysisType, includeUsers });
  return [...periodsCsv(report)].join("");
}

/** Equal text, or floats equal but for their last digits. */
function same(a: string, b: string, within: number): boolean {
  if (a === b) return true;
  return /^\d+\.\d+$/.test(a) && /^\d+\.\d+$/.test(b) && Math.abs(Number(a) - Number(b)) <= within;
}

function differences(a: string, b: string, excuses: Excuses): string[] {
  let section = "";
  const [mine, theirs] = [a.split("\r\n"), b.split("\r\n")];
  return Array.from({ length: Math.max(mine.length, theirs.length) }, (_, at) => [mine[at], theirs[at]]).flatMap(
    ([left = "", right = ""]) => {
      section = /^=== (.*) ===$/.exec(right)?.[1] ?? section;
      const [cells, want] = [left.split(","), right.split(",")];
      const excused = excuses[section] ?? {};
      const equal =
        cells.length === want.length &&
        cells.every((cell, at) => {
          if (at in excused && excused[at] === undefined) return cell !== "";
          return same(cell, want[at]!, excused[at] ?? 1e-9);
        });
      return equal ? [] : [`${left} ≠ ${right}`];
    },
  );
}

const A = "a-single-workcell-day";
const C = "c-no-start-events";
const I = "i-legacy-v06";

describe("CSV of events equals MADSci's", () => {
  it.each<[string, string, Excuses]>([
    [A, "sessions.csv", SESSION_NAME],
    [A, "user.csv", {}],
    [A, "periods-daily.csv", { ...PERCENT, ...EXPERIMENT_NAME }],
    [A, "periods-daily-with-users.intended.csv", { ...PERCENT, ...EXPERIMENT_NAME }],
    [A, "periods-monthly.csv", { ...PERCENT, ...EXPERIMENT_NAME }],
    [C, "sessions.csv", {}],
    [C, "user.csv", {}],
    [I, "sessions.csv", SESSION_NAME],
    [I, "periods-daily.csv", PERCENT],
    [I, "periods-daily-with-users.intended.csv", PERCENT],
    [I, "periods-monthly.csv", PERCENT],
    ["e-empty", "sessions.intended.csv", {}],
    ["e-empty", "user.intended.csv", {}],
  ])("%s/%s", async (scenario, file, excuses) => {
    const theirs = readFileSync(join(import.meta.dirname, "golden", scenario, file), "utf8");
    expect(differences(await ours(scenario, file), theirs, excuses)).toEqual([]);
  });

  it("and would not, were anything else different", () => {
    const [head, row] = ["=== SESSION DETAILS ===", "workcell,Workcell A,24.0,1"];
    const against = (other: string) => differences(`${head}\r\n${other}`, `${head}\r\n${row}`, SESSION_NAME);
    expect(against("workcell,bio,24.0,1")).toEqual([]);
    for (const other of ["lab,bio,24.0,1", "workcell,bio,24,1", "workcell,bio,24.1,1", "workcell,bio,24.0,1,"])
      expect(against(other)).toHaveLength(1);
    expect(against(`${row}\r\nmore`)).toHaveLength(1);
  });
});
