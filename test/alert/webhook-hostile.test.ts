import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Incident, Sample } from "../../src/alert/incident.ts";
import type { Notification } from "../../src/alert/notification.ts";
import { pagerdutyBody } from "../../src/alert/pagerduty-body.ts";
import { slackBody } from "../../src/alert/slack-body.ts";
import { MAX_BODY_BYTES, webhookBody } from "../../src/alert/webhook-body.ts";
import type { Json } from "../../src/event/json.ts";
import { INCIDENT, SAMPLE, sampleNotification } from "./sample-notification.ts";

const numRuns = process.env.FUZZ ? 800 : 60;
const context = { publicUrl: "https://e.example.org", timezone: "Asia/Tokyo", links: null, nowMs: 0 };

const nasty = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ maxLength: 60 }),
  fc.constantFrom(
    "\ud800",
    "\udc00x",
    "\u0000\u001f\u007f",
    "\u2028\u2029",
    "\u202e\u2066",
    '"\\</script>',
    "<!channel>",
    "@all",
  ),
  fc.constantFrom("__proto__", "constructor", "toJSON", "```", "](x)", "\r\n.\r\n", "NaN", "1e999", "{{x}}", ""),
  fc
    .tuple(fc.constantFrom("&", "<", "😀", "\ud83d", "\u0007", "é", "x"), fc.integer({ min: 0, max: 5000 }))
    .map(([c, n]) => c.repeat(n)),
);
const dictionary = fc.dictionary(nasty, nasty, { maxKeys: 12 });
const data = fc.oneof(nasty, fc.bigInt(), fc.jsonValue(), dictionary) as fc.Arbitrary<Json>;
const sample: fc.Arbitrary<Sample> = fc
  .record({
    _id: nasty,
    event_type: nasty,
    event_timestamp: nasty,
    received_at: nasty,
    message: nasty,
    source: dictionary,
    event_data: data,
  })
  .map((change) => ({ ...SAMPLE, ...change }));
const incident: fc.Arbitrary<Incident> = fc
  .record({
    incident_id: nasty,
    rule: nasty,
    labels: fc.dictionary(nasty, fc.option(nasty), { maxKeys: 12 }),
    state: fc.constantFrom("pending", "firing", "acknowledged", "resolved", "closed"),
    first_at: nasty,
    last_at: nasty,
    reason: nasty,
    total: fc.nat(),
    samples: fc.array(sample, { maxLength: 6 }),
    acknowledged_by: fc.option(nasty),
    assignee: fc.option(nasty),
    comments: fc.array(fc.record({ at: nasty, by: nasty, text: nasty }), { maxLength: 5 }),
  })
  .map((change) => ({ ...INCIDENT, ...change }));
const notification: fc.Arbitrary<Notification> = fc
  .record({
    incident,
    others: fc.array(fc.record({ incident, notices: fc.nat() }), { maxLength: 3 }),
    occasion: fc.constantFrom("firing", "resolved", "flapping", "storm", "unsilenced", "digest", "escalation", "test"),
    receiver: nasty,
    next: fc.option(nasty),
  })
  .map(({ incident, ...notice }) => sampleNotification({ incident, notice }));

/** Strict JSON as other parsers read it: nothing but whole characters. */
function read(text: string) {
  expect(text.isWellFormed()).toBe(true);
  expect(text).not.toMatch(/\\ud[89a-f]/i);
  return JSON.parse(text);
}

describe("whatever an incident holds", () => {
  it("becomes a webhook of valid JSON within its limit", () => {
    fc.assert(
      fc.property(notification, fc.constantFrom("json" as const, "cloudevents" as const), (one, format) => {
        const { text } = webhookBody(one, { format }, context);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_BODY_BYTES);
        const body = format === "json" ? read(text) : read(text).data;
        expect(body.incident.state).toBe(one.notice.incident.state);
        expect(body.type).toBe(one.occasion);
      }),
      { numRuns },
    );
  });

  it("becomes a Slack message within Slack's limits", () => {
    fc.assert(
      fc.property(notification, fc.nat({ max: 400 }), (one, urlLength) => {
        const url = `https://e.example.org/?${"<|>&".repeat(urlLength)}`;
        const { text, blocks } = read(
          slackBody(one, { ...context, links: { open: url, events: url, timeline: url } }).text,
        );
        expect(text.length).toBeLessThanOrEqual(3000);
        expect(blocks.length).toBeLessThanOrEqual(50);
        for (const block of blocks) checkBlock(block);
      }),
      { numRuns },
    );
  });

  it("becomes a PagerDuty event within PagerDuty's limits", () => {
    fc.assert(
      fc.property(notification, (one) => {
        const { text } = pagerdutyBody(one, "key", context);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(524_288);
        const { dedup_key, payload } = read(text);
        expect(dedup_key.length).toBeLessThanOrEqual(255);
        expect(payload.summary.length).toBeGreaterThan(0);
        expect(payload.summary.length).toBeLessThanOrEqual(1024);
        expect(payload.source.length).toBeGreaterThan(0);
      }),
      { numRuns },
    );
  });

  it("is cut, and says so, where it would be too large", () => {
    const huge = "&\u0007é".repeat(20_000);
    const samples = Array.from({ length: 6 }, () => ({ ...SAMPLE, message: huge, event_data: huge }));
    const one = sampleNotification({ incident: { samples } });
    const { text } = webhookBody(one, { format: "json" }, context);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_BODY_BYTES);
    const body = read(text);
    expect(body).toMatchObject({ truncated: true, incident: { incident_id: INCIDENT.incident_id, total: 7 } });
    expect(body.incident.samples).toHaveLength(6);
    const many = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [`k${n}${"\u0007".repeat(500)}`, "\u0007".repeat(500)]),
    );
    const worst = { samples: samples.map((each) => ({ ...each, source: many })), labels: many };
    const others = Array.from({ length: 8 }, () => ({ incident: { ...INCIDENT, ...worst }, notices: 1 }));
    const cut = webhookBody(sampleNotification({ incident: worst, notice: { others } }), { format: "json" }, context);
    expect(Buffer.byteLength(cut.text)).toBeLessThanOrEqual(MAX_BODY_BYTES);
  });
});

interface AnyText {
  readonly text: string;
}
interface AnyBlock {
  readonly type: string;
  readonly text?: AnyText;
  readonly fields?: readonly AnyText[];
  readonly elements?: readonly unknown[];
}

function checkBlock({ type, text, fields = [] }: AnyBlock): void {
  if (text !== undefined) {
    expect(text.text.length).toBeGreaterThan(0);
    expect(text.text.length).toBeLessThanOrEqual(type === "header" ? 150 : 3000);
    if (type === "section") expect(text.text.replace(/<https:[^<>|]+\|[^<>]+>/g, "")).not.toMatch(/[<>]/);
  }
  expect(fields.length).toBeLessThanOrEqual(10);
  for (const field of fields) expect(field.text.length).toBeLessThanOrEqual(2000);
}
