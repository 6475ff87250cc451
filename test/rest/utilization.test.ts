/** `GET /utilization/…`: the reports of the library, by MADSci's paths and parameters. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { periods, periodsCsv, sessions, sessionsCsv, users, usersCsv } from "../../src/report/index.ts";
import { periodsSchema } from "../../src/rest/report-periods-schema.ts";
import { sessionsSchema, usersSchema } from "../../src/rest/report-schemas.ts";
import { answerOf, eventsOf, now, SCENARIOS, windowOf } from "../report/golden.ts";
import { openServer, type TestServer, type TestServerOptions } from "./server.ts";

const DAY = "a-single-workcell-day";
const { from: start, to: end } = windowOf(DAY);
const WINDOW = `start_time=${start}&end_time=${end}`;

async function serverOf(scenario: string, options: TestServerOptions = {}): Promise<TestServer> {
  const server = await openServer({ now, ...options });
  const events = eventsOf(scenario);
  if (events.length > 0) await server.store.append(events);
  return server;
}

let server: TestServer;
beforeAll(async () => {
  server = await serverOf(DAY);
});
afterAll(() => server[Symbol.asyncDispose]());

/** Also the order of the keys. */
const text = (value: unknown) => JSON.stringify(value);
const get = (path: string, headers?: Record<string, string>) => server.get(`/utilization/${path}`, headers);
const joined = (lines: Iterable<string>) => [...lines].join("");
const issueOf = async (path: string) => {
  const { status, json } = await get(path);
  return [status, json.detail[0].loc, json.detail[0].msg];
};

describe("answers", () => {
  it("are the library's, over all there is and in a window", async () => {
    const window = { from: start, to: end };
    const { store } = server;
    expect((await get("sessions")).text).toBe(text(await sessions(store, { now })));
    expect((await get("periods")).text).toBe(text(await periods(store, { now })));
    expect((await get("user")).text).toBe(text(await users(store, { now })));
    expect((await get("users")).text).toBe((await get("user")).text);
    expect((await get(`sessions?${WINDOW}`)).text).toBe(text(await sessions(store, { ...window, now })));
    expect((await get(`users?${WINDOW}`)).text).toBe(text(await users(store, { ...window, now })));
    const half = await get(`periods?start_time=${start}`);
    expect(half.text).toBe(text(await periods(store, { from: start, now })));
  });

  it("take every parameter", async () => {
    const options = { analysisType: "hourly", timezone: "Europe/Berlin", includeUsers: false } as const;
    const page = { experimentsLimit: 2, experimentsOffset: 1 };
    const parameters = "analysis_type=hourly&user_timezone=Europe/Berlin&include_users=no";
    const { json, text: answered } = await get(`periods?${parameters}&experiments_limit=2&experiments_offset=1`);
    expect(answered).toBe(text(await periods(server.store, { ...options, ...page, now })));
    expect(json.experiment_details.experiments).toHaveLength(2);
    expect(json).not.toHaveProperty("user_utilization");
    expect((await get("periods")).json).toHaveProperty("user_utilization");
  });

  it("count archived events unless told not to", async () => {
    await using own = await serverOf(DAY);
    const before = (await own.get("/utilization/sessions")).text;
    await own.store.archive({ selector: { event_type: { $regex: "^experiment" } } });
    expect((await own.get("/utilization/sessions")).text).toBe(before);
    const { overall_summary } = (await own.get("/utilization/sessions?include_archived=false")).json;
    expect([overall_summary.total_sessions, overall_summary.total_experiments]).toEqual([1, 0]);
  });

  it("read times without offset as UTC, and naive events in the zone of the store", async () => {
    await using own = await openServer({ now, storeOptions: { naiveTimezone: "America/Chicago" } });
    await own.store.append({ event_type: "workcell_start", event_timestamp: "2025-06-10T08:00:00" });
    const { json } = await own.get("/utilization/sessions?start_time=2025-06-10T12:00:00&end_time=2025-06-10T14:00:00");
    const { start_time, end_time } = json.session_details[0];
    expect([start_time, end_time]).toEqual(["2025-06-10T13:00:00", "2025-06-10T14:00:00"]);
  });

  it.each([
    ["2025-06-10T10:00:00+02:00", "2025-06-10T08:00:00"],
    ["2025-06-10T10:00:00%2B02:00", "2025-06-10T08:00:00"],
    ["2025-06-10%2010:00%2B0200", "2025-06-10T08:00:00"],
    ["2025-06-10%2010:00", "2025-06-10T10:00:00"],
    ["20250610T100000Z", "2025-06-10T10:00:00"],
    ["2025-W24-2", "2025-06-10T00:00:00"],
  ])("understand %s", async (time, meant) => {
    const { json } = await get(`sessions?start_time=${time}`);
    expect(json.report_metadata.analysis_start).toBe(meant);
  });

  it("hold what the documentation says, and nothing else, whatever the lab", async () => {
    for (const scenario of SCENARIOS) {
      await using own = await serverOf(scenario);
      for (const [path, schema] of SCHEMAS) {
        const read = strict(schema).safeParse((await own.get(`/utilization/${path}`)).json);
        expect(read.error?.issues, `${scenario} ${path}`).toBeUndefined();
      }
    }
  });

  it("are empty reports where there is nothing", async () => {
    await using own = await openServer({ now });
    const answer = answerOf("e-empty", "sessions.intended.json");
    const { json } = await own.get("/utilization/sessions");
    expect(Object.keys(json)).toEqual(Object.keys(answer));
    for (const path of ["periods", "user"]) expect((await own.get(`/utilization/${path}`)).status).toBe(200);
  });
});

