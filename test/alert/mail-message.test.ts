/** What a mail says: golden files of one incident, headers, occasions, sizes. No network. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mailHtml } from "../../src/alert/mail-html.ts";
import { MAX_MAIL_BYTES } from "../../src/alert/mail-message.ts";
import { barsText, mailText } from "../../src/alert/mail-text.ts";
import { mailView } from "../../src/alert/mail-view.ts";
import { context, incident, notification, sample, telling, tellingOf } from "./mail-fixtures.ts";
import { made } from "./mail-made.ts";

const golden = join(import.meta.dirname, "golden");
/** The file's text; written anew with UPDATE_GOLDEN=1. */
function goldenText(name: string, actual: string): string {
  if (process.env.UPDATE_GOLDEN) writeFileSync(join(golden, name), actual);
  return readFileSync(join(golden, name), "utf8");
}

describe("the mail of an incident", () => {
  const view = mailView(notification, context, 4096);

  it("has the text of the golden file", () => {
    const text = mailText(view);
    expect(text).toBe(goldenText("node-error.txt", text));
  });

  it("has the HTML of the golden file", () => {
    const html = mailHtml(view);
    expect(html).toBe(goldenText("node-error.html", html));
  });

  it("is text and HTML of the same, and nothing else", async () => {
    const { mail, text } = await made(notification);
    expect(text).toMatch(/^Content-Type: multipart\/alternative;/m);
    expect(text.match(/^Content-Type: text\/.*$/gm)).toEqual([
      "Content-Type: text/plain; charset=utf-8",
      "Content-Type: text/html; charset=utf-8",
    ]);
    expect(mail.text).toBe(mailText(view));
    expect(mail.html).toBe(mailHtml(view));
    expect(mail.attachments).toEqual([]);
  });

  it("asks nobody for pictures, scripts or styles", () => {
    expect(mailHtml(view)).not.toMatch(/<(img|script|link|iframe|svg|object)|url\(|@import|src=/i);
  });

  it("has exactly these headers", async () => {
    const { headers } = await made(notification);
    const names = headers.map((line) => line.split(":")[0]);
    expect(names).toEqual([
      ...["From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References"],
      ...["Auto-Submitted", "X-Auto-Response-Suppress", "List-Id", "Importance", "X-Priority", "X-MADSci-Event-ID"],
      ...["MIME-Version", "Content-Type"],
    ]);
    expect(headers).toEqual(
      expect.arrayContaining([
        "From: MADSci Events <no-reply@example.com>",
        "To: lab@example.org",
        "Date: Mon, 30 Nov 2026 13:15:12 +0000",
        "Message-ID: <n5f1c0a9e7d24b86a1f3@example.com>",
        "In-Reply-To: <incident-g3kq9x7w2m.4@example.com>",
        "References: <incident-g3kq9x7w2m.4@example.com>",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "List-Id: madsci-events alerts <alerts.madsci-events.example.com>",
        "Importance: High",
        "X-Priority: 1",
        `X-MADSci-Event-ID: ${sample._id}`,
      ]),
    );
  });

  it("has a thread with the other mails of its incident, and an id of its own", async () => {
    const first = await made(notification);
    const second = await made({ ...notification, notification_id: "another", sequence: 3 });
    expect(second.header("References")).toBe(first.header("References"));
    expect(second.header("Message-ID")).not.toBe(first.header("Message-ID"));
  });

  it.each([
    ["High", "1"],
    ["Normal", "3"],
    ["Low", "5"],
  ] as const)("of importance %s has priority %s", async (importance, priority) => {
    const { header } = await made(notification, { importance });
    expect(header("Importance")).toBe(importance);
    expect(header("X-Priority")).toBe(priority);
  });

  it.each([
    ["High", false],
    ["Low", true],
  ] as const)("of importance %s has its ids on the lines of their names", async (importance, compat) => {
    const long = { notification_id: "n".repeat(100), incident_id: "i".repeat(100) };
    const { text } = await made({ ...tellingOf({ _id: "e".repeat(64) }, { compat }), ...long }, { importance });
    expect(text).toContain(`\r\nX-MADSci-Event-ID: ${"e".repeat(64)}\r\n`);
    expect(text).toContain(`\r\nMessage-ID: <${"n".repeat(100)}@example.com>\r\n`);
    for (const name of compat ? [] : ["In-Reply-To", "References"])
      expect(text).toContain(`\r\n${name}: <incident-${"i".repeat(100)}@example.com>\r\n`);
  });

  it.each(["has space", "a\r\nBcc: x@example.org", "ü", "", "x".repeat(65)])(
    "does not name the event %j in a header",
    async (_id) => {
      const { headers } = await made(tellingOf({ _id }));
      expect(headers.join("\n")).not.toMatch(/X-MADSci-Event-ID|Bcc/i);
    },
  );

  it("has an id with a domain that cannot exist where the sender's is none", async () => {
    const { header } = await made(notification, { from: "root@münchen.example" });
    expect(header("Message-ID")).toBe("<n5f1c0a9e7d24b86a1f3@madsci-events.invalid>");
  });

  it("has no links where nobody knows where the server is reached", async () => {
    const { mail } = await made(notification, { context: { links: undefined, publicUrl: null } });
    expect(mail.text).not.toMatch(/https?:/);
    expect(mail.html).not.toMatch(/href=/);
  });

  it("has no link but to http and https", async () => {
    const { links } = context;
    const bad = (about: typeof incident) => ({ ...links!(about)!, open: "javascript:alert(1)" });
    const { mail } = await made(notification, { context: { links: bad } });
    expect(`${mail.text}${mail.html}`).not.toContain("javascript:");
    expect(mail.html).toContain("Acknowledge");
  });
});

describe("the occasion of a mail", () => {
  const others = [
    { incident, notices: 7 },
    { incident: { ...incident, incident_id: "other.1", severity: "warning" as const }, notices: 2 },
  ];
  it.each([
    ["firing", {}, { last_notice_at: null }, "[CRIT] node_error on pf400 ×7", "7 events in 11 min."],
    ["firing", {}, { since_notice: 0 }, "[CRIT] node_error", "still unresolved after 11 min, without anything new."],
    ["firing", {}, { severity: "warning" }, "[WARN] node_error", "goes on: 4 new events, 7 in all."],
    [
      "resolved",
      {},
      { resolved_at: "2026-11-30T13:30:02Z", reason: "no event for 15 min" },
      "[RESOLVED] node_error",
      "is resolved after 26 min: no event for 15 min.",
    ],
    [
      "flapping",
      {},
      { reason: "5 changes in 30 min" },
      "[FLAPPING] node_error",
      "goes on and off: 5 changes in 30 min;",
    ],
    ["storm", {}, { total: 4711 }, "[STORM] node_error on pf400 ×4711", "only counted: 4711 so far."],
    [
      "escalation",
      {},
      {},
      "[CRIT] not acknowledged: node_error",
      "Nobody has acknowledged node_error on pf400 in workcell rpl-1 for 12 min.",
    ],
    ["unsilenced", {}, {}, "[UNSILENCED] node_error", "A silence has ended, and node_error"],
    ["unsilenced", { others }, {}, "[UNSILENCED] 2 incidents are live", "2 incidents under it are live."],
    ["digest", { others }, {}, "[DIGEST] 9 notices about 2 incidents", "Here are 9 notices about 2 incidents"],
    ["test", {}, {}, "[TEST] madsci-events can reach you – channel ops", "This is a test"],
  ] as const)("%s is told in fitting words (%#)", async (occasion, change, about, subject, words) => {
    const { mail } = await made(telling({ occasion, ...change }, about));
    expect(mail.subject).toContain(subject);
    expect(mail.text).toContain(words);
    expect((mail.html as string).replaceAll("&#39;", "'")).toContain(words);
  });

  it("offers no acknowledging of what is resolved", async () => {
    const { mail } = await made(telling({ occasion: "resolved" }, { state: "resolved" }));
    expect(mail.text).toContain("Open incident");
    expect(mail.text).not.toContain("Acknowledge");
  });

  it("with many other incidents shows twenty and says how many are left", async () => {
    const many = Array.from({ length: 500 }, () => others[0]!);
    const { mail, raw } = await made(telling({ occasion: "digest", others: many }));
    expect(mail.text?.match(/\[CRIT\]/g)).toHaveLength(20);
    expect(mail.text).toContain("… and 480 more");
    expect(raw.length).toBeLessThan(MAX_MAIL_BYTES * 1.5);
  });
});

describe("names in a mail", () => {
  it("fall back to the end of an id, and to the rule where events are of several types", async () => {
    const nameless = { ...sample, event_data: {}, message: "" };
    const samples = [nameless, { ...nameless, event_type: "action_failed" }];
    const { mail } = await made(telling({}, { samples, labels: { "source.node_id": sample.source.node_id! } }));
    expect(mail.subject).toBe("[CRIT] node-error on …V8K2MD ×7 – workcell …0RPL1X");
  });

  it("are cut, so that a subject has at most 120 characters", async () => {
    const { mail } = await made(
      tellingOf({ event_type: "🧪".repeat(300), event_data: { node_name: "ä".repeat(300) } }),
    );
    expect([...mail.subject!].length).toBeLessThanOrEqual(120);
  });
});

describe("a sparkline", () => {
  it("shows each number's share of the largest, and a dot for none", () => {
    expect(barsText([0, 1, 2, 4, 8, 0])).toBe("·▁▂▄█·");
    expect(barsText([0, 0])).toBe("··");
  });
});

describe("the size of a mail", () => {
  it("stays within 40 KB however much the events say", async () => {
    const event_data = { text: "<&>\"'".repeat(700), more: "€".repeat(500) };
    const samples = Array.from({ length: 6 }, (_, n) => ({
      ...sample,
      _id: `e${n}`,
      message: "m".repeat(9000),
      event_data,
    }));
    const { mail } = await made(telling({}, { samples }));
    const html = mail.html as string;
    expect(Buffer.byteLength(mail.text!) + Buffer.byteLength(html)).toBeLessThanOrEqual(MAX_MAIL_BYTES);
    expect(mail.text).toMatch(/\(cut: \d+ characters\)/);
    expect(html).toMatch(/\(cut: \d+ characters\)/);
  });
});
