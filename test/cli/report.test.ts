import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseJson } from "../../src/event/json.ts";
import { periods, periodsCsv, sessions, sessionsCsv, users, usersCsv } from "../../src/report/index.ts";
import { EventStore } from "../../src/store/store.ts";
import { scripted, sendJson } from "../client/setup.ts";
import { answerOf, eventsOf } from "../report/golden.ts";
import { openServer, type TestServer } from "../rest/server.ts";
import { project } from "./run.ts";
import { runHere } from "./run-here.ts";

const SCENARIO = "a-single-workcell-day";
const DAY = ["--from", "2025-06-10T00:00", "--to", "2025-06-11T00:00", "--tz", "America/Chicago"];
const WINDOW = { from: "2025-06-10T05:00:00Z", to: "2025-06-11T05:00:00Z" };

let cwd: string;
let store: EventStore;
let server: TestServer;
let url: string;

beforeAll(async () => {
  cwd = project();
  const events = eventsOf(SCENARIO);
  store = await EventStore.open(`sqlite:${cwd}/.madsci/events/events.db`, { naiveTimezone: "UTC" });
  server = await openServer({ storeOptions: { naiveTimezone: "UTC" }, rateLimit: { enabled: false } });
  for (const each of [store, server.store]) {
    await each.append([...events, OLD]);
    await each.archive({ ids: [OLD._id] });
  }
  url = await server.app.listen({ port: 0, host: "127.0.0.1" });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await store.close();
});

/** Archived, and of a user of its own. */
const OLD = {
  _id: "old",
  event_type: "workflow_complete",
  event_timestamp: "2025-06-10T15:00:00Z",
  event_data: { workflow_id: "w-old", name: "dye", author: "=Old User", status: "completed", duration_seconds: 360 },
};

const report = (...argv: string[]) => runHere(["report", ...argv], { cwd, env: { EVENT_NAIVE_TIMEZONE: "UTC" } });

/** What a report says but for the time at which it was made. */
function told(text: string): unknown {
  const generated = /("generated_at": |Generated At,)[^\r\n]+/;
  expect(text).toMatch(generated);
  return text.replace(generated, "");
}

async function library(kind: string, more: Parameters<typeof periods>[1] = {}) {
  const options = { ...WINDOW, naiveTimezone: "UTC" };
  if (kind === "sessions") return { json: await sessions(store, options), csv: sessionsCsv };
  if (kind === "users") return { json: await users(store, options), csv: usersCsv };
  return { json: await periods(store, { ...options, ...more }), csv: periodsCsv };
}

const KINDS: readonly (readonly [kind: string, flags: string[], options: Parameters<typeof periods>[1]])[] = [
  ["sessions", [], {}],
  ["users", [], {}],
  ["periods", [], { analysisType: "daily", timezone: "America/Chicago" }],
  ["periods", ["--by", "hour"], { analysisType: "hourly", timezone: "America/Chicago" }],
  ["periods", ["--by=Weekly", "--no-include-users"], { analysisType: "weekly", includeUsers: false }],
  ["periods", ["--by", "month", "--experiments_limit", "2", "--experiments-offset", "1"], MONTH()],
];

function MONTH(): Parameters<typeof periods>[1] {
  return { analysisType: "monthly", timezone: "America/Chicago", experimentsLimit: 2, experimentsOffset: 1 };
}

