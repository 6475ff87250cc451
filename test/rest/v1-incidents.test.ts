/** /v1/incidents: lists, one incident, and what people do with it. */
import { expect, it } from "vitest";
import { EventStoreError } from "../../src/errors.ts";
import { fakeDesk, incident } from "./fake-desk.ts";
import { openServer } from "./server.ts";

const three = () => fakeDesk({ incidents: [incident("g.1"), incident("g.2"), incident("h.1", { total: 1 })] });

it.each([
  ["GET", "/v1/incidents"],
  ["GET", "/v1/incidents/g.1"],
  ["POST", "/v1/incidents/g.1/acknowledge"],
  ["GET", "/v1/incidents/g.1/act"],
  ["GET", "/v1/silences"],
  ["POST", "/v1/silences"],
  ["DELETE", "/v1/silences/s"],
  ["GET", "/v1/rules"],
  ["GET", "/v1/notifications"],
  ["POST", "/v1/notifications/n/retry"],
  ["GET", "/v1/alerts/why/e"],
  ["POST", "/v1/alerts/test"],
] as const)("says of %s %s how to turn alerts on where they are off", async (method, url) => {
  await using server = await openServer();
  const { status, json } = await server.send({ method, url });
  expect([status, json.type]).toEqual([404, "urn:madsci-events:problem:alerts-off"]);
  expect(json.detail).toMatch(/set `alerting`/);
});

it("leads through all pages by cursor and by Link", async () => {
  await using server = await openServer({ alerts: three() });
  const first = await server.get("/v1/incidents?limit=2");
  expect(first.json.items.map((item: { incident_id: string }) => item.incident_id)).toEqual(["g.1", "g.2"]);
  expect(first.json.cursor).toBe("2");
  const next = /^<([^>]+)>; rel="next"$/.exec(String(first.headers.link))?.[1] ?? "";
  const second = await server.get(next);
  expect([second.json.items.length, second.json.cursor, second.headers.link]).toEqual([1, null, undefined]);
});

it("asks for the states and the rule of the parameters", async () => {
  const alerts = three();
  await using server = await openServer({ alerts });
  await server.get("/v1/incidents?state=acknowledged,firing&rule=node-error&limit=5&cursor=1");
  await server.get("/v1/incidents?state=firing&state=closed");
  expect(alerts.asked).toEqual([
    ["incidents", { states: ["firing", "acknowledged"], rule: "node-error", limit: 5, cursor: "1" }],
    ["incidents", { states: ["firing", "closed"], limit: 100 }],
  ]);
});

it.each([
  ["state=loud", "state"],
  ["state=", "state"],
  ["limit=0", "limit"],
  ["limit=1001", "limit"],
  ["rule=a&rule=b", "rule"],
  ["nope=1", "nope"],
])("refuses ?%s by name", async (query, parameter) => {
  const alerts = three();
  await using server = await openServer({ alerts });
  const { status, json } = await server.get(`/v1/incidents?${query}`);
  expect([status, json.errors[0].parameter]).toEqual([422, parameter]);
  expect(alerts.asked).toEqual([]);
});

it("returns one incident, and a 404 for an id nobody has", async () => {
  await using server = await openServer({ alerts: three() });
  expect((await server.get("/v1/incidents/h.1")).json).toMatchObject({ incident_id: "h.1", total: 1, labels: {} });
  for (const id of ["nope", "a%00b", "x".repeat(200), "%F0%9F%A7%AA"]) {
    expect((await server.get(`/v1/incidents/${id}`)).status).toBe(404);
  }
});

it.each([
  ["acknowledge", { by: "Ada" }, { state: "acknowledged", acknowledged_by: "Ada" }],
  ["acknowledge", { by: "Ada", comment: "on it", expires_at: 1_800_000_000_000 }, { state: "acknowledged" }],
  ["acknowledge", { by: "Ada", expires_at: "2026-01-01T10:00:00Z" }, { state: "acknowledged" }],
  ["resolve", { by: "Ada", comment: "replaced the\ngripper" }, { state: "resolved" }],
  ["assign", { by: "Ada", assignee: "Grace" }, { assignee: "Grace" }],
  ["assign", { by: "Ada", assignee: null }, { assignee: null }],
  ["comment", { by: "Ada", comment: "seen before" }, { comments: [{ by: "Ada", text: "seen before" }] }],
])("takes %s %j", async (verb, body, after) => {
  const alerts = three();
  await using server = await openServer({ alerts });
  const { status, json } = await server.post(`/v1/incidents/g.2/${verb}`, body);
  expect(status).toBe(200);
  expect(json).toMatchObject({ incident_id: "g.2", ...after });
  expect(alerts.asked).toEqual([[verb, "g.2", body]]);
});

