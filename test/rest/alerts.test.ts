/** The routes of alerts over the real engine: what an event sets off, and what people then do about it. */
import { expect, it } from "vitest";
import { startAlerts } from "../../src/alert/engine.ts";
import { functionChannel } from "../../src/alert/function-channel.ts";
import { linkSecret, linksFor } from "../../src/alert/links.ts";
import type { Delivery, Notification } from "../../src/alert/notification.ts";
import { alertPlan } from "../../src/alert/plan-file.ts";
import type { EventStore } from "../../src/store/store.ts";
import { openServer, type TestServer, ULID } from "./server.ts";

const OPTIONS = {
  labPack: false,
  publicUrl: "https://lab.example.org",
  rules: [
    { id: "alert-level", enabled: false },
    {
      id: "node-error",
      kind: "match",
      select: { event_type: "node_error" },
      groupBy: ["source.node_id"],
      groupWait: "0s",
      groupInterval: "1s",
      severity: "error",
      receivers: ["ops"],
    },
  ],
  receivers: { ops: ["ops"] },
  channels: { ops: { type: "webhook", url: "https://ops.example.org/" } },
};

interface Lab extends TestServer {
  readonly sent: Notification[];
  /** What becomes of every further notification. */
  answer: Delivery;
  /** Stores an event of this node and waits for what it sets off. */
  fail(node: string, id?: string): Promise<void>;
}

async function openLab(): Promise<Lab> {
  const sent: Notification[] = [];
  let idle = () => Promise.resolve();
  const alertsOn = async (store: EventStore) => {
    const host = store.alertHost;
    const plan = alertPlan(OPTIONS, { naiveTimezone: host.naiveTimezone, zone: host.zone });
    const send = (notification: Notification) => {
      if (lab.answer.status === "sent") sent.push(notification);
      return lab.answer;
    };
    const channels = [functionChannel("ops", { send, recipients: ["ada"] })];
    const alerts = await startAlerts(host, { ...plan, channels: [] }, { channels, onWarning: () => {} });
    idle = () => alerts.idle();
    return alerts;
  };
  const server = await openServer({ alertsOn });
  const fail = async (node_id: string, event_id?: string) => {
    const event = { event_type: "node_error", log_level: 40, source: { node_id }, ...(event_id && { event_id }) };
    expect((await server.post("/v1/events", event)).status).toBeLessThan(300);
    await idle();
  };
  const lab: Lab = Object.assign(server, { sent, fail, answer: { status: "sent" } as Delivery });
  return lab;
}

const OTHER = "01BX5ZZKBKACTAV9WEVGEMMVRZ";
const THIRD = "01CX5ZZKBKACTAV9WEVGEMMVRZ";

async function incidentsOf(lab: Lab, query = "") {
  return (await lab.get(`/v1/incidents?${query}`)).json.items;
}

it("opens an incident for an event, tells of it, and lets people handle it", async () => {
  await using lab = await openLab();
  await lab.fail(ULID, "e1");
  const [incident] = await incidentsOf(lab, "state=firing&rule=node-error");
  expect(incident).toMatchObject({ state: "firing", severity: "error", total: 1, labels: { "source.node_id": ULID } });
  expect(lab.sent).toMatchObject([{ occasion: "firing", recipient: "ada", incident_id: incident.incident_id }]);
  const url = `/v1/incidents/${incident.incident_id}`;
  expect((await lab.get(url)).json.samples).toMatchObject([{ _id: "e1", event_type: "node_error" }]);
  const acknowledged = await lab.post(`${url}/acknowledge`, { by: "Ada", comment: "on it" });
  expect(acknowledged.json).toMatchObject({ state: "acknowledged", acknowledged_by: "Ada" });
  expect((await lab.post(`${url}/assign`, { by: "Ada", assignee: "Grace" })).json.assignee).toBe("Grace");
  expect((await lab.post(`${url}/assign`, { by: "Ada", assignee: null })).json.assignee).toBeNull();
  const commented = (await lab.post(`${url}/comment`, { by: "Grace", comment: "seen\nbefore" })).json.comments;
  expect(commented.map((one: { text: string }) => one.text)).toEqual(["on it", "seen\nbefore"]);
  expect((await incidentsOf(lab, "state=firing")).length).toBe(0);
  expect((await lab.post(`${url}/resolve`, { by: "Grace" })).json.state).toBe("resolved");
  expect((await lab.get(url)).json).toMatchObject({ state: expect.stringMatching(/resolved|closed/), total: 1 });
});

