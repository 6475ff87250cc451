/** What the plan redacts is in no place of any message or page, and groups, silences and inhibitions still go by it. */
import { describe, expect, it } from "vitest";
import { actionToken, linkSecret, linksFor } from "../../src/alert/links.ts";
import { mailMessage } from "../../src/alert/mail-message.ts";
import { MailTemplates } from "../../src/alert/mail-template.ts";
import type { Notification } from "../../src/alert/notification.ts";
import { pagerdutyBody } from "../../src/alert/pagerduty-body.ts";
import { shownData } from "../../src/alert/redact.ts";
import { redactedIncident } from "../../src/alert/redact-notice.ts";
import { slackBody } from "../../src/alert/slack-body.ts";
import { testNotification } from "../../src/alert/test-notification.ts";
import { webhookBody } from "../../src/alert/webhook-body.ts";
import type { Json } from "../../src/event/json.ts";
import { EngineBench, NODE_ERROR, onlyIncident } from "./engine-bench.ts";
import { MINUTE } from "./lab.ts";
import { troublesOf } from "./plan-setup.ts";
import { INCIDENT } from "./sample-notification.ts";

const USER = "01JUSERJOHN000000000000001";
const WORKFLOW = "01JWORKFLOWJOHN0000000001X";
const SECRETS = [USER, WORKFLOW, USER.slice(-6), WORKFLOW.slice(-6), "0123abcd".repeat(4), "JOHN", "MARY", "77-WARD"];
const REDACT = ["source.user_id", "source.workflow_id", "trace_id", "event_data.patients.name", "event_data.ward"];
const RULE = {
  ...NODE_ERROR,
  groupBy: ["source.user_id", "event_data.patients", "event_data.ward", "event_type"],
  resolveAfter: "5m",
} as const;
const EVENT = {
  source: { user_id: USER, workflow_id: WORKFLOW },
  trace_id: "0123abcd".repeat(4),
  event_data: { message: "clot", ward: "77-WARD", patients: [{ name: "JOHN" }, { name: "MARY" }] },
} as const;
const PUBLIC = "https://events.lab.example.org";

/** All forms a message has, in one text. */
async function formsOf(notification: Notification): Promise<string> {
  const nowMs = Date.parse(notification.created_at);
  const links = (about: Notification["notice"]["incident"]) => linksFor(PUBLIC, "secret", about, nowMs);
  const mail = await mailMessage(
    { ...notification, recipient: "lab@example.org" },
    {
      from: "events@example.org",
      importance: "Normal",
      context: { publicUrl: PUBLIC, timezone: "UTC", links },
      templates: new MailTemplates({ html: "{{ incident | json }}" }, "UTC"),
    },
  );
  const context = { publicUrl: PUBLIC, timezone: "UTC", links: links(notification.notice.incident), nowMs };
  const hook = webhookBody(notification, { format: "json" }, context).text;
  const text = mail.raw.toString().replace(/=\r\n/g, "");
  return [text, hook, slackBody(notification, context).text, pagerdutyBody(notification, "k", context).text].join("\n");
}

function expectClean(text: string): void {
  for (const secret of SECRETS) expect(text).not.toContain(secret);
}

describe("what the plan redacts", () => {
  it.each([
    ["event_data.patients.name", [{ name: "[redacted]" }, { name: "[redacted]", bed: 2 }]],
    ["event_data.patients.1.name", [{ name: "JOHN" }, { name: "[redacted]", bed: 2 }]],
    ["event_data.patients.0", ["[redacted]", { name: "MARY", bed: 2 }]],
    ["event_data.patients", "[redacted]"],
    ["event_data.name", [{ name: "JOHN" }, { name: "MARY", bed: 2 }]],
  ])("shows nothing of %s, which goes through lists as a selector does", (path, patients) => {
    const event_data: Json = { patients: [{ name: "JOHN" }, { name: "MARY", bed: 2 }] };
    expect(shownData(event_data, [path])).toEqual({ patients });
    expect(shownData(event_data, ["event_data"])).toBe("[redacted]");
  });

  it("is in no form of a message, whatever place of it shows the path", async () => {
    const bench = new EngineBench({ rules: [RULE], redact: REDACT, publicUrl: PUBLIC });
    const engine = await bench.start();
    bench.append(EVENT);
    await bench.advance(10 * MINUTE);
    expect(bench.told.map(({ notification }) => notification.occasion)).toEqual(["firing", "resolved"]);
    expect(bench.told[0]?.notification.notice.incident.labels).toEqual({
      ...{ "source.user_id": "[redacted]", "event_data.patients": "[redacted]", "event_data.ward": "[redacted]" },
      event_type: "node_error",
    });
    for (const { notification } of bench.told) {
      const others = [{ incident: notification.notice.incident, notices: 2 }];
      const digest = { ...notification, notice: { ...notification.notice, occasion: "digest" as const, others } };
      for (const one of [notification, digest]) {
        const text = await formsOf(one);
        expectClean(text);
        expect(text).not.toContain("user_id=");
        expect(text).not.toContain("workflow_id=");
      }
    }
    await bench.close();
    expect(engine.plan.redact).toEqual(REDACT);
  });

  it("is on no page behind a link, and silences made there hold for its group alone", async () => {
    const bench = new EngineBench({ rules: [{ ...RULE, resolveAfter: "never" }], redact: REDACT, publicUrl: PUBLIC });
    const engine = await bench.start();
    bench.append(EVENT);
    await bench.advance(MINUTE);
    const { incident_id } = await onlyIncident(engine);
    expectClean(JSON.stringify(await engine.incident(incident_id, { asShown: true })));
    const secret = await linkSecret(bench.memory);
    const claim = { incident_id, action: "silence_1h", expiresMs: bench.clock.now() + MINUTE } as const;
    const done = await engine.redeem(actionToken(secret, claim), { dry: false });
    expect(done).toMatchObject({ done: true });
    expectClean(JSON.stringify(done));
    bench.append({ ...EVENT, source: { user_id: "01JUSERMARY000000000000002" } });
    await bench.advance(MINUTE);
    const { items } = await engine.incidents();
    const silenced = items.filter(({ silenced_by }) => silenced_by !== null).map((one) => one.labels["source.user_id"]);
    expect(silenced).toEqual([USER]);
    await bench.close();
  });

  it("is not in a test about an event", async () => {
    const bench = new EngineBench({ rules: [RULE], redact: [...REDACT, "source.node_id"] });
    const event = bench.add({ ...EVENT, source: { ...EVENT.source, node_id: "01JNODEJOHN00000000000001X" } });
    const about = { channel: "ops", recipient: "ops", event, plan: bench.plan, nowMs: bench.clock.now() };
    expectClean(await formsOf(testNotification(about)));
  });

  it.each([
    ["event_data.wells.1.name", "event_data.wells.name", "[redacted]"],
    ["event_data.wells.1", "event_data.wells.1.name", "[redacted]"],
    ["event_data.wells.1", "event_data.wells.2", "x"],
    ["event_data.well", "event_data.wells", "x"],
    ["source.user_id", "source", "[redacted]"],
  ])("hides of a group by %s what %s names", (label, hidden, shown) => {
    expect(redactedIncident({ ...INCIDENT, labels: { [label]: "x" } }, [hidden]).labels).toEqual({ [label]: shown });
  });

  it.each(["event_type", "log_level", "_id"])("cannot be %s, which every message tells", (path) => {
    const [trouble] = troublesOf({ redact: [path] });
    expect(trouble).toMatch(
      /^redact\[0\]: every message tells \w+; only paths in event_data, source, trace_id, span_id/,
    );
  });
});
