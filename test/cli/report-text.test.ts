import { beforeAll, describe, expect, test } from "vitest";
import { EventStore } from "../../src/store/store.ts";
import { eventsOf } from "../report/golden.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

const CHICAGO = ["--from", "2025-06-10", "--to", "2025-06-11", "--tz", "America/Chicago"];
const folders = new Map<string, string>();

async function fill(scenario: string): Promise<void> {
  const cwd = project();
  await using store = await EventStore.open(`sqlite:${cwd}/.madsci/events/events.db`, { naiveTimezone: "UTC" });
  if (scenario !== "e-empty") await store.append(eventsOf(scenario));
  folders.set(scenario, cwd);
}

beforeAll(async () => {
  for (const scenario of ["a-single-workcell-day", "h-current-emitters", "e-empty", "k2-poison-author"])
    await fill(scenario);
});

async function table(scenario: string, argv: readonly string[], columns?: number) {
  const { stdout, stderr, code } = await runHere(["report", ...argv, "--format", "table"], {
    cwd: folders.get(scenario)!,
    columns,
    env: { EVENT_NAIVE_TIMEZONE: "UTC" },
  });
  expect(code).toBe(0);
  return { text: stdout, lines: stdout.split("\n"), stderr };
}

/** The cells of the first row that begins so. */
function row({ lines }: { readonly lines: readonly string[] }, start: string): string[] {
  const found = lines.find((line) => line.startsWith(start));
  return found === undefined ? [] : found.split(/ {2,}/);
}

const bar = expect.stringMatching(/^█+░*$/);

describe("tables", () => {
  test("sessions, and the nodes in them, on the clock of the zone", async () => {
    const shown = await table("a-single-workcell-day", ["sessions", ...CHICAGO]);
    expect(shown.lines[0]).toBe("Sessions, 2025-06-10 00:00 to 2025-06-11 00:00, America/Chicago");
    expect(row(shown, "SESSION")).toEqual(["SESSION", "FROM", "TO", "LENGTH", "ACTIVE", "USE", "EXP", "NODES"]);
    const rest = ["9.76 h", "2.91 h", "29.8 %", bar, "4", "3"];
    expect(row(shown, "bio_workcell")).toEqual(["bio_workcell", "06-10 08:02", "17:47", ...rest]);
    expect(row(shown, "all")).toEqual(["all", ...rest]);
    expect(row(shown, "robot_arm")).toEqual(["robot_arm (W2K2D597)", "0.95 h", "9.8 %", bar, "1", "idle"]);
  });

  test("sessions fit a terminal of 80 columns", async () => {
    const shown = await table("a-single-workcell-day", ["sessions", ...CHICAGO], 80);
    expect(shown.text).not.toContain("…");
    expect(row(shown, "bio_workcell")).toContainEqual(bar);
  });

  test("what a session does not tell by itself is noted", async () => {
    const shown = await table("h-current-emitters", [
      "sessions",
      "--from",
      "2025-06-10T14:00Z",
      "--to",
      "2025-06-10T15:00Z",
    ]);
    expect(shown.lines.find((line) => line.includes("began before, still open"))).toBeDefined();
    expect(row(await table("e-empty", ["sessions"]), "Complete Database Analysis").at(-1)).toBe(
      "no session was told of",
    );
  });

  test("periods, then nodes, workcells, users and experiments", async () => {
    const shown = await table("a-single-workcell-day", [
      "periods",
      "--by",
      "hour",
      "--experiments-limit",
      "2",
      ...CHICAGO,
    ]);
    expect(row(shown, "2025-06-10 08:00")).toEqual(["2025-06-10 08:00", "78.9 %", bar, "0.76 h", "0.96 h", "1", "1"]);
    expect(row(shown, "2025-06-10 10:00").slice(-2)).toEqual(["2", "1"]);
    expect(row(shown, "all")).toEqual(["all", "29.8 %", bar, "2.91 h", "9.76 h", "4", "4"]);
    expect(shown.text).toContain(
      "5 of 24 periods active, on average 58.7 %. Peak utilization in 2025-06-10 08:00; use is decreasing (from 78.9 % in the first active period to ",
    );
    expect(row(shown, "plate_reader")).toEqual([
      "plate_reader (FTWD7BS3)",
      expect.anything(),
      bar,
      "0.82 h",
      "25.9 %",
      "2025-06-10 08:00",
    ]);
    expect(row(shown, "bio_workcell")).toContain("9.76 h");
    expect(row(shown, "Grace Hopper")).toEqual(["Grace Hopper", "90.0 %", bar, "1.46 h", "10"]);
    expect(row(shown, "Dye mixing 2")).toEqual(["Dye mixing 2", "06-10 09:24", "10:12", "completed", "48.0 minutes"]);
    expect(shown.text).toContain("2 of 4 experiments; see --experiments-limit");
    const without = await table("a-single-workcell-day", ["periods", "--no-include-users", ...CHICAGO]);
    expect(without.text).not.toContain("Grace Hopper");
  });

  test("users, the one with the most runtime first", async () => {
    const shown = await table("a-single-workcell-day", ["users", ...CHICAGO]);
    const [first, second, all] = shown.lines.slice(3).map((line) => line.split(/ {2,}/));
    expect(first).toEqual(["Grace Hopper", "1.46 h", "53.3 %", bar, "10", "9", "1", "0", "0.15 h"]);
    expect(second![0]).toBe("Ada Lovelace");
    expect(all).toEqual(["all", "2.73 h", "20", "18", "1", "1", "0.14 h"]);
    expect((await table("e-empty", ["users"])).text).toContain("no workflows");
  });

  test("events that could not be read in full are mentioned beside the table", async () => {
    expect((await table("k2-poison-author", ["users"])).stderr).toBe("warning: 2 events could not be read in full\n");
  });
});

