/** GET /v1/events, GET /v1/events/:id and POST /v1/events/search. */
import { expect, it } from "vitest";
import { openServer, type TestServer, ULID } from "./server.ts";

const OTHER = "01BX5ZZKBKACTAV9WEVGEMMVRZ";
const idsOf = (json: { events: { _id: string }[] }) => json.events.map((event) => event._id);
const found = async (server: TestServer, query: string) => idsOf((await server.get(`/v1/events?${query}`)).json);

async function threeEvents(): Promise<TestServer> {
  const server = await openServer();
  await server.store.append([
    {
      event_id: "a",
      event_timestamp: "2026-01-01T10:00:00Z",
      log_level: 10,
      event_type: "node_start",
      source: { node_id: ULID },
    },
    {
      event_id: "b",
      event_timestamp: "2026-01-01T11:00:00Z",
      log_level: 30,
      event_type: "test",
      alert: true,
      trace_id: "t1",
    },
    {
      event_id: "c",
      event_timestamp: "2026-01-01T12:00:00+01:00",
      log_level: 40,
      event_type: "test",
      source: { node_id: OTHER },
    },
  ]);
  await server.store.append({ event_id: "z", event_timestamp: "2026-01-01T13:00:00Z" });
  await server.store.archive({ ids: ["z"] });
  return server;
}

it.each([
  ["", ["c", "b", "a"]],
  ["order=oldest", ["a", "b", "c"]],
  ["include_archived=yes", ["z", "c", "b", "a"]],
  ["level=warning", ["c", "b"]],
  ["level=31", ["c"]],
  ["type=TEST", ["c", "b"]],
  ["type=test,node_start", ["c", "b", "a"]],
  ["type=test&type=node_start", ["c", "b", "a"]],
  [`node=${ULID}`, ["a"]],
  [`node_id=${ULID},${OTHER}`, ["c", "a"]],
  [`node=${ULID}&node_id=${OTHER}`, ["c", "a"]],
  ["alert=true", ["b"]],
  ["alert=no&level=20", ["c"]],
  ["trace_id=t1", ["b"]],
  ["from=2026-01-01T11:00:00Z", ["c", "b"]],
  ["to=2026-01-01T10:00:00", ["a"]],
  ["from=2026-01-01T12:00:00+01:00&to=2026-01-01T11:00:00%2B00:00", ["c", "b"]],
  ["limit=1", ["c"]],
])("finds with ?%s", async (query, ids) => {
  await using server = await threeEvents();
  expect(await found(server, query)).toEqual(ids);
});

it("returns stored events with their arrival, and only the fields asked for", async () => {
  await using server = await threeEvents();
  const [event] = (await server.get("/v1/events?limit=1")).json.events;
  expect(Object.keys(event).slice(-2)).toEqual(["received_at", "skew_ms"]);
  expect(event.received_at).toMatch(/Z$/);
  const { json } = await server.get("/v1/events?limit=1&fields=_id,skew_ms");
  expect(json.events).toEqual([{ _id: "c", skew_ms: expect.any(Number) }]);
});

it("leads through all pages by cursor and by Link, without repeating or missing one", async () => {
  await using server = await openServer();
  await server.store.append(
    Array.from({ length: 25 }, (_, i) => ({ event_id: `e${i}`, event_timestamp: "2026-01-01" })),
  );
  const seen: string[] = [];
  let url: string | undefined = "/v1/events?limit=10&level=info";
  while (url !== undefined) {
    const { json, headers } = await server.get(url);
    seen.push(...idsOf(json));
    const next = /^<([^>]+)>; rel="next"$/.exec(String(headers.link ?? ""))?.[1];
    expect(next === undefined).toBe(json.cursor === null);
    url = next;
  }
  expect(seen).toHaveLength(25);
  expect(new Set(seen).size).toBe(25);
});

it("streams NDJSON, up to ten thousand lines", async () => {
  await using server = await openServer();
  await server.store.append(Array.from({ length: 10_005 }, (_, i) => ({ event_id: `e${i}` })));
  const accept = { accept: "application/x-ndjson" };
  const all = await server.get("/v1/events", accept);
  expect(all.headers["content-type"]).toMatch(/^application\/x-ndjson/);
  const lines = all.text.trimEnd().split("\n");
  expect(lines).toHaveLength(10_000);
  expect(JSON.parse(lines[9_999] as string)).toHaveProperty("received_at");
  expect((await server.get("/v1/events?limit=3", accept)).text.match(/\n/g)).toHaveLength(3);
  const next = /<([^>]+)>; rel="next"/.exec(String(all.headers.link))?.[1] ?? "";
  const rest = await server.get(next, accept);
  expect(rest.text.trimEnd().split("\n")).toHaveLength(5);
  expect(rest.headers.link).toBeUndefined();
});

it("links NDJSON page to page, with and without the id among the fields", async () => {
  await using server = await openServer();
  await server.store.append(Array.from({ length: 7 }, (_, i) => ({ event_id: `e${i}`, event_data: i })));
  const accept = { accept: "application/x-ndjson" };
  const seen: unknown[] = [];
  for (let url: string | undefined = "/v1/events?limit=3&fields=event_data&order=oldest"; url !== undefined; ) {
    const { text, headers } = await server.get(String(url), accept);
    seen.push(
      ...text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    );
    url = /<([^>]+)>/.exec(String(headers.link ?? ""))?.[1];
  }
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6].map((event_data) => ({ event_data })));
});

