import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type WebhookContext, webhookChannel } from "../../src/alert/webhook-channel.ts";
import { verifyWebhookSignature, webhookSignature } from "../../src/alert/webhook-signature.ts";
import { type Answering, CONTEXT, NEVER, planOf, type Receiver, startReceiver } from "./http-receiver.ts";
import { INCIDENT, sampleNotification } from "./sample-notification.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function receiver(answer?: Answering): Promise<Receiver> {
  const started = await startReceiver(answer);
  open.push(started);
  return started;
}

function channel(url: string, change: Parameters<typeof planOf>[1] = {}, context: Partial<WebhookContext> = {}) {
  const made = webhookChannel(planOf(url, change), { ...CONTEXT, ...context });
  open.push(made);
  return made;
}

const nowMs = Date.parse("2026-11-30T13:05:01.500Z");
const clock = { ...CONTEXT.clock, now: () => nowMs };
const notification = sampleNotification();

describe("a webhook", () => {
  it("posts the notification as JSON with its id, and says sent", async () => {
    const { url, received } = await receiver();
    const publicUrl = "https://events.lab.example.org/";
    expect(await channel(url, {}, { clock, publicUrl }).send(notification, NEVER)).toMatchObject({ status: "sent" });
    expect(received).toHaveLength(1);
    const { method, path, headers, body } = received[0]!;
    expect([method, path]).toEqual(["POST", "/hook/s3cret-path"]);
    expect(headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "user-agent": "madsci-events",
      "x-madsci-delivery": notification.notification_id,
      "x-madsci-timestamp": "1796043901",
      connection: "close",
    });
    expect(headers).not.toHaveProperty("x-madsci-signature");
    expect(JSON.parse(body)).toMatchObject({
      type: "firing",
      notification_id: notification.notification_id,
      sent_at: "2026-11-30T13:05:01.500Z",
      receiver: "ops",
      incident: INCIDENT,
      others: [],
      links: { open: "https://events.lab.example.org/v1/incidents/g4f1c2.3" },
      truncated: false,
    });
    expect(JSON.parse(body).text).toMatch(/^\[CRIT\] node_error on pf400 ×7/);
  });

  it("is what schema/README.md shows, but for the words of its text", async () => {
    const { url, received } = await receiver();
    const publicUrl = "https://events.lab.example.org";
    await channel(url, {}, { clock, publicUrl }).send(notification, NEVER);
    const readme = readFileSync(resolve(import.meta.dirname, "../../schema/README.md"), "utf8");
    const [, example = ""] = /## Webhook of alerts[\s\S]*?```json\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(JSON.parse(received[0]!.body)).toEqual({ ...JSON.parse(example), text: expect.any(String) });
  });

  it("wraps it in a CloudEvent where that is wanted", async () => {
    const { url, received } = await receiver();
    await channel(url, { format: "cloudevents" }, { clock }).send(notification, NEVER);
    expect(received[0]!.headers["content-type"]).toBe("application/cloudevents+json; charset=utf-8");
    expect(JSON.parse(received[0]!.body)).toMatchObject({
      specversion: "1.0",
      id: notification.notification_id,
      source: "urn:madsci-events",
      type: "madsci.alert.firing",
      subject: "g4f1c2.3",
      time: "2026-11-30T13:05:01.500Z",
      datacontenttype: "application/json",
      data: { type: "firing", incident: INCIDENT },
    });
  });

  it("signs timestamp and body, as plain HMAC-SHA256 and our own function agree", async () => {
    const { url, received } = await receiver();
    const secret = "correct horse";
    await channel(url, { secret }, { clock }).send(notification, NEVER);
    const { headers, body } = received[0]!;
    const timestamp = String(headers["x-madsci-timestamp"]);
    const plain = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
    const signature = String(headers["x-madsci-signature"]);
    expect(signature).toBe(`sha256=${plain}`);
    const now = () => new Date(nowMs);
    expect(verifyWebhookSignature(secret, { timestamp, signature, body }, { now })).toBe(true);
    expect(verifyWebhookSignature(secret, { timestamp, signature, body: Buffer.from(body) }, { now })).toBe(true);
  });

  it("adds the headers of its configuration", async () => {
    const { url, received } = await receiver();
    await channel(url, { headers: { Authorization: "Bearer t0ken" } }).send(notification, NEVER);
    expect(received[0]!.headers.authorization).toBe("Bearer t0ken");
  });

  it("takes the links it is given, without those that are not there", async () => {
    const { url, received } = await receiver();
    const links = () => ({ open: "https://e.example.org/1", timeline: null });
    await channel(url, {}, { links }).send(notification, NEVER);
    expect(JSON.parse(received[0]!.body).links).toEqual({ open: "https://e.example.org/1", timeline: null });
  });

  it("keeps integers no double can hold", async () => {
    const { url, received } = await receiver();
    const [sample] = INCIDENT.samples;
    const incident = { samples: [{ ...sample!, event_data: { big: 12345678901234567890n } }] };
    expect(await channel(url).send(sampleNotification({ incident }), NEVER)).toMatchObject({ status: "sent" });
    expect(received[0]!.body).toContain('"big":12345678901234567890}');
  });
});