const SCHEMAS: readonly (readonly [string, z.ZodType])[] = [
  ["sessions", sessionsSchema],
  ["periods?analysis_type=hourly", periodsSchema],
  ["periods?analysis_type=monthly", periodsSchema],
  ["users", usersSchema],
];

/** A schema in which no object may have a key that it does not name. */
function strict(schema: z.ZodType): z.ZodType {
  const closed = JSON.parse(JSON.stringify(z.toJSONSchema(schema)), (_key, value) =>
    value?.type === "object" && value.properties ? { ...value, additionalProperties: false } : value,
  );
  return z.fromJSONSchema(closed);
}

describe("CSV", () => {
  it.each([
    ["sessions", "session_utilization_report.csv", async () => sessionsCsv(await sessions(server.store, { now }))],
    ["periods", "utilization_periods_report.csv", async () => periodsCsv(await periods(server.store, { now }))],
    ["users", "user_utilization_report.csv", async () => usersCsv(await users(server.store, { now }))],
  ] as const)("of %s is the library's, to be saved as %s", async (path, name, lines) => {
    const { status, headers, text: csv } = await get(`${path}?csv_format=true`);
    expect([status, headers["content-type"]]).toEqual([200, "text/csv; charset=utf-8"]);
    expect(headers["content-disposition"]).toBe(`attachment; filename=${name}`);
    expect(csv).toBe(joined(await lines()));
  });

  it("guards against formulas unless told not to", async () => {
    await using own = await openServer({ now });
    const event_data = { workflow_id: "w", author: "=1+1", status: "completed", duration_seconds: 60 };
    await own.store.append({ event_type: "workflow_complete", event_timestamp: start, event_data });
    const csv = async (more: string) => (await own.get(`/utilization/user?csv_format=1${more}`)).text;
    expect(await csv("")).toContain("\r\n'=1+1,1,");
    expect(await csv("&formula_guard=off")).toContain("\r\n=1+1,1,");
  });

  it("comes in pieces where it is long, and whole", async () => {
    await using own = await openServer({ now });
    const events = Array.from({ length: 9000 }, (_, n) => ({
      event_type: "workflow_complete",
      event_timestamp: start,
      event_data: { workflow_id: `w${n}`, author: `author ${n} ${"x".repeat(50)}`, status: "completed" },
    }));
    await own.store.append(events);
    for (const path of ["user?csv_format=1", "user"]) {
      const { headers, text: body } = await own.get(`/utilization/${path}`);
      expect(headers["content-length"]).toBeUndefined();
      expect(body.match(/author \d+ x/g)?.length).toBeGreaterThanOrEqual(9000);
      expect(body.length).toBeGreaterThan(524_288);
    }
  });
});

