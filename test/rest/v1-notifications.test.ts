/** /v1/notifications, /v1/rules and /v1/alerts. */
import { expect, it } from "vitest";
import { EventStoreError } from "../../src/errors.ts";
import { fakeDesk, notification } from "./fake-desk.ts";
import { openServer } from "./server.ts";

const two = () => fakeDesk({ notifications: [notification("n1"), notification("n2", { state: "sent" })] });

it("lists notifications by state and returns one", async () => {
  const alerts = two();
  await using server = await openServer({ alerts });
  const { json } = await server.get("/v1/notifications?state=dead&limit=1");
  expect([json.items.length, json.cursor]).toEqual([1, "1"]);
  expect(alerts.asked).toEqual([["notifications", { limit: 1, states: ["dead"] }]]);
  expect((await server.get("/v1/notifications/n2")).json).toMatchObject({ state: "sent", last_error: "no answer" });
  expect((await server.get("/v1/notifications/nope")).status).toBe(404);
  expect((await server.get("/v1/notifications?state=lost")).json.errors[0].parameter).toBe("state");
});

it.each(["retry", "discard"])("takes %s with an empty body or none", async (verb) => {
  const alerts = two();
  await using server = await openServer({ alerts });
  expect((await server.post(`/v1/notifications/n1/${verb}`)).json.notification_id).toBe("n1");
  expect((await server.post(`/v1/notifications/n1/${verb}`, {})).status).toBe(200);
  expect((await server.post(`/v1/notifications/nope/${verb}`)).status).toBe(404);
  expect((await server.post(`/v1/notifications/n1/${verb}`, { now: true })).json.errors[0].pointer).toBe("/now");
  expect(alerts.asked.map(([name, id]) => [name, id])).toEqual([
    [verb, "n1"],
    [verb, "n1"],
    [verb, "nope"],
  ]);
});

it("lists all rules", async () => {
  const rule = {
    id: "node-error",
    description: null,
    kind: "match",
    enabled: true,
    severity: "error",
    group_by: ["source.node_id"],
    receivers: ["ops"],
    when: { select: { event_type: "node_error" } },
    events: 7,
    live_incidents: 1,
  };
  await using server = await openServer({ alerts: fakeDesk({ but: { rules: () => Promise.resolve([rule]) } }) });
  expect((await server.get("/v1/rules")).json).toEqual({ items: [rule], cursor: null });
  expect((await server.get("/v1/rules?limit=1")).json.errors[0].parameter).toBe("limit");
});

it("tells why an event told somebody, whatever its id", async () => {
  const alerts = fakeDesk();
  await using server = await openServer({ alerts });
  expect((await server.get("/v1/alerts/why/a%2Fb")).json).toMatchObject({ event_id: "a/b", trail: ["stored"] });
  expect((await server.get(`/v1/alerts/why/${"x".repeat(150)}`)).status).toBe(200);
  expect((await server.get("/v1/alerts/why/none")).json.detail).toBe("No event has this id");
  expect((await server.get("/v1/alerts/why/a%00b")).status).toBe(422);
});

it("sends a test message and checks channels", async () => {
  const alerts = fakeDesk();
  await using server = await openServer({ alerts });
  const sent = { recipient: "me@example.org", delivery: { status: "sent" } };
  expect((await server.post("/v1/alerts/test", { channel: "mail-ops", to: "me@example.org" })).json).toEqual({
    items: [sent],
  });
  expect((await server.post("/v1/alerts/verify")).json).toEqual({ items: [{ channel: "mail-ops", problem: null }] });
  expect((await server.post("/v1/alerts/verify", { channel: "pager" })).json.items[0].channel).toBe("pager");
  expect(alerts.asked).toEqual([
    ["test", "mail-ops", "me@example.org"],
    ["verify", undefined],
    ["verify", "pager"],
  ]);
});

it.each([
  ["test", {}, "/channel"],
  ["test", { channel: "mail-ops", to: "a@b.c\r\nBcc: d@e.f" }, "/to"],
  ["test", { channel: "mail-ops", from: "x" }, "/from"],
  ["verify", { channel: "x".repeat(101) }, "/channel"],
  ["verify", { chanel: "x" }, "/chanel"],
])("refuses %s %j with a pointer", async (verb, body, pointer) => {
  const alerts = fakeDesk();
  await using server = await openServer({ alerts });
  const { status, json } = await server.post(`/v1/alerts/${verb}`, body);
  expect([status, json.errors[0].pointer, alerts.asked.length]).toEqual([422, pointer, 0]);
});

it("names the field when no channel has the name", async () => {
  const error = new EventStoreError("EVT_INVALID_OPTION", "channel: no channel has the name nope");
  await using server = await openServer({ alerts: fakeDesk({ but: { test: () => Promise.reject(error) } }) });
  const { status, json } = await server.post("/v1/alerts/test", { channel: "nope" });
  expect([status, json.errors[0]]).toEqual([
    422,
    { pointer: "/channel", code: "value_error", detail: "no channel has the name nope" },
  ]);
});
