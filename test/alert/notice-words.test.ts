/** What messages say of an incident: why it fires, and for how long. In every form they have. */
import { describe, expect, it } from "vitest";
import { compatPlan } from "../../src/alert/compat-plan.ts";
import { mailMessage } from "../../src/alert/mail-message.ts";
import { MailTemplates } from "../../src/alert/mail-template.ts";
import { mailView } from "../../src/alert/mail-view.ts";
import type { Notification } from "../../src/alert/notification.ts";
import { pagerdutyBody } from "../../src/alert/pagerduty-body.ts";
import type { AlertPlan } from "../../src/alert/plan.ts";
import { slackBody } from "../../src/alert/slack-body.ts";
import { webhookBody } from "../../src/alert/webhook-body.ts";
import { EngineBench, NODE_ERROR, type Told } from "./engine-bench.ts";
import { HOUR, MINUTE, SECOND } from "./lab.ts";
import { CONTEXT } from "./plan-setup.ts";
import { sampleNotification } from "./sample-notification.ts";

const CONTEXT_OF_BODY = { publicUrl: null, timezone: "UTC", links: null, nowMs: 0 };

/** Subject and first sentence of a mail, the text of a webhook, a message for Slack, the summary of a page. */
function formsOf(notification: Notification) {
  const { subject, summary } = mailView(notification, { publicUrl: null, timezone: "UTC" }, 0);
  const { text } = JSON.parse(webhookBody(notification, { format: "json" }, CONTEXT_OF_BODY).text);
  const slack = JSON.parse(slackBody(notification, CONTEXT_OF_BODY).text);
  const { payload } = JSON.parse(pagerdutyBody(notification, "key", CONTEXT_OF_BODY).text);
  return { subject, summary, text, slack: slack.text, header: slack.blocks[0].text.text, page: payload.summary };
}

