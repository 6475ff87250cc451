/** POST /v1/events: one event, an array, NDJSON. */
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { openServer, ULID } from "./server.ts";

const NDJSON = { "content-type": "application/x-ndjson" };
const lines = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).join("\n");

it("stores one event", async () => {
  await using server = await openServer();
  const { status, json } = await server.post("/v1/events", { event_id: "a" });
  expect(status).toBe(200);
  expect(json).toEqual({
    accepted: 1,
    duplicates: 0,
    conflicts: 0,
    rejected: 0,
    results: [{ i: 0, id: "a", status: "stored" }],
  });
  expect((await server.get("/v1/events/a")).json).toMatchObject({ _id: "a", skew_ms: expect.any(Number) });
});

it("answers a single invalid event with a problem that points into it", async () => {
  await using server = await openServer();
  const { status, headers, json } = await server.post("/v1/events", { log_level: 5, source: { node_id: "x" } });
  expect([status, headers["content-type"]]).toEqual([422, "application/problem+json; charset=utf-8"]);
  expect(json).toMatchObject({
    type: "urn:madsci-events:problem:invalid-event",
    title: "The event is not valid",
    status: 422,
    instance: "/v1/events",
    errors: [
      { pointer: "/log_level", code: "enum" },
      { pointer: "/source/node_id", code: "value_error" },
    ],
  });
});

it("gives every event of an array its own result", async () => {
  await using server = await openServer();
  await server.post("/v1/events", { event_id: "old", event_data: 1, event_timestamp: "2026-01-01" });
  const batch = [
    { event_id: "new", event_timestamp: "2026-01-01" },
    { event_id: "old", event_data: 1, event_timestamp: "2026-01-01" },
    { event_id: "old", event_data: 2, event_timestamp: "2026-01-01" },
    { log_level: "x" },
    7,
    { event_id: "new", event_timestamp: "2026-01-01" },
  ];
  const { json } = await server.post("/v1/events", batch);
  expect(json).toMatchObject({ accepted: 1, duplicates: 2, conflicts: 1, rejected: 2 });
  expect(json.results.map((result: { status: string }) => result.status)).toEqual([
    "stored",
    "duplicate",
    "conflict",
    "invalid",
    "invalid",
    "duplicate",
  ]);
  expect(json.results[2]).toMatchObject({
    i: 2,
    id: "old",
    problem: { type: "urn:madsci-events:problem:conflict", status: 409 },
  });
  expect(json.results[3]).toMatchObject({ i: 3, id: null, problem: { errors: [{ pointer: "/3/log_level" }] } });
});

it("lists only conflicts and rejected events with results=errors", async () => {
  await using server = await openServer();
  const same = { event_id: "a", event_timestamp: "2026-01-01" };
  const { json } = await server.post("/v1/events?results=errors", [same, { alert: 2 }, same, { ...same, alert: true }]);
  expect(json).toMatchObject({ accepted: 1, duplicates: 1, conflicts: 1, rejected: 1 });
  expect(json.results.map(({ i, status }: { i: number; status: string }) => [i, status])).toEqual([
    [1, "invalid"],
    [3, "conflict"],
  ]);
});

it("stores the neighbours of a malformed line and names its number", async () => {
  await using server = await openServer();
  const body = Buffer.concat([
    Buffer.from('\ufeff{"event_id":"1"}\r\n\n   \n{"event_id":"2",\n{"event_id":"3"}\n'),
    Buffer.from([0x22, 0xff, 0x22, 0x0a]),
    Buffer.from('{"event_id":"4"}'),
  ]);
  const { json } = await server.post("/v1/events", body, NDJSON);
  expect(json).toMatchObject({ accepted: 3, rejected: 2 });
  expect(json.results.map(({ i, id }: { i: number; id: string }) => [i, id])).toEqual([
    [0, "1"],
    [1, null],
    [2, "3"],
    [3, null],
    [4, "4"],
  ]);
  expect(json.results[1].problem.detail).toContain("line 4 is not JSON");
  expect(json.results[3].problem.detail).toContain("line 6 is not valid UTF-8");
});

it("reads gzip, other spellings of NDJSON, and an empty body of lines", async () => {
  await using server = await openServer();
  const body = gzipSync(lines([{ event_id: "a" }, { event_id: "b" }]));
  const zipped = await server.post("/v1/events", body, { ...NDJSON, "content-encoding": "gzip" });
  expect(zipped.json.accepted).toBe(2);
  expect(
    (await server.post("/v1/events", "{}", { "content-type": "Application/JSONL; charset=utf-8" })).json.accepted,
  ).toBe(1);
  expect((await server.post("/v1/events", "\n\n", NDJSON)).json.results).toEqual([]);
  expect((await server.post("/v1/events", [])).json.results).toEqual([]);
});

it("stores ten thousand lines and refuses one more without storing any", async () => {
  await using server = await openServer();
  const many = (count: number) => lines(Array.from({ length: count }, (_, i) => ({ event_id: `${count}-${i}` })));
  const full = await server.post("/v1/events?results=errors", many(10_000), NDJSON);
  expect(full.json).toEqual({ accepted: 10_000, duplicates: 0, conflicts: 0, rejected: 0, results: [] });
  const over = await server.post("/v1/events", many(10_001), NDJSON);
  expect([over.status, over.json.detail]).toEqual([413, "A request may hold at most 10000 events"]);
  const array = await server.post(
    "/v1/events",
    Array.from({ length: 10_001 }, () => ({})),
  );
  expect(array.status).toBe(413);
  expect(await server.store.count()).toBe(10_000);
});

it("refuses a line over the limit of one event, and keeps the others", async () => {
  await using server = await openServer({ limits: { bodyBytes: 1000 } });
  const { json } = await server.post(
    "/v1/events",
    lines([{ event_data: "x".repeat(2000) }, { event_id: "a" }]),
    NDJSON,
  );
  expect(json).toMatchObject({ accepted: 1, rejected: 1 });
  expect(json.results[0].problem).toMatchObject({ status: 413, type: "urn:madsci-events:problem:too-large" });
});

it.each([
  ["text/plain", "{}", 415],
  ["application/json", "", 422],
  ["application/json", "{", 422],
  ["application/json", "null", 422],
])("refuses %s %j", async (type, body, status) => {
  await using server = await openServer();
  const answer = await server.post("/v1/events", body, { "content-type": type });
  expect([answer.status, answer.json.status]).toEqual([status, status]);
});

it("names the place of a JSON error", async () => {
  await using server = await openServer();
  const { json } = await server.post("/v1/events", '{"a":1,}');
  expect(json.errors).toEqual([{ detail: "JSON decode error at character 7", code: "json_invalid", pointer: "" }]);
});

it("refuses unknown parameters by name, with the known ones", async () => {
  await using server = await openServer();
  const { status, json } = await server.post("/v1/events?result=errors", {});
  expect([status, json.errors[0].parameter]).toEqual([422, "result"]);
  expect(json.detail).toContain("known ones are results");
  expect((await server.post("/v1/events?results=some", {})).json.errors[0].detail).toBe("Should be all or errors");
});

it("gives an event without source the store's default source", async () => {
  await using server = await openServer({ storeOptions: { defaultSource: { manager_id: ULID } } });
  await server.post("/v1/events", [{ event_id: "a" }, { event_id: "b", source: {} }]);
  expect((await server.get("/v1/events/a")).json.source).toEqual({ manager_id: ULID });
  expect((await server.get("/v1/events/b")).json.source).toEqual({});
});
