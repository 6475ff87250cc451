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
    expect(row(shown, "2025-06-10 08:00")).toEqual(["2025-06-10 08:00", "78.9 %", bar, "0.76 h", "0.96 h", "1"]);
    expect(row(shown, "all")).toEqual(["all", "29.8 %", bar, "2.91 h", "9.76 h", "4"]);
    expect(shown.text).toContain(
      "5 of 24 periods active, on average 58.7 %. Peak utilization in 2025-06-10 08:00; use is decreasing",
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
    expect(first).toEqual(["Grace Hopper", "1.46 h", "53.5 %", bar, "10", "9", "1", "0", "0.15 h"]);
    expect(second![0]).toBe("Ada Lovelace");
    expect(all).toEqual(["all", "2.73 h", "20", "18", "1", "1", "0.14 h"]);
    expect((await table("e-empty", ["users"])).text).toContain("no workflows");
  });

  test("events that could not be read in full are mentioned beside the table", async () => {
    expect((await table("k2-poison-author", ["users"])).stderr).toBe("warning: 2 events could not be read in full\n");
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