it("leads through incidents page by page", async () => {
  await using lab = await openLab();
  for (const node of [ULID, OTHER, THIRD]) await lab.fail(node);
  const seen: string[] = [];
  for (let url: string | undefined = "/v1/incidents?limit=2"; url !== undefined; ) {
    const { json, headers } = await lab.get(String(url));
    seen.push(...json.items.map((one: { incident_id: string }) => one.incident_id));
    url = /<([^>]+)>/.exec(String(headers.link ?? ""))?.[1];
  }
  expect(new Set(seen).size).toBe(3);
  expect(seen).toHaveLength(3);
});

it("tells how rules are doing, and why an event told somebody", async () => {
  await using lab = await openLab();
  await lab.fail(ULID, "e/1");
  const { items } = (await lab.get("/v1/rules")).json;
  const rule = items.find((one: { id: string }) => one.id === "node-error");
  expect(rule).toMatchObject({ kind: "match", enabled: true, receivers: ["ops"], events: 1, live_incidents: 1 });
  const { status, json } = await lab.get("/v1/alerts/why/e%2F1");
  expect([status, json.event_id, json.rules]).toEqual([200, "e/1", ["node-error"]]);
  expect([json.incidents.length, json.notifications.length]).toEqual([1, 1]);
  expect(json.trail.length).toBeGreaterThan(1);
  expect((await lab.get("/v1/alerts/why/nope")).status).toBe(404);
});

it("acknowledges and silences by the links of a message, once", async () => {
  await using lab = await openLab();
  await lab.fail(ULID);
  const [incident] = await incidentsOf(lab);
  const links = linksFor("", await linkSecret(lab.store.alertHost.records), incident, Date.now());
  for (const link of [links.acknowledge, links.silence_8h]) {
    expect((await lab.get(link)).text).toContain("<form");
    const form = `token=${new URL(link, "http://local").searchParams.get("token")}&by=Ada`;
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    for (let i = 0; i < 2; i++) expect((await lab.post(link.split("?")[0] ?? "", form, headers)).status).toBe(200);
    expect((await lab.get(link)).text).not.toContain("<form");
  }
  expect((await incidentsOf(lab))[0]).toMatchObject({ state: "acknowledged", acknowledged_by: "Ada" });
  const silences = (await lab.get("/v1/silences?state=active")).json.items;
  expect(silences).toMatchObject([{ author: "Ada", selector: { rule: "node-error", "labels.source.node_id": ULID } }]);
});

it("keeps what a silence covers quiet until it is ended", async () => {
  await using lab = await openLab();
  const selector = { rule: "node-error", "source.node_id": ULID };
  const ends_at = Date.now() + 3_600_000;
  const made = await lab.post("/v1/silences", { selector, ends_at, author: "Ada", comment: "planned" });
  expect([made.status, made.json.selector]).toEqual([201, selector]);
  await lab.fail(ULID);
  await lab.fail(OTHER);
  expect(lab.sent.map(({ notice }) => notice.incident.labels["source.node_id"])).toEqual([OTHER]);
  const silenced = (await incidentsOf(lab)).map((one: { silenced_by: string | null }) => one.silenced_by);
  expect(silenced.sort()).toEqual([made.json.silence_id, null].sort());
  const ended = await lab.send({ method: "DELETE", url: `/v1/silences/${made.json.silence_id}` });
  expect(ended.status).toBe(200);
  expect((await lab.get("/v1/silences?state=active")).json.items).toEqual([]);
  expect((await lab.get("/v1/silences?state=expired")).json.items).toHaveLength(1);
});

