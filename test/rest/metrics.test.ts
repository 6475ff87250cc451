/** GET /metrics, and what /health says of alerts. */
import { expect, it } from "vitest";
import { fakeDesk, QUIET } from "./fake-desk.ts";
import { openServer } from "./server.ts";

interface Family {
  readonly type: string;
  readonly help: string;
  readonly value: number;
}

/** Prometheus' text format as we use it: HELP, TYPE and one sample, in this order. Throws for anything else. */
function parsed(text: string): Map<string, Family> {
  expect(text.endsWith("\n")).toBe(true);
  const lines = text.slice(0, -1).split("\n");
  const families = new Map<string, Family>();
  for (let i = 0; i < lines.length; i += 3) {
    const [, name = "", help = ""] = /^# HELP ([a-z_]+) ([^\\]+)$/.exec(lines[i] ?? "") ?? [];
    const [, typed, type = ""] = /^# TYPE ([a-z_]+) (counter|gauge)$/.exec(lines[i + 1] ?? "") ?? [];
    const [, sampled, value] = /^([a-z_]+) (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(lines[i + 2] ?? "") ?? [];
    expect([typed, sampled], lines.slice(i, i + 3).join("\n")).toEqual([name, name]);
    expect(families.has(name)).toBe(false);
    families.set(name, { type, help, value: Number(value) });
  }
  return families;
}

it("counts what the store did, in Prometheus' text format", async () => {
  await using server = await openServer();
  await server.store.append([{ event_id: "a" }, { event_id: "b" }, { event_id: "a" }]);
  const { headers, text } = await server.get("/metrics");
  expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  const families = parsed(text);
  const value = (name: string) => families.get(`madsci_events_${name}`)?.value;
  expect([value("up"), value("events"), value("stored_total"), value("duplicates_total")]).toEqual([1, 2, 2, 1]);
  expect([value("pending"), value("streams"), value("alerts_leading")]).toEqual([0, 0, undefined]);
  for (const [name, { type }] of families) expect(type, name).toBe(name.endsWith("_total") ? "counter" : "gauge");
});

it("shows alerts where they are on, times in seconds", async () => {
  const alerts = fakeDesk({
    stats: { lag_ms: 1500, notifications_waiting: 3, notifications_dead: 2, breakers_open: 1 },
  });
  await using server = await openServer({ alerts });
  const families = parsed((await server.get("/metrics")).text);
  const value = (name: string) => families.get(`madsci_events_alerts_${name}`)?.value;
  expect([value("leading"), value("lag_seconds"), value("notifications_waiting")]).toEqual([1, 1.5, 3]);
  expect([value("notifications_dead"), value("breakers_open")]).toEqual([2, 1]);
  expect([...families.keys()].filter((name) => name.includes("_alerts_"))).toHaveLength(Object.keys(QUIET).length);
});

it("answers while the store does not", async () => {
  await using server = await openServer();
  Object.assign(server.store, { ping: () => Promise.reject(new Error("hunter2")) });
  const { status, text } = await server.get("/metrics");
  expect([status, parsed(text).get("madsci_events_up")?.value]).toEqual([200, 0]);
  expect(text).not.toContain("hunter2");
});

it("shows alerts in /health, where they are on", async () => {
  await using off = await openServer();
  expect((await off.get("/health")).json).not.toHaveProperty("alerts");
  await using on = await openServer({ alerts: fakeDesk() });
  expect((await on.get("/health")).json).toMatchObject({
    healthy: true,
    description: "Event Manager is running normally",
    alerts: QUIET,
  });
});

it.each([
  [{ notifications_dead: 1 }, "; 1 alert notification could not be delivered"],
  [{ notifications_dead: 2, lag_ms: 60_001 }, "; 2 alert notifications could not be delivered; alerts are 60 s behind"],
  [{ lag_ms: 60_000 }, ""],
])("says in /health what is the matter with alerts: %j", async (stats, words) => {
  await using server = await openServer({ alerts: fakeDesk({ stats }) });
  const { json } = await server.get("/health");
  expect([json.healthy, json.description]).toEqual([true, `Event Manager is running normally${words}`]);
});