describe("a message about an incident", () => {
  it("tells groups by a sender's own field apart", async () => {
    const rules = [{ ...NODE_ERROR, groupBy: ["event_type", "log_level", "event_data.deck"], groupWait: "1s" }];
    const bench = new EngineBench({ rules });
    await bench.start();
    for (const deck of ["A1", "A2"]) bench.append({ source: {}, event_data: { deck } });
    await bench.advance(MINUTE);
    expect(bench.told.map(({ notification }) => formsOf(notification).subject)).toEqual([
      "[ERROR] node_error (A1)",
      "[ERROR] node_error (A2)",
    ]);
    await bench.close();
  });

  const START = { event_type: "action_start", event_data: { action_id: "a", node_name: "pf400" } };
  const KINDS = [
    [
      { kind: "sequence", after: { event_type: "action_start" }, expect: { event_type: "action_complete" } },
      { join: "event_data.action_id", within: "5s" },
      [START],
      "[ERROR] action_start on …000001: not finished after 5 s",
      "action_start on …000001: not finished after 5 s.",
    ],
    [
      { kind: "absence", select: { event_type: "action_start" }, within: "5s" },
      {},
      [START],
      "[ERROR] kind on …000001: no event for 5 s",
      "kind on …000001: no event for 5 s.",
    ],
    [
      { kind: "threshold", select: { event_type: "action_start" }, count: 2, within: "10m", severity: "error" },
      {},
      [START, START],
      "[ERROR] action_start on pf400 ×2: 2 events within 10 min",
      "action_start on pf400: 2 events at once (2 events within 10 min).",
    ],
    [
      { kind: "ratio", select: { event_type: "action_start" }, bad: { event_type: "action_start" }, over: "20%" },
      { within: "1h", minSamples: 2, severity: "error" },
      [START, START],
      "[ERROR] action_start on pf400 ×2: 100 % of 2 events within 1 h",
      "action_start on pf400: 2 events at once (100 % of 2 events within 1 h).",
    ],
    [{ kind: "ledger", counter: "dropped" }, {}, [], "[ERROR] kind: dropped is 3", "kind: dropped is 3."],
    [
      { select: { event_type: "action_start" }, severity: "error" },
      {},
      [START],
      "[ERROR] action_start on pf400",
      "action_start on pf400.",
    ],
  ] as const;

  it.each(KINDS)(
    "of a rule %j says why it fires, where that is more than an event",
    async (kind, more, events, ...words) => {
      const [subject, sentence] = words;
      const bench = new EngineBench({ rules: [{ id: "kind", groupWait: "0s", ...kind, ...more } as never] });
      bench.counters = { dropped: 3 };
      await bench.start();
      for (const event of events) bench.append(event);
      await bench.advance(20 * SECOND);
      const forms = formsOf((bench.told[0] as Told).notification);
      expect(forms).toMatchObject({ subject, summary: sentence });
      expect(forms.text).toContain(`${subject}\n${sentence}\n`);
      expect(forms.slack).toContain(`${subject}\n${sentence}\n`);
      expect(forms.header).toContain(subject);
      expect(forms.page).toContain(subject);
      await bench.close();
    },
  );

  it("says why again when it goes on, is repeated, escalates, or is one of several", () => {
    const cause = { reason: "not finished after 5 s" };
    const before = { ...cause, last_notice_at: "2026-11-30T13:03:30Z" };
    const saying = (...change: Parameters<typeof sampleNotification>) => formsOf(sampleNotification(...change)).summary;
    expect(saying({ incident: before })).toMatch(/goes on: 7 new events, 7 in all \(not finished after 5 s\)\.$/);
    expect(saying({ incident: { ...before, since_notice: 0 } })).toMatch(/anything new \(not finished after 5 s\)\.$/);
    expect(saying({ incident: cause, notice: { occasion: "escalation" } })).toMatch(
      /1 min 47 s: not finished after 5 s\.$/,
    );
    expect(saying({ incident: cause, notice: { occasion: "unsilenced" } })).toMatch(
      /in all \(not finished after 5 s\)\.$/,
    );
    const others = [{ incident: sampleNotification({ incident: cause }).notice.incident, notices: 1 }];
    expect(formsOf(sampleNotification({ notice: { occasion: "digest", others } })).text).toContain(
      "node_error on pf400: not finished after 5 s (rule node-error): firing, 1 notice",
    );
  });

  it("that is told late, when it is over, does not take the end for the cause", () => {
    const over = { state: "resolved", reason: "no event for 15 min", resolved_at: "2026-11-30T13:20:00Z" } as const;
    expect(formsOf(sampleNotification({ incident: over }))).toMatchObject({
      subject: "[CRIT] node_error on pf400 ×7 – workcell rpl-1",
      summary: "node_error on pf400 in workcell rpl-1: 7 events in 1 min 47 s.",
    });
  });

  it("that is repeated says for how long it has been there, by the clock of the notice", async () => {
    const bench = new EngineBench({ rules: [{ ...NODE_ERROR, resolveAfter: "never" }] });
    await bench.start();
    bench.append();
    await bench.advance(9 * HOUR);
    expect(bench.told.map(({ notification }) => formsOf(notification).summary.replace(/^.*(?=is still)/, ""))).toEqual([
      expect.not.stringContaining("still"),
      "is still unresolved after 4 h, without anything new.",
      "is still unresolved after 8 h, without anything new.",
    ]);
    for (const form of ["text", "slack"] as const)
      expect(formsOf((bench.told[2] as Told).notification)[form]).toContain("is still unresolved after 8 h");
    await bench.close();
  });
});

describe("MADSci's way", () => {
  it("says of a folded mail how many events it stands for", async () => {
    const email = {
      ...{ smtp_server: "smtp.example.com", smtp_port: 587, smtp_username: null, smtp_password: null, use_tls: true },
      ...{ sender: "no-reply@example.com", default_importance: "Normal", email_addresses: ["a@example.com"] },
    };
    const { channels: _, ...rest } = compatPlan(email, 40, CONTEXT);
    const receivers = [{ name: "email", channels: ["ops"], escalate: [] }];
    const plan: AlertPlan = { ...rest, channels: [], receivers };
    const bench = new EngineBench({ labPack: false });
    await bench.start({ plan });
    for (let n = 0; n < 6; n++) {
      const event = bench.add({ log_level: 40, event_data: { n } });
      bench.memory.add(event, { rules: ["alert-level"] });
    }
    bench.append({ log_level: 20 });
    await bench.advance(6 * MINUTE);
    const mails = await Promise.all(
      bench.told.map(async ({ notification }) => {
        const look = {
          from: email.sender,
          importance: "Normal",
          context: { publicUrl: null, timezone: "UTC" },
        } as const;
        const to = { ...notification, recipient: "a@example.com" };
        const { raw } = await mailMessage(to, { ...look, templates: new MailTemplates({}, "UTC") });
        return /^X-MADSci-Folded: (.*)\r$/m.exec(raw.toString())?.[1];
      }),
    );
    expect(mails).toEqual([undefined, undefined, undefined, "3"]);
    await bench.close();
  });
});
