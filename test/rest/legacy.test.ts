/** MADSci's routes beyond the contract suite: order, caps, ids, words. */
import { expect, it } from "vitest";
import { openServer, ULID } from "./server.ts";

it("keeps integer-like ids in newest-first order", async () => {
  await using server = await openServer();
  const ids = ["9", "10", "2", "b", "1"];
  for (const [i, event_id] of ids.entries()) {
    await server.post("/event", { event_id, event_timestamp: `2026-01-01T00:00:0${i}` });
  }
  const { text } = await server.get("/events");
  expect([...text.matchAll(/"([^"]+)":\{"_id"/g)].map((match) => match[1])).toEqual([...ids].reverse());
});

it("answers with the eleven fields in MADSci's order, on every route", async () => {
  await using server = await openServer();
  const posted = await server.post("/event", { event_id: "one", source: { node_id: ULID }, event_data: { a: 1 } });
  const fields =
    "_id event_type log_level alert event_timestamp source event_data trace_id span_id archived archived_at";
  expect(Object.keys(posted.json).join(" ")).toBe(fields);
  expect((await server.get("/event/one")).text).toBe(posted.text);
  expect((await server.get("/events")).text).toBe(`{"one":${posted.text}}`);
  expect((await server.post("/events/query", {})).text).toBe(`{"one":${posted.text}}`);
});

it("answers a duplicate, and an id with other content, with the stored event", async () => {
  await using server = await openServer();
  const first = await server.post("/event", { event_id: "a", event_data: { v: 1 }, event_timestamp: "2026-01-01" });
  const other = await server.post("/event", { event_id: "a", event_data: { v: 2 } });
  expect([other.status, other.text]).toEqual([200, first.text]);
});

it("keeps integers no double can hold, digit by digit", async () => {
  await using server = await openServer();
  const posted = await server.post("/event", '{"event_id":"n","event_data":{"n":12345678901234567890}}');
  expect(posted.text).toContain('{"n":12345678901234567890}');
  expect((await server.get("/events")).text).toContain('{"n":12345678901234567890}');
  const refused = await server.post("/event", '{"alert":12345678901234567890}');
  expect(refused.text).toContain('"input":12345678901234567890');
});

it("answers an empty list with {}", async () => {
  await using server = await openServer();
  expect((await server.get("/events")).text).toBe("{}");
  expect((await server.get("/events/archived")).text).toBe("{}");
  expect((await server.post("/events/query", {})).text).toBe("{}");
});

it("reads number=0 and numbers above the cap as the cap, and refuses negative ones", async () => {
  await using server = await openServer({ maxResults: 3 });
  for (let i = 0; i < 5; i++) await server.post("/event", {});
  const count = async (query: string) => Object.keys((await server.get(`/events?${query}`)).json).length;
  expect([await count("number=0"), await count("number=9999999999999999999999"), await count("number=2")]).toEqual([
    3, 3, 2,
  ]);
  for (const name of ["number", "offset"]) {
    expect((await server.get(`/events?${name}=-1`)).json.detail).toEqual([
      {
        type: "greater_than_equal",
        loc: ["query", name],
        msg: "Input should be greater than or equal to 0",
        input: "-1",
        ctx: { ge: 0 },
      },
    ]);
  }
});

it("takes the last of a repeated parameter and ignores unknown ones", async () => {
  await using server = await openServer();
  for (let i = 0; i < 3; i++) await server.post("/event", {});
  expect(Object.keys((await server.get("/events?number=x&number=1&foo=bar")).json)).toHaveLength(1);
});

it.each([
  ["slashes", "a/b//c"],
  ["an encoded percent sign", "100%"],
  ["emoji", "🧪-1"],
  ["spaces and quotes", `a "b" 'c'`],
  ["256 characters", "x".repeat(256)],
  ["a name of Object's", "__proto__"],
])("finds an id with %s", async (_what, event_id) => {
  await using server = await openServer();
  const posted = await server.post("/event", { event_id });
  expect(posted.status).toBe(200);
  expect((await server.get(`/event/${encodeURIComponent(event_id)}`)).text).toBe(posted.text);
  expect(Object.keys((await server.get("/events")).json)).toEqual([event_id]);
});

it.each([
  ["too long", "x".repeat(257)],
  ["with a control character", "a%00b"],
  ["with a line break", "a%0Ab"],
])("refuses an id %s", async (_what, id) => {
  await using server = await openServer();
  const { status, json } = await server.get(`/event/${id}`);
  expect([status, json.detail[0].type, json.detail[0].loc]).toEqual([422, "value_error", ["path", "event_id"]]);
});

it("refuses a selector by path and operator", async () => {
  await using server = await openServer();
  const { status, json } = await server.post("/events/query", { $or: [{ log_level: { $where: "1" } }] });
  expect(status).toBe(422);
  expect(json.detail[0]).toMatchObject({
    type: "selector_error",
    loc: ["body", "$or", 0, "log_level", "$where"],
    input: "1",
  });
  expect(json.detail[0].msg).toContain("$where");
  for (const body of ["[]", '"x"', "7", "true"]) {
    const refused = await server.post("/events/query", body);
    expect([refused.status, refused.json.detail[0].type], body).toEqual([422, "dict_type"]);
  }
});

it("never cuts an answer of /events/query silently", async () => {
  await using server = await openServer({ queryMaxEvents: 3 });
  for (let i = 0; i < 3; i++) await server.post("/event", {});
  expect(Object.keys((await server.post("/events/query", {})).json)).toHaveLength(3);
  await server.post("/event", {});
  const { status, json } = await server.post("/events/query", {});
  expect(status).toBe(413);
  expect(json.detail).toContain("POST /v1/events/search");
});

it("refuses a long answer over the limit before it begins", async () => {
  await using server = await openServer({ queryMaxEvents: 20 });
  await server.store.append(Array.from({ length: 21 }, () => ({ event_data: "x".repeat(60_000) })));
  expect((await server.post("/events/query", {})).status).toBe(413);
  expect((await server.post("/events/query", { log_level: 20 })).status).toBe(413);
});

it("streams a long answer completely", async () => {
  await using server = await openServer();
  await server.store.append(
    Array.from({ length: 3000 }, (_, i) => ({ event_id: `${i}`, event_data: "x".repeat(500) })),
  );
  const { json } = await server.post("/events/query", {});
  expect(Object.keys(json)).toHaveLength(3000);
});

it("archives any number of ids, whatever the batch size", async () => {
  await using server = await openServer();
  const ids = Array.from({ length: 2500 }, (_, i) => `e${i}`);
  await server.store.append(ids.map((event_id) => ({ event_id })));
  const { json } = await server.post("/events/archive", { event_ids: ids, batch_size: 7 });
  expect(json).toEqual({ archived_count: 2500, message: "Successfully archived 2500 events" });
  for (const batch_size of [0, null, "3"]) {
    expect((await server.post("/events/archive", { event_ids: ["e1"], batch_size })).json.archived_count).toBe(0);
  }
});

it.each([
  ["batch_size", -1, "greater_than_equal"],
  ["batch_size", 1.5, "int_from_float"],
  ["batch_size", [], "int_type"],
  ["before_date", true, "datetime_type"],
  ["event_ids", {}, "list_type"],
])("refuses %s %j of an archive request", async (field, value, type) => {
  await using server = await openServer();
  const { status, json } = await server.post("/events/archive", { event_ids: ["a"], [field]: value });
  expect(status).toBe(422);
  expect(json.detail).toEqual([expect.objectContaining({ type, loc: ["body", field] })]);
});

it("purges at once with 0 days and refuses negative or absurd ages", async () => {
  await using server = await openServer();
  await server.post("/event", { event_id: "a" });
  await server.post("/events/archive", { event_ids: ["a"] });
  const remove = (days: string) => server.send({ method: "DELETE", url: `/events/archived?older_than_days=${days}` });
  expect((await remove("-1")).json.detail[0]).toMatchObject({
    type: "greater_than_equal",
    loc: ["query", "older_than_days"],
  });
  expect((await remove("999999999")).json.detail[0]).toMatchObject({ type: "less_than_equal" });
  expect((await remove("0")).json).toEqual({
    deleted_count: 1,
    message: "Permanently deleted 1 archived events older than 0 days",
  });
});

it("describes itself on /, /definition, /backup and /health", async () => {
  await using server = await openServer({ managerName: "Lab", managerId: ULID, version: "1.2.3", backupDir: "b" });
  const who = { name: "Lab", description: null, manager_id: ULID, manager_type: "event_manager" };
  expect((await server.get("/")).json).toEqual(who);
  expect((await server.get("/definition")).json).toEqual(who);
  expect((await server.post("/backup", { description: "x" })).status).toBe(501);
  expect((await server.get("/backup/status")).json).toEqual({
    backup_enabled: false,
    backup_dir: "b",
    available_backups: [],
  });
  expect((await server.get("/health")).json).toMatchObject({
    healthy: true,
    version: "1.2.3",
    db_connected: true,
    otel_endpoint: null,
  });
});

it("shows settings with and without defaults, and their schema", async () => {
  const settings = { a: 1, b: ["x"], c: "new" };
  await using server = await openServer({
    settings: () => settings,
    settingsDefaults: { a: 1, b: ["x"], c: "old" },
    settingsSchema: { title: "T" },
  });
  expect((await server.get("/settings")).json).toEqual({ settings });
  expect((await server.get("/settings?include_defaults=no&include_schema=1")).json).toEqual({
    settings: { c: "new" },
    schema: { title: "T" },
    schema_title: "EventManagerSettings",
  });
});

it("answers HEAD, leads a trailing slash home and names the allowed methods", async () => {
  await using server = await openServer();
  const head = await server.send({ method: "HEAD", url: "/events" });
  expect([head.status, head.text]).toEqual([200, ""]);
  const slash = await server.get("/events/?number=1");
  expect([slash.status, slash.headers.location]).toEqual([307, "../events?number=1"]);
  const put = await server.send({
    method: "PUT",
    url: "/events/archived",
    payload: "<x/>",
    headers: { "content-type": "text/xml" },
  });
  expect([put.status, put.json, put.headers.allow]).toEqual([
    405,
    { detail: "Method Not Allowed" },
    "GET, HEAD, DELETE",
  ]);
  expect((await server.get("/event/%zz")).status).toBe(422);
  expect((await server.get("/v1/events/%ff")).json.errors).toHaveLength(1);
});

it("serves the documentation page from its own files, and hides it on demand", async () => {
  await using server = await openServer({ managerName: "A & B" });
  const page = await server.get("/docs");
  expect(page.text).toContain("A &#38; B");
  expect(page.text).not.toMatch(/https?:\/\//);
  for (const [, file] of page.text.matchAll(/(?:src|href)="([^"]+)"/g))
    expect((await server.get(`/${file}`)).status, file).toBe(200);
  expect((await server.get("/docs/..%2Fpackage.json")).status).toBe(404);
  expect((await server.get("/redoc")).headers.location).toBe("docs");
  await using closed = await openServer({ docs: false });
  expect((await closed.get("/docs")).status).toBe(404);
});

it("adds CORS headers only for a named origin, and answers any preflight", async () => {
  await using server = await openServer({ corsOrigins: ["http://lab.test"] });
  const from = (origin: string) => server.get("/nope", { origin });
  expect((await from("http://lab.test")).headers["access-control-allow-origin"]).toBe("http://lab.test");
  expect((await from("http://other.test")).headers["access-control-allow-origin"]).toBeUndefined();
  expect((await server.get("/health")).headers["access-control-allow-origin"]).toBeUndefined();
  const headers = { origin: "http://lab.test", "access-control-request-method": "POST" };
  const preflight = await server.send({ method: "OPTIONS", url: "/anything", headers });
  expect([preflight.status, preflight.text, preflight.headers["access-control-max-age"]]).toEqual([200, "OK", "600"]);
});