it.each([
  [{ ends_at: Date.now() + 40 * 86_400_000 }, "/ends_at"],
  [{ ends_at: 1000 }, "/ends_at"],
  [{ selector: { $where: "1" } }, "/selector/$where"],
])("refuses a silence with %j by a pointer", async (change, pointer) => {
  await using lab = await openLab();
  const good = { selector: { rule: "a" }, ends_at: Date.now() + 1000, author: "Ada", comment: "x" };
  const { status, json } = await lab.post("/v1/silences", { ...good, ...change });
  expect([status, json.errors?.[0].pointer]).toEqual([422, pointer]);
});

it("shows dead letters everywhere, and tries one again when asked", async () => {
  await using lab = await openLab();
  lab.answer = { status: "refused", reason: "no such person", channelDown: false };
  await lab.fail(ULID);
  const [dead] = (await lab.get("/v1/notifications?state=dead")).json.items;
  expect(dead).toMatchObject({ recipient: "ada", last_error: expect.stringContaining("no such person") });
  expect((await lab.get("/health")).json).toMatchObject({
    healthy: true,
    description: expect.stringContaining("1 alert notification could not be delivered"),
    alerts: { notifications_dead: 1, leading: true },
  });
  expect((await lab.get("/metrics")).text).toContain("\nmadsci_events_alerts_notifications_dead 1\n");
  lab.answer = { status: "sent" };
  expect((await lab.post(`/v1/notifications/${dead.notification_id}/retry`)).status).toBe(200);
  await lab.fail(OTHER);
  expect((await lab.get(`/v1/notifications/${dead.notification_id}`)).json.state).toBe("sent");
  const again = await lab.post(`/v1/notifications/${dead.notification_id}/discard`);
  expect(again.status).toBeGreaterThanOrEqual(400);
  expect(again.status).toBeLessThan(500);
});

it("sends a test message, checks channels, and names what it does not know", async () => {
  await using lab = await openLab();
  const { json } = await lab.post("/v1/alerts/test", { channel: "ops", to: "ada" });
  expect(json.items).toMatchObject([{ recipient: "ada", delivery: { status: "sent" } }]);
  expect(lab.sent).toMatchObject([{ occasion: "test", recipient: "ada" }]);
  expect((await lab.post("/v1/alerts/verify")).json).toEqual({ items: [{ channel: "ops", problem: null }] });
  for (const verb of ["test", "verify"]) {
    const refused = await lab.post(`/v1/alerts/${verb}`, { channel: "nope" });
    expect([refused.status, refused.json.errors?.[0].pointer]).toEqual([422, "/channel"]);
  }
});

it("sends test messages to nobody else, and ten a minute", async () => {
  await using lab = await openLab();
  const refused = await lab.post("/v1/alerts/test", { channel: "ops", to: "grace" });
  expect([refused.status, refused.json.errors?.[0].pointer]).toEqual([422, "/to"]);
  expect(refused.json.detail).toContain("madsci-events alerts test --channel ops --to");
  const asked = Array.from({ length: 30 }, () => lab.post("/v1/alerts/test", { channel: "ops" }));
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(10);
  expect(statuses.filter((status) => status === 422)).toHaveLength(20);
  expect(lab.sent).toHaveLength(10);
});

it.each([
  ["GET", "/v1/incidents/nope"],
  ["GET", "/v1/incidents/nope.1"],
  ["DELETE", "/v1/silences/nope"],
  ["GET", "/v1/notifications/nope"],
  ["POST", "/v1/notifications/nope/retry"],
] as const)("answers 404 to %s %s", async (method, url) => {
  await using lab = await openLab();
  expect((await lab.send({ method, url })).status).toBe(404);
});

it.each(["incidents", "silences", "notifications"])("refuses a cursor of /v1/%s that is none", async (list) => {
  await using lab = await openLab();
  const { status, json } = await lab.get(`/v1/${list}?cursor=nope`);
  expect([status, json.errors?.[0].parameter]).toEqual([422, "cursor"]);
});