it("keeps of names what people see", async () => {
  const alerts = three();
  await using server = await openServer({ alerts });
  const given = { by: "A\u200bda\ufeff 👩‍🔬", assignee: "\u00adGrace\u{e0041}" };
  expect((await server.post("/v1/incidents/g.2/assign", given)).status).toBe(200);
  expect(alerts.asked).toEqual([["assign", "g.2", { by: "Ada 👩‍🔬", assignee: "Grace" }]]);
});

it("answers 404 to an action on an incident nobody has", async () => {
  await using server = await openServer({ alerts: three() });
  const { status, json } = await server.post("/v1/incidents/nope/resolve", { by: "Ada" });
  expect([status, json.detail]).toEqual([404, "No incident has this id"]);
});

it.each([
  ["acknowledge", {}, "/by"],
  ["acknowledge", { by: "" }, "/by"],
  ["acknowledge", { by: 7 }, "/by"],
  ["acknowledge", { by: "x".repeat(201) }, "/by"],
  ["acknowledge", { by: "Ada\r\nBcc: all" }, "/by"],
  ["acknowledge", { by: "Ada\u202egro" }, "/by"],
  ["acknowledge", { by: "Ada\u2028" + "x" }, "/by"],
  ["acknowledge", { by: "\u200b\u2060\u00ad\ufeff\u{e0041}" }, "/by"],
  ["acknowledge", { by: "\u200d \u2800\u3164" }, "/by"],
  ["acknowledge", { by: "Ada", expires_at: "tomorrow" }, "/expires_at"],
  ["acknowledge", { by: "Ada", expires_at: -1 }, "/expires_at"],
  ["acknowledge", { by: "Ada", expires_at: true }, "/expires_at"],
  ["acknowledge", { by: "Ada", comment: "x".repeat(2001) }, "/comment"],
  ["acknowledge", { by: "Ada", comment: "a\u0000b" }, "/comment"],
  ["acknowledge", { by: "Ada", assignee: "Grace" }, "/assignee"],
  ["resolve", { by: "Ada", expires_at: 1 }, "/expires_at"],
  ["assign", { by: "Ada" }, "/assignee"],
  ["assign", { by: "Ada", assignee: "a\tb" }, "/assignee"],
  ["comment", { by: "Ada" }, "/comment"],
  ["comment", { by: "Ada", comment: " " }, "/comment"],
  ["comment", { by: "Ada", comment: "\u200b\n\u200b" }, "/comment"],
])("refuses %s %j with a pointer", async (verb, body, pointer) => {
  const alerts = three();
  await using server = await openServer({ alerts });
  const { status, json } = await server.post(`/v1/incidents/g.1/${verb}`, body);
  expect([status, json.errors[0].pointer]).toEqual([422, pointer]);
  expect(alerts.asked).toEqual([]);
});

it.each([
  ["no body", undefined, ""],
  ["a list", [], ""],
  ["no JSON", "{", ""],
])("refuses %s", async (_what, body, pointer) => {
  await using server = await openServer({ alerts: three() });
  const { status, json } = await server.post("/v1/incidents/g.1/resolve", body);
  expect([status, json.errors[0].pointer]).toEqual([422, pointer]);
});

it("lists all states for the word all", async () => {
  const desk = three();
  await using server = await openServer({ alerts: desk });
  expect((await server.get("/v1/incidents?state=all")).status).toBe(200);
  expect((await server.get("/v1/incidents?state=firing,all")).status).toBe(200);
  const states = ["pending", "firing", "acknowledged", "resolved", "closed"];
  expect(desk.asked.map(([, query]) => (query as { states?: unknown }).states)).toEqual([states, states]);
});

it("passes on what the desk refuses, by field; and its troubles as what they are", async () => {
  const refusing = (error: Error) => fakeDesk({ but: { acknowledge: () => Promise.reject(error) } });
  const answer = async (code: "EVT_INVALID_OPTION" | "EVT_BACKEND_UNAVAILABLE" | "EVT_CLOSED", message: string) => {
    await using server = await openServer({ alerts: refusing(new EventStoreError(code, message)) });
    const { status, json } = await server.post("/v1/incidents/g.1/acknowledge", { by: "Ada" });
    return [status, json.errors?.[0].pointer];
  };
  expect(await answer("EVT_INVALID_OPTION", "expires_at: is over already")).toEqual([422, "/expires_at"]);
  expect(await answer("EVT_INVALID_OPTION", "nothing of the kind")).toEqual([422, ""]);
  expect(await answer("EVT_BACKEND_UNAVAILABLE", "expires_at: no")).toEqual([503, undefined]);
  expect(await answer("EVT_CLOSED", "closed")).toEqual([503, undefined]);
});

it("refuses other methods with those there are", async () => {
  await using server = await openServer({ alerts: three() });
  const { status, headers } = await server.send({ method: "PUT", url: "/v1/incidents/g.1/act" });
  expect([status, headers.allow]).toEqual([405, "GET, HEAD, POST"]);
  expect((await server.get("/v1/incidents/g.1/acknowledge")).status).toBe(405);
});
