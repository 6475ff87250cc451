import { afterEach, describe, expect, it } from "vitest";
import { slackBody, slackText } from "../../src/alert/slack-body.ts";
import { webhookChannel } from "../../src/alert/webhook-channel.ts";
import { CONTEXT, NEVER, planOf, startReceiver } from "./http-receiver.ts";
import { INCIDENT, SAMPLE, sampleNotification } from "./sample-notification.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

type Message = { text: string; blocks: { type: string; [field: string]: unknown }[] };
const links = {
  open: "https://e.example.org/i/1",
  acknowledge: "https://e.example.org/i/1/act?token=t&x=|",
  timeline: null,
};
const context = { publicUrl: null, timezone: "Europe/Berlin", links, nowMs: 0 };
const messageOf = (...change: Parameters<typeof sampleNotification>): Message =>
  JSON.parse(slackBody(sampleNotification(...change), context).text);

describe("a message for Slack", () => {
  it("shows what happened where, how often, the last events, and where to go on", () => {
    const { text, blocks } = messageOf();
    expect(blocks.map(({ type }) => type)).toEqual(["header", "section", "section", "section", "section", "context"]);
    expect(blocks[0]).toMatchObject({ text: { text: "🔴 [CRIT] node_error on pf400 ×7 – workcell rpl-1" } });
    expect(JSON.stringify(blocks[2])).toContain("*node*\\npf400 (01JDNODE00000000000000PF40)");
    expect(JSON.stringify(blocks[3])).toContain("2026-11-30 14:03:12 +01:00");
    const linked = `<${links.open}|Open incident>  ·  <https://e.example.org/i/1/act?token=t&amp;x=%7C|Acknowledge>`;
    expect(blocks[4]).toEqual({ type: "section", text: { type: "mrkdwn", text: linked } });
    expect(text.endsWith(`\n<${links.open}|Open incident>`)).toBe(true);
    expect(text).toMatch(/^🔴 \[CRIT\] node_error on pf400/);
    expect(text).toContain("gripper lost plate 7 &lt;at&gt; nest &amp; stopped");
  });

  it("is green when it is over, and has eyes when somebody looks", () => {
    const over = messageOf({ incident: { state: "resolved" }, notice: { occasion: "resolved" } });
    expect(over.text).toMatch(/^🟢 \[RESOLVED\]/);
    expect(messageOf({ incident: { state: "acknowledged" } }).text).toMatch(/^👀/);
  });

  it("lists the incidents of a digest, the first ten and how many more", () => {
    const others = Array.from({ length: 12 }, () => ({ incident: INCIDENT, notices: 3 }));
    const { blocks } = messageOf({ notice: { occasion: "digest", others } });
    const lines = JSON.stringify(blocks).match(/rule node-error\): firing, 3 notices/g);
    expect(lines).toHaveLength(10);
    expect(JSON.stringify(blocks)).toContain("and 2 more");
  });

  it("lets no event mention people, hide a link, or leave its code", () => {
    const message =
      "<!channel> <@U123> <https://evil.example|safe> @all @Here [safe](https://evil.example) ```*b* &lt;";
    const { text, blocks } = messageOf({ incident: { samples: [{ ...SAMPLE, message }] } });
    for (const shown of [text, JSON.stringify(blocks)]) {
      expect(shown).not.toMatch(/<[!@]|<https:..evil|@all|@here|\]\(/i);
      expect(shown).toContain("&lt;!channel&gt;");
      expect(shown).toContain("&amp;lt;");
    }
    expect(JSON.stringify(blocks).match(/```/g)).toHaveLength(2);
  });

  it("never cuts an escape in two", () => {
    for (let max = 1; max < 20; max++) {
      const text = slackText("&<>&😀&<>&", max);
      expect(text.length).toBeLessThanOrEqual(max);
      expect(text).toMatch(/^(&amp;|&lt;|&gt;|😀)*…?$/u);
    }
  });

  it.each(["slack", "webhook", "pagerduty"] as const)(
    "of a test has no links to what is not there: %s",
    async (type) => {
      const target = await startReceiver((response) => response.end("ok"));
      open.push(target);
      const publicUrl = "https://lab.example.org";
      const channel = webhookChannel(planOf(target.url, { type, secret: "x" }), {
        ...CONTEXT,
        publicUrl,
        links: () => links,
      });
      await channel.send(
        sampleNotification({ notification: { occasion: "test" }, notice: { occasion: "test" } }),
        NEVER,
      );
      await channel.send(sampleNotification(), NEVER);
      const [test, other] = target.received.map(({ body }) => body);
      expect(test).not.toMatch(/act\?token|\/i\/1/);
      expect(other).toMatch(/\/i\/1/);
    },
  );

  it("reaches an incoming webhook, unsigned, and a revoked one is refused without telling its URL", async () => {
    const target = await startReceiver((response, { path }) =>
      path.endsWith("gone") ? response.writeHead(404).end("no_service") : response.end("ok"),
    );
    open.push(target);
    const slack = (url: string) => webhookChannel(planOf(url, { type: "slack", secret: "x" }), CONTEXT);
    expect(await slack(target.url).send(sampleNotification(), NEVER)).toMatchObject({ status: "sent" });
    const { headers, body } = target.received[0]!;
    expect(Object.keys(headers).filter((name) => name.startsWith("x-"))).toEqual([]);
    expect(JSON.parse(body)).toMatchObject({ text: expect.any(String), blocks: expect.any(Array) });
    const refused = await slack(`${target.url}/gone`).send(sampleNotification(), NEVER);
    expect(refused).toEqual({ status: "refused", channelDown: true, reason: "HTTP 404: no_service" });
  });
});
