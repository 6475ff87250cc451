import { afterEach, describe, expect, it } from "vitest";
import { dedupKey, PAGERDUTY_URL, pagerdutyBody } from "../../src/alert/pagerduty-body.ts";
import { webhookChannel } from "../../src/alert/webhook-channel.ts";
import { CONTEXT, NEVER, planOf, startReceiver } from "./http-receiver.ts";
import { sampleNotification } from "./sample-notification.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const context = {
  publicUrl: "https://events.lab.example.org",
  timezone: "UTC",
  links: { open: "https://e.example.org/i/1", timeline: null },
  nowMs: 0,
};
const eventOf = (...change: Parameters<typeof sampleNotification>) =>
  JSON.parse(pagerdutyBody(sampleNotification(...change), "R0UT1NGKEY", context).text);

describe("an event for PagerDuty", () => {
  it("opens one alert per incident, with what people need at night", () => {
    expect(eventOf()).toMatchObject({
      routing_key: "R0UT1NGKEY",
      event_action: "trigger",
      dedup_key: "g4f1c2.3",
      client: "madsci-events",
      client_url: "https://e.example.org/i/1",
      links: [{ href: "https://e.example.org/i/1", text: "open" }],
      payload: {
        summary: "[CRIT] node_error on pf400 ×7 – workcell rpl-1: gripper lost plate 7 <at> nest & stopped",
        source: "pf400",
        severity: "critical",
        timestamp: "2026-11-30T13:05:00.000Z",
        component: "pf400",
        group: "rpl-1",
        class: "node_error",
        custom_details: { rule: "node-error", severity: "critical" },
      },
    });
  });

  it.each([
    ["pending", "trigger"],
    ["firing", "trigger"],
    ["acknowledged", "acknowledge"],
    ["resolved", "resolve"],
    ["closed", "resolve"],
  ] as const)("follows an incident that is %s with %s", (state, action) => {
    const { event_action, dedup_key } = eventOf({ incident: { state } });
    expect([event_action, dedup_key]).toEqual([action, "g4f1c2.3"]);
  });

  it.each(["info", "warning", "error", "critical"] as const)("keeps the severity %s", (severity) => {
    expect(eventOf({ incident: { severity } }).payload.severity).toBe(severity);
  });

  it("names a source even where no place is known", () => {
    expect(eventOf({ incident: { samples: [], labels: {} } }).payload.source).toBe("madsci-events");
  });

  it("keeps a long id apart from others within 255 characters", () => {
    const [a, b] = [`${"x".repeat(300)}.1`, `${"x".repeat(300)}.2`].map(dedupKey);
    expect(a).toMatch(/^[0-9a-f]{64}$/);
    expect(a).not.toBe(b);
    expect(dedupKey("y".repeat(255))).toBe("y".repeat(255));
  });

  it("goes to PagerDuty's own address unless another is given", async () => {
    const made = webhookChannel(planOf("", { type: "pagerduty", secret: "R0UT1NGKEY", allowPrivate: false }), CONTEXT);
    expect(made).toMatchObject({ type: "pagerduty", recipients: [new URL(PAGERDUTY_URL).host] });
    const target = await startReceiver((response) => response.writeHead(202).end('{"status":"success"}'));
    open.push(target);
    const own = webhookChannel(planOf(target.url, { type: "pagerduty", secret: "R0UT1NGKEY" }), CONTEXT);
    expect(await own.send(sampleNotification(), NEVER)).toEqual({ status: "sent", detail: "HTTP 202" });
    expect(JSON.parse(target.received[0]!.body).routing_key).toBe("R0UT1NGKEY");
  });

  it("never tells the routing key", async () => {
    const target = await startReceiver((response) => response.writeHead(400).end('{"errors":["bad R0UT1NGKEY"]}'));
    open.push(target);
    const own = webhookChannel(planOf(target.url, { type: "pagerduty", secret: "R0UT1NGKEY" }), CONTEXT);
    const refused = { status: "refused", channelDown: false, reason: 'HTTP 400: {"errors":["bad ***"]}' };
    expect(await own.send(sampleNotification(), NEVER)).toEqual(refused);
  });
});