describe("refusals", () => {
  it("name the parameter", async () => {
    expect(await issueOf("periods?user_timezone=Mars/Olympus")).toEqual([
      422,
      ["query", "user_timezone"],
      'user_timezone "Mars/Olympus" is not a known IANA time zone',
    ]);
    expect(await issueOf("periods?analysis_type=yearly")).toEqual([
      422,
      ["query", "analysis_type"],
      "analysis_type must be one of hourly, daily, weekly, monthly",
    ]);
    expect(await issueOf("sessions?start_time=soon")).toEqual([
      422,
      ["query", "start_time"],
      expect.stringMatching(/^start_time is no time .*2025-06-10T13:00:00Z$/),
    ]);
    expect(await issueOf("users?end_time=2025-13-01")).toEqual([422, ["query", "end_time"], expect.any(String)]);
    expect(await issueOf(`periods?start_time=${end}&end_time=${start}`)).toEqual([
      422,
      ["query", "end_time"],
      expect.stringContaining("start of the window must be before its end"),
    ]);
    expect(await issueOf(`sessions?start_time=${end}&end_time=${end}`)).toEqual([
      422,
      ["query", "end_time"],
      expect.any(String),
    ]);
    const century = "periods?analysis_type=hourly&start_time=1925-01-01&end_time=2025-01-01";
    expect(await issueOf(century)).toEqual([422, ["query", "analysis_type"], expect.stringContaining("10000")]);
  });

  it("say again what was asked for, as it was asked", async () => {
    const { json } = await get("sessions?start_time=2025-06-10&end_time=2025-06-01");
    expect(json.detail[0]).toMatchObject({ type: "value_error", input: "2025-06-01" });
  });

  it.each([
    "include_users=maybe",
    "csv_format=2",
    "save_to_file=x",
    "strict=x",
    "include_archived=x",
    "formula_guard=x",
    "experiments_limit=-1",
    "experiments_limit=10001",
    "experiments_offset=many",
  ])("of %s come whatever strict says", async (parameter) => {
    for (const strictness of ["", "strict=false&"]) {
      const [status, [, name]] = await issueOf(`periods?${strictness}${parameter}`);
      expect([status, name]).toEqual([422, parameter.split("=")[0]]);
    }
  });

  it("are a 200 with an error for MADSci's client", async () => {
    const refused = async (path: string) => {
      const { status, json } = await get(`${path}&strict=false`);
      expect([status, Object.keys(json)]).toEqual([200, ["error"]]);
      return json.error;
    };
    expect(await refused("sessions?start_time=x")).toMatch(/^Failed to generate report: start_time is no time/);
    expect(await refused("user?start_time=x")).toMatch(/^Failed to generate report: start_time is no time/);
    expect(await refused("periods?user_timezone=x")).toMatch(/^Failed to generate utilization report: user_timezone/);
    expect(await refused("periods?analysis_type=&csv_format=1")).toMatch(/: analysis_type must be one of/);
  });

  it("are a 503 while the store does not answer, without words of its engine", async () => {
    await using own = await openServer({ now });
    await own.store.close();
    const { status, headers, json } = await own.get("/utilization/sessions");
    expect([status, headers["retry-after"]]).toEqual([503, expect.stringMatching(/^\d$/)]);
    const lenient = await own.get("/utilization/sessions?strict=0");
    expect([lenient.status, lenient.json]).toEqual([200, { error: `Failed to generate report: ${json.detail}` }]);
  });

  it("of what nobody expected tell nothing, whatever strict says", async () => {
    const told: unknown[] = [];
    await using own = await openServer({ now, onError: (error) => told.push(error) });
    const broken = new TypeError("secret");
    own.store.span = () => Promise.reject(broken);
    for (const strictness of ["true", "false"]) {
      const { status, json } = await own.get(`/utilization/sessions?strict=${strictness}`);
      expect([status, json]).toEqual([500, { detail: "Internal Server Error" }]);
    }
    expect(told).toEqual([broken, broken]);
  });
});

it("HEAD tells the type, and makes no report", async () => {
  await using own = await openServer({ now });
  own.store.span = () => Promise.reject(new Error("asked"));
  const head = (url: string) => own.send({ method: "HEAD", url });
  expect(await head("/utilization/sessions")).toMatchObject({ status: 200, text: "" });
  const { headers } = await head("/utilization/periods?csv_format=1");
  expect(headers["content-type"]).toBe("text/csv; charset=utf-8");
  expect((await head("/utilization/sessions?strict=x")).status).toBe(422);
});