describe("tables of a made-up lab", () => {
  const ids = {
    cell: "01JXBJ5Z00C2BYE2DYKJ73PX8J",
    other: "01JXBJ5Z00C2BYE2DYKJ73PX8K",
    node: "01JXBJ5Z00D0E2J134RQ4K0YZC",
  };
  const say = (time: string, event_type: string, source: object, event_data: object = {}) => ({
    event_type,
    event_timestamp: `2025-10-${time}Z`,
    source,
    event_data,
  });
  const workflow = (time: string, number: number, event_data: object) =>
    say(time, "workflow_complete", {}, { workflow_id: `w${number}`, name: "w", status: "completed", ...event_data });
  const students = Array.from({ length: 12 }, (_, at) =>
    workflow("20T10:00:00", at + 10, { author: `Student ${at + 1}`, duration_seconds: (at + 1) * 5 }),
  );
  const [cell, other, node] = [{ workcell_id: ids.cell }, { workcell_id: ids.other }, { node_id: ids.node }];
  const run = { ...cell, experiment_id: "01JXBJ5Z00C2BYE2DYKJ73PX8E" };
  const long = { ...cell, experiment_id: "01JXBJ5Z00C2BYE2DYKJ73PX8F" };
  const action = (time: string, status: string) => say(time, "action_status_change", node, { action_id: "a", status });

  beforeAll(async () => {
    const cwd = project();
    await using store = await EventStore.open(`sqlite:${cwd}/.madsci/events/events.db`, { naiveTimezone: "UTC" });
    await store.append([
      say("20T08:00:00", "workcell_start", cell, { name: "bio", nodes: { arm: "http://arm:2000" } }),
      say("20T08:00:00", "workcell_start", other, { name: "chem" }),
      say("20T08:00:00", "node_start", node, { node_name: "arm" }),
      say("20T09:00:00", "experiment_start", run, { experiment_name: "short" }),
      action("20T09:00:00", "running"),
      action("20T09:00:03", "succeeded"),
      say("20T09:00:04", "experiment_complete", run),
      say("20T12:00:00", "workcell_stop", other),
      say("20T18:00:00", "workcell_stop", cell),
      workflow("20T09:00:04", 1, { author: "Ada", duration_seconds: 1 }),
      say("20T09:00:05", "workflow_start", {}, { workflow_id: "w2", name: "w", author: "Ada" }),
      ...students,
      say("22T08:00:00", "workcell_start", cell, { name: "bio" }),
      say("22T08:00:00", "workcell_start", other, { name: "chem" }),
      say("22T08:00:00", "experiment_start", long, { experiment_name: "long" }),
      say("22T12:00:00", "workcell_stop", other),
      say("22T18:00:00", "workcell_stop", cell),
      say("22T18:00:00", "experiment_complete", long),
      // The night in which Berlin sets its clocks back.
      say("25T22:00:00", "workcell_start", cell, { name: "bio" }),
      say("26T03:00:00", "workcell_stop", cell),
    ]);
    folders.set("made up", cwd);
  });

  const DAY = ["--from", "2025-10-20", "--to", "2025-10-21", "--tz", "UTC"];

  test("what is little is not told as nothing", async () => {
    const sessions = await table("made up", ["sessions", ...DAY]);
    const little = ["<0.01 h", "<0.1 %", "█░░░░░░░░░░░░░░░░░░░"];
    expect(row(sessions, "bio").slice(4, 7)).toEqual(little);
    expect(row(sessions, "arm").slice(1, 4)).toEqual(little);
    const periods = await table("made up", ["periods", ...DAY]);
    expect(row(periods, "2025-10-20").slice(1)).toEqual(["<0.1 %", little[2], "<0.01 h", "10.0 h", "1", "1"]);
    expect(row(periods, "all").slice(1)).toEqual(["<0.1 %", little[2], "<0.01 h", "10.0 h", "1", "1"]);
    expect(row(periods, "arm").slice(1)).toEqual(["<0.1 %", little[2], "<0.01 h", "<0.1 %", "2025-10-20"]);
    const users = await table("made up", ["users", ...DAY]);
    expect(row(users, "Ada")).toEqual(["Ada", "<0.01 h", "0.3 %", little[2], "2", "1", "0", "0", "1", "<0.01 h"]);
    expect(row(users, "Student 12")).toEqual([
      "Student 12",
      "0.02 h",
      "15.3 %",
      bar,
      "1",
      "1",
      "0",
      "0",
      "0",
      "0.02 h",
    ]);
    expect(row(users, "all")).toEqual(["all", "0.11 h", "14", "13", "0", "0", "1", "0.01 h"]);
  });

  test("users of short workflows stand in the order of their runtime", async () => {
    const { lines } = await table("made up", ["users", ...DAY]);
    const names = lines.filter((line) => line.startsWith("Student")).map((line) => line.split(/ {2,}/)[0]);
    expect(names).toEqual(students.map((_, at) => `Student ${12 - at}`));
  });

  test("the use of all sessions is what their times say, also where sessions overlap", async () => {
    const day = ["--from", "2025-10-22", "--to", "2025-10-23", "--tz", "UTC"];
    const { lines } = await table("made up", ["sessions", ...day]);
    const all = lines.find((line) => line.startsWith("all"));
    expect(all).toMatch(/ 10\.0 h {2}10\.0 h {2}100\.0 % .*sum of the sessions: 14\.0 h/);
    const golden = await table("a-single-workcell-day", ["periods", "--by", "hour", ...CHICAGO]);
    expect(row(golden, "bio_workcell").slice(1, 5)).toEqual(["29.8 %", bar, "2.91 h", "9.76 h"]);
    expect(row(golden, "robot_arm").slice(1, 4)).toEqual(["9.8 %", bar, "0.95 h"]);
  });

  test("a peak of nothing is in no period", async () => {
    const shown = await table("made up", [
      "periods",
      "--from",
      "2025-10-20T13:00",
      "--to",
      "2025-10-20T15:00",
      "--tz",
      "UTC",
    ]);
    expect(row(shown, "arm")).toEqual(["arm (RQ4K0YZC)", "0.0 %", expect.stringMatching(/^░+$/), "0.00 h", "0.0 %"]);
    expect(shown.text).toContain("\n0 of 1 period active.\n");
  });

  test("says that no session was told of, also by period", async () => {
    const note = "No session was told of: all of the time counts as one.";
    expect((await table("e-empty", ["periods", ...DAY])).text).toContain(`\n0 of 1 period active.\n${note}\n`);
    expect((await table("made up", ["periods", ...DAY])).text).not.toContain(note);
  });

  test("an hour that comes twice has its offset", async () => {
    const night = ["--from", "2025-10-26T01:00", "--to", "2025-10-26T04:00", "--tz", "Europe/Berlin"];
    const { lines } = await table("made up", ["periods", "--by", "hour", ...night]);
    const labels = lines.slice(3, 7).map((line) => line.split(/ {2,}/)[0]);
    const at = (time: string) => `2025-10-26 ${time}`;
    expect(labels).toEqual([at("01:00"), at("02:00 +02:00"), at("02:00 +01:00"), at("03:00")]);
  });

  test("lists ten users by period, and says that there are more", async () => {
    const shown = await table("made up", ["periods", ...DAY]);
    expect(shown.text).toContain("\n10 of 13 users; report users has all\n");
    const few = await table("a-single-workcell-day", ["periods", ...CHICAGO]);
    expect(few.text).not.toContain("report users");
  });

  test("keeps length and use of a session in 40 columns", async () => {
    const shown = await table("made up", ["sessions", ...DAY], 40);
    expect(row(shown, "SESSION")).toEqual(["SESSION", "FROM", "LENGTH", "USE"]);
    expect(row(shown, "chem")).toEqual(["chem", "10-20 08:00", "4.00 h", "0.0 %"]);
  });

  test.each([
    [":/etc/localtime", "UTC"],
    ["Mars/Phobos", "UTC"],
    ["", "UTC"],
    ["Europe/Berlin", "Europe/Berlin"],
  ])("with TZ=%s and no --tz the clock is that of %s", async (TZ, zone) => {
    const before = process.env.TZ;
    process.env.TZ = TZ;
    try {
      const { lines } = await table("made up", ["periods", "--from", "2025-10-20", "--to", "2025-10-21"]);
      expect(lines[0]).toBe(`Use of the lab, 2025-10-20 00:00 to 2025-10-21 00:00, ${zone}`);
    } finally {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    }
  });

  test("warns of an end in the future", async () => {
    const future = "warning: --to is in the future: what is open now counts as open until then\n";
    expect((await table("made up", ["sessions", "--from", "2025-10-20", "--to", "2999-01-01"])).stderr).toBe(future);
    expect((await table("made up", ["sessions", "--from", "2025-10-20"])).stderr).toBe("");
  });
});

describe("progress", () => {
  test("is told where reading takes long, and cleared; never where there is no terminal to tell it", async () => {
    const { watched } = await import("../../src/cli/report-progress.ts");
    const said: string[] = [];
    const slow = {
      span: async () => undefined,
      async *activities() {
        for (const instant of [0n, 5n, 10n]) {
          yield [{ _id: "a", instant, event_type: "lab_start", log_level: 20, source: {}, event_data: {} }];
        }
      },
    };
    const pages = [];
    for await (const page of watched(slow, { progress: (line) => said.push(line) }, 0).activities({ to: 10n }))
      pages.push(page);
    expect(pages).toHaveLength(3);
    expect(said[1]).toMatch(/^\[#{10}-{10}\] 1970-01-01, 2 events read, 1 s left$/);
    expect(said.at(-1)).toBe("");
    expect(watched(slow, { progress: undefined })).toBe(slow);
  });
});