describe("report", () => {
  test.each(KINDS)(
    "%s %j prints the JSON and the CSV of the library, from a file and from a server",
    async (kind, flags, options) => {
      const { json, csv } = await library(kind, { timezone: "America/Chicago", ...options });
      for (const where of [[], ["--server", url]]) {
        const asJson = await report(kind, ...DAY, ...flags, "--json", ...where);
        expect(asJson).toMatchObject({ code: 0, stderr: "" });
        expect(told(asJson.stdout)).toBe(told(`${JSON.stringify(json, null, 2)}\n`));
        const asCsv = await report(kind, ...DAY, ...flags, "--format", "csv", ...where);
        expect(told(asCsv.stdout)).toBe(told([...csv(json as never)].join("")));
      }
    },
  );

  test("covers all events where no time is given, and a pipe gets JSON", async () => {
    const { stdout } = await report("sessions");
    const { report_metadata } = parseJson(stdout) as unknown as Awaited<ReturnType<typeof sessions>>;
    const span = (await store.span())!;
    expect(report_metadata.analysis_duration_hours).toBeCloseTo(Number(span.last - span.first) / 3.6e9 + 2 / 60, 9);
  });

  test("--from alone goes on until now, --to alone is a day", async () => {
    const metadata = async (...argv: string[]) => JSON.parse((await report("users", ...argv)).stdout).report_metadata;
    const hours = async (...argv: string[]) => {
      const { analysis_start, analysis_end } = await metadata(...argv);
      return (Date.parse(`${analysis_end}Z`) - Date.parse(`${analysis_start}Z`)) / 3_600_000;
    };
    expect(await hours("--since", "36h")).toBeCloseTo(36, 3);
    expect(await hours("--until", "2025-06-11")).toBe(24);
  });

  test("leaves archived events out where it is told to", async () => {
    for (const where of [[], ["--server", url]]) {
      const authors = async (...flags: string[]) =>
        Object.keys(JSON.parse((await report("users", ...DAY, ...flags, ...where)).stdout).user_utilization);
      expect(await authors()).toContain("=Old User");
      expect(await authors("--no-include-archived")).not.toContain("=Old User");
      expect(await authors("--include_archived", "no")).not.toContain("=Old User");
    }
  });

  test("guards CSV against formulas unless told not to", async () => {
    expect((await report("users", ...DAY, "--format", "csv")).stdout).toContain("\n'=Old User,");
    expect((await report("users", ...DAY, "--format", "csv", "--no-formula-guard")).stdout).toContain("\n=Old User,");
  });

  test.each([
    [
      ["periods", "--tz", "Mars/Phobos"],
      '--tz takes an IANA time zone such as Europe/Berlin; "Mars/Phobos" is not a known one',
    ],
    [["sessions", "--tz", "+02:00"], "--tz takes an IANA time zone"],
    [["periods", "--by", "year"], "--by takes hour, day, week or month"],
    [["sessions", "--from", "2025-06-11", "--to", "2025-06-10"], "--from must be before --to"],
    [["sessions", "--from", "2025-06-11", "--to", "2025-06-11"], "--from must be before --to"],
    [["users", "--from", "2999-01-01"], "--from must be before now where no --to is given"],
    [["users", "--from", "yesterday-ish"], "--from takes a time such as 10m, 2h, 7d"],
    [["users", "--from", "1h", "--since", "2h"], "--from and --since are the same"],
    [["users", "--json", "--format", "csv"], "--json and --format csv exclude each other"],
    [["periods", "--experiments-limit", "few"], "--experiments-limit takes a whole number"],
    [["periods", "--from", "1990-01-01", "--to", "2020-01-01", "--by", "hour"], "--by hour makes some 262"],
    [["sessions", "--server", "http://lab:8001", "--url", "memory:"], "exclude each other"],
    [["sessions", "--by", "day"], "unknown flag --by"],
    [["weeks"], 'unknown command "weeks"'],
    [[], "report needs one of sessions, periods, users"],
  ])("refuses %j in a line, with exit code 2", async (argv, message) => {
    const { code, stdout, stderr } = await report(...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  test("a server refuses too many periods in the same words", async () => {
    const long = ["periods", "--from", "1990-01-01", "--to", "2020-01-01", "--by", "hour"];
    const { code, stderr } = await report(...long, "--server", url);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--by hour makes some \d+ periods of this window and 10000 are the limit: .*--by week/);
  });

  test("a database that is not there, a server that is down and one that is none are told apart", async () => {
    const missing = await runHere(["report", "sessions"], { cwd: project() });
    expect(missing).toMatchObject({ code: 1, stdout: "" });
    expect(missing.stderr).toContain("there is no database at");
    const down = await report("sessions", "--url", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200");
    expect(down).toMatchObject({ code: 4, stdout: "" });
    const other = await scripted((_request, response) => sendJson(response, 200, { hello: "there" }));
    const foreign = await report("sessions", "--server", other);
    expect(foreign).toMatchObject({ code: 4, stdout: "" });
    expect(foreign.stderr).toContain("not as an event server");
    const half = { report_metadata: {}, session_details: [], overall_summary: null };
    const vague = await scripted((_request, response) => sendJson(response, 200, half));
    const halfTold = await report("sessions", "--server", vague);
    expect(halfTold).toMatchObject({ code: 4, stdout: "" });
    expect(halfTold.stderr).toContain("not as an event server (no overall_summary)");
  });

  test("shows what MADSci's server answers, and a dash for what it does not tell", async () => {
    const files = { sessions: "sessions", periods: "periods-daily-with-users.intended", user: "user" };
    const madsci = await scripted(({ url }, response) => {
      const name = new URL(url!, "http://lab").pathname.split("/").at(-1) as keyof typeof files;
      sendJson(response, 200, answerOf(SCENARIO, `${files[name]}.json`));
    });
    const shown = async (kind: string) => {
      const { code, stdout, stderr } = await report(kind, ...DAY, "--format", "table", "--server", madsci);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).not.toMatch(/NaN|undefined|null|Infinity/);
      return stdout.replace(/[█░]+ +/g, "").replace(/ {2,}/g, "|");
    };
    expect(await shown("sessions")).toContain("\nall|9.76 h|2.91 h|29.8 %|4|3\n");
    const periods = await shown("periods");
    expect(periods).toContain("\n2025-06-10|29.8 %|2.91 h|9.76 h|-|4\n");
    expect(periods).toContain("\nplate_reader (FTWD7BS3)|8.4 %|0.82 h|8.4 %|2025-06-10\n");
    expect(periods).toContain("\nbio_workcell (KJ73PX8J)|29.8 %|2.91 h|9.76 h|29.8 %|2025-06-10\n");
    expect(await shown("users")).toContain("\nGrace Hopper|1.46 h|53.3 %|10|9|1|0|0.15 h\n");
  });

  test("tells what MADSci's server says instead of a report", async () => {
    const error = "Failed to generate report: no space";
    const other = await scripted((_request, response) => sendJson(response, 200, { error }));
    const { code, stderr } = await report("users", "--server", other);
    expect(code).toBe(4);
    expect(stderr).toContain(`the server says: ${error}`);
  });
});