it("ends a page early when it has grown large, and goes on behind it", async () => {
  await using server = await openServer();
  const event = (i: number) => ({ event_id: `e${i}`, event_data: "x".repeat(250_000) });
  await server.store.append(Array.from({ length: 150 }, (_, i) => event(i)));
  const first = (await server.get("/v1/events?limit=150")).json;
  const rest = (await server.get(`/v1/events?limit=150&cursor=${first.cursor}`)).json;
  expect(first.events.length).toBeGreaterThan(50);
  expect(rest.events.length).toBeGreaterThan(0);
  expect(new Set([...idsOf(first), ...idsOf(rest)]).size).toBe(150);
});

it("says so when its time was up", async () => {
  await using server = await openServer({ storeOptions: { findTimeoutMs: 1 } });
  await server.store.append(Array.from({ length: 10_000 }, () => ({ event_data: { n: 1 } })));
  const { json } = await server.post("/v1/events/search", { selector: { "event_data.n": 2 } });
  expect(json.events).toEqual([]);
  if (json.timed_out) expect(json.cursor).toEqual(expect.any(String));
});

it.each([
  ["limit=0", "limit"],
  ["limit=1001", "limit"],
  ["limit=x", "limit"],
  ["limit=1&limit=2", "limit"],
  ["order=up", "order"],
  ["from=yesterday", "from"],
  ["to=", "to"],
  ["level=loud", "level"],
  ["alert=maybe", "alert"],
  ["type=", "type"],
  ["fields=_id,nope", "fields"],
  ["cursor=nope", "cursor"],
  ["nope=1", "nope"],
])("refuses ?%s by name", async (query, parameter) => {
  await using server = await openServer();
  const { status, json } = await server.get(`/v1/events?${query}`);
  expect(status).toBe(422);
  expect(json.errors).toEqual([expect.objectContaining({ parameter })]);
});

it("answers an unknown id and an unknown path with a problem", async () => {
  await using server = await openServer();
  for (const url of ["/v1/events/none", "/v1/none"]) {
    const { status, json, headers } = await server.get(url);
    expect([status, json.type, json.instance]).toEqual([404, "urn:madsci-events:problem:not-found", url]);
    expect(headers["content-type"]).toMatch(/^application\/problem\+json/);
  }
  expect((await server.get("/v1/events/a%00b")).status).toBe(422);
});

it("finds an event whose id is the name of a route", async () => {
  await using server = await openServer();
  await server.store.append({ event_id: "search" });
  expect((await server.get("/v1/events/search")).json._id).toBe("search");
});

it.each([
  [{}, ["c", "b", "a"]],
  [{ selector: { log_level: { $gte: 30 } } }, ["c", "b"]],
  [{ selector: { archived: true } }, ["z"]],
  [{ include_archived: true, limit: 2 }, ["z", "c"]],
  [{ order: "oldest" }, ["a", "b", "c"]],
  [{ sort: { event_timestamp: 1 } }, ["a", "b", "c"]],
  [{ sort: "-event_timestamp" }, ["c", "b", "a"]],
  [{ from: "2026-01-01T11:00:00Z", to: "2026-01-01T11:00:00Z" }, ["c", "b"]],
])("searches with %j", async (body, ids) => {
  await using server = await threeEvents();
  expect(idsOf((await server.post("/v1/events/search", body)).json)).toEqual(ids);
});

it("goes on behind the page before", async () => {
  await using server = await threeEvents();
  const first = (await server.post("/v1/events/search", { limit: 2 })).json;
  const second = (await server.post("/v1/events/search", { limit: 2, cursor: first.cursor })).json;
  expect([...idsOf(first), ...idsOf(second)]).toEqual(["c", "b", "a"]);
  expect(second.cursor).toBeNull();
});

it("explains a search without running it", async () => {
  await using server = await openServer();
  const selector = {
    $or: [{ log_level: 40 }, { "event_data.message": { $regex: "^x" } }],
    event_timestamp: { $gt: "2026" + "-01-01" },
  };
  const { json } = await server.post("/v1/events/search", { selector, explain: true });
  expect(json).toMatchObject({
    plan: {
      engine: "sqlite",
      index: "events_ts",
      ranges: 1,
      decided_by: "matcher",
      order: "newest",
      limit: 100,
      time_bounded: true,
      archived: "excluded",
      fields: ["log_level", "event_data", "event_timestamp"],
    },
    guard: { accepted: true, conditions: 3, regexes: 1, limits: { maxDepth: 16 } },
  });
});

it.each([
  [{ nope: 1 }, "/nope"],
  [{ selector: [] }, "/selector"],
  [{ selector: { $where: "1" } }, "/selector/$where"],
  [{ selector: { a: { $gt: { $expr: 1 } } } }, "/selector/a/$gt/$expr"],
  [{ limit: 0 }, "/limit"],
  [{ order: "up" }, "/order"],
  [{ sort: { log_level: 1 } }, "/sort"],
  [{ fields: ["nope"] }, "/fields"],
  [{ from: "yesterday" }, "/from"],
  [{ from: 7 }, "/from"],
  [{ cursor: "nope" }, "/cursor"],
  [{ explain: "yes" }, "/explain"],
])("refuses %j with a pointer", async (body, pointer) => {
  await using server = await openServer();
  const { status, json } = await server.post("/v1/events/search", body);
  expect([status, json.errors[0].pointer]).toEqual([422, pointer]);
});