describe("verifyWebhookSignature", () => {
  const secret = "s";
  const timestamp = "1700000000";
  const body = '{"a":1}';
  const signature = webhookSignature(secret, timestamp, body);
  const at = (seconds: number) => ({ now: () => new Date((1_700_000_000 + seconds) * 1000) });

  it("accepts five minutes either way, or as much as it is told", () => {
    const signed = { timestamp, signature, body };
    expect([-300, 0, 300].map((age) => verifyWebhookSignature(secret, signed, at(age)))).toEqual([true, true, true]);
    expect([-301, 301].map((age) => verifyWebhookSignature(secret, signed, at(age)))).toEqual([false, false]);
    expect(verifyWebhookSignature(secret, signed, { ...at(900), toleranceSeconds: 1000 })).toBe(true);
  });

  it("refuses what was changed, is missing, or was signed otherwise", () => {
    const no = [
      { timestamp, signature, body: '{"a":2}' },
      { timestamp: "1700000001", signature, body },
      { timestamp: "1.7e9", signature, body },
      { timestamp: undefined, signature, body },
      { timestamp, signature: undefined, body },
      { timestamp, signature: signature.toUpperCase(), body },
      { timestamp, signature: signature.slice(7), body },
      { timestamp, signature: webhookSignature("other", timestamp, body), body },
    ];
    expect(no.map((signed) => verifyWebhookSignature(secret, signed, at(0)))).toEqual(no.map(() => false));
    const empty = { timestamp, signature: webhookSignature("", timestamp, body), body };
    expect(verifyWebhookSignature("", empty, at(0))).toBe(false);
  });
});

describe("a webhook's plan", () => {
  it.each([
    ["http://hooks.example.org/x", { allowPrivate: false }, /url: must begin with https/],
    ["ftp://hooks.example.org/x", {}, /url: must begin with https/],
    ["hooks.example.org", {}, /url: must be a whole URL/],
    ["", {}, /url: must be a whole URL/],
    ["https://user@hooks.example.org/", {}, /url: must not hold a user or password/],
    ["https://:pass-w0rd@hooks.example.org/", {}, /url: must not hold a user or password/],
    ["https://h.example.org/", { headers: { "X-MADSci-Signature": "s3cret" } }, /"X-MADSci-Signature": is set by/],
    ["https://h.example.org/", { headers: { Host: "s3cret" } }, /"Host": is set by/],
    ["https://h.example.org/", { headers: { a: "s3cret\r\nb: c" } }, /"a": must be text without line breaks/],
    ["https://h.example.org/", { headers: { "a\r\nb": "s3cret" } }, /is no name of a header/],
    ["https://h.example.org/", { headers: { a: "s3cret".repeat(1000) } }, /at most 4096/],
    ["", { type: "pagerduty" as const }, /secret: must be the integration/],
  ])("is refused for %s %j, without telling secrets", (url, change, words) => {
    const make = () => webhookChannel(planOf(url, change), CONTEXT);
    expect(make).toThrow(words);
    expect(make).toThrow(expect.objectContaining({ code: "EVT_INVALID_OPTION" }));
    expect(make).not.toThrow(/s3cret|pass-w0rd/);
  });
});
