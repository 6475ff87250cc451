/** What an event says, whatever its notation, and what of it cannot be read. */
import { describe, expect, it } from "vitest";
import { ACTIVITY_TYPES, type Activity } from "../../src/event/activity.ts";
import { zoneReader } from "../../src/event/zone.ts";
import { normalise } from "../../src/report/normalise.ts";
import { historyOf, span, told, wrapped } from "./stream.ts";

const N = { node_id: "N" };
const read = (activity: Activity) => normalise(activity, zoneReader("UTC"));
const nested = (event_type: string, event_data: unknown, source: unknown = N) =>
  told(
    "08:00",
    "log_info",
    source as Activity["source"],
    { message: { event_type, event_data, source: {} } } as Activity["event_data"],
  );

describe("the type of an event", () => {
  it("is its own where that is one reports know", () => {
    for (const type of ACTIVITY_TYPES) expect(read(told("08:00", type, N))).toMatchObject({ form: "typed" });
    for (const type of ["workflow_step_start", "workcell_status_update", "unknown", "logger", "toString"])
      expect(read(told("08:00", type, N))).toBeUndefined();
  });

  it.each(["log", "log_debug", "log_info", "log_warning", "log_error", "log_critical"])(
    "stands inside a %s",
    (type) => {
      const fact = { kind: "node", step: "stop", node: { id: "N", name: null, own: true } };
      expect(read(told("08:00", type, N, { event_type: "node_stop" }))).toMatchObject({ ...fact, form: "wrapped" });
      const message = { event_type: "node_stop", event_data: {} };
      expect(read(told("08:00", type, N, { message }))).toMatchObject({ ...fact, form: "nested" });
    },
  );

  it("is none where a log line names none that reports know", () => {
    for (const data of [
      {},
      "text",
      null,
      [],
      { message: "node_stop" },
      { message: null },
      { event_type: "log_info" },
      { event_type: 7 },
    ])
      expect(read(told("08:00", "log_info", N, data as Activity["event_data"]))).toBeUndefined();
    const other = { event_type: "workflow_step_start", message: { event_type: "node_stop", event_data: {} } };
    expect(read(told("08:00", "log_info", N, other))).toBeUndefined();
  });

  it("inside another than a log line is not looked for", () => {
    expect(read(told("08:00", "node_start", N, { event_type: "node_stop" }))).toMatchObject({ step: "start" });
  });
});

describe("a payload", () => {
  it.each([
    ["workcell_start", { workcell_id: "W" }, "text"],
    ["workcell_start", { workcell_id: "W" }, { name: 7 }],
    ["workcell_start", { workcell_id: "W" }, { nodes: "arm" }],
    ["workcell_start", {}, { workcell_id: { id: "W" } }],
    ["node_start", N, ["list"]],
    ["node_start", N, null],
    ["node_start", N, { node_info: "text" }],
    ["node_error", {}, { node_id: true }],
    ["node_error", {}, { node_name: 7 }],
    ["experiment_start", {}, { experiment_id: [] }],
    ["experiment_start", { experiment_id: "X" }, { experiment: 7 }],
    ["action_status_change", N, { action_id: "A", status: 7 }],
    ["action_status_change", N, { action_id: {}, status: "running" }],
    ["action_status_change", N, { action_result: "text" }],
    ["action_start", {}, { node_name: "arm", action_id: [] }],
    ["workflow_start", {}, "text"],
    ["workflow_start", {}, { workflow_id: {} }],
    ["workflow_start", {}, { workflow_id: "F", author: 42 }],
    ["workflow_start", {}, { workflow_id: "F", definition_metadata: { author: {} } }],
    ["workflow_complete", {}, { workflow_id: "F", status: 7 }],
    ["workflow_complete", {}, { workflow_id: "F", status: [] }],
    ["workflow_complete", {}, { workflow_id: "F", duration_seconds: "long" }],
    ["workflow_complete", {}, { workflow_id: "F", duration_seconds: {} }],
    ["workflow_complete", {}, { workflow_id: "F", start_time: "yesterday" }],
    ["workflow_complete", {}, { workflow_id: "F", end_time: 7 }],
  ] as const)("that cannot be read as a whole is counted once: %s %j %j", async (type, source, data) => {
    const activity = told("08:00", type, source as Activity["source"], data as unknown as Activity["event_data"]);
    expect(read(activity)).toMatchObject({ malformed: true });
    expect(await historyOf([activity], span("00:00", "12:00"))).toMatchObject({ events: 1, skipped: 1 });
    expect(await historyOf([activity], span("09:00", "12:00"))).toMatchObject({ events: 0, skipped: 0 });
    expect(read(nested(type, data, source))).toMatchObject({ malformed: true });
  });

  it.each([
    ["action_status_change", N, { action_id: "A", action_status: "RUNNING", workflow_id: "F" }],
    ["action_status_change", N, { action_name: "move", argument_name: "speed" }],
    ["action_status_change", N, {}],
    ["action_status_change", {}, { action_id: "A", status: "running" }],
    ["workflow_start", {}, { workflow_name: "w" }],
    ["workflow_complete", {}, {}],
    ["node_status_update", { workcell_id: "W" }, { node_names: ["arm"] }],
    ["experiment_start", {}, { run_name: "run" }],
    ["node_error", N, { error: { message: "broken" } }],
  ] as const)("that says nothing that counts is not counted as unreadable: %s %j %j", (type, source, data) => {
    expect(
      read(told("08:00", type, source as Activity["source"], data as unknown as Activity["event_data"])),
    ).toMatchObject({ malformed: false });
  });

  it("is read without trust in its keys", async () => {
    const data = JSON.parse(
      '{"__proto__": {"node_name": "arm"}, "constructor": 1, "node_info": {"__proto__": null, "node_id": "M"}}',
    );
    expect(read(told("08:00", "node_start", {}, data))).toMatchObject({
      node: { id: "M", name: null },
      malformed: false,
    });
    const nodes = JSON.parse('{"__proto__": "http://a/", "arm": "http://b/"}');
    const started = told("08:00", "workcell_start", { workcell_id: "__proto__" }, { nodes });
    const { sessions } = await historyOf([started], span("00:00", "12:00"));
    expect(sessions[0]?.session).toMatchObject({ id: "__proto__", nodeNames: new Set(["__proto__", "arm"]) });
  });

  it("of any shape never makes a sweep fail", async () => {
    const odd = [
      "text",
      7,
      true,
      null,
      [],
      [1],
      {},
      { a: 1 },
      { node_id: {}, nodes: 7, status: {}, experiment: [], action_result: [], node_info: 7, error: 7, errors: 7 },
    ];
    const events = ACTIVITY_TYPES.flatMap((type) =>
      odd.flatMap((data) => [told("08:00", type, {}, data as Activity["event_data"]), nested(type, data)]),
    );
    const { events: count, skipped } = await historyOf(events, span("00:00", "12:00"));
    expect(count).toBe(events.length);
    expect(skipped).toBeGreaterThan(count / 2);
  });
});

describe("a wrapped workflow", () => {
  it("that a server could not start is noise", () => {
    const start = wrapped("08:00", "workflow_start", {}, { workflow_id: "F" });
    expect(read(start)).toMatchObject({ kind: "workflow_start" });
    expect(read({ ...start, log_level: 40 })).toMatchObject({ kind: "noise", malformed: false });
  });
});
