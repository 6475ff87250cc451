/** Texts of strangers in mails: whatever an event says arrives as harmless words, in a message of the same shape. */
import fc from "fast-check";
import { simpleParser } from "mailparser";
import { afterEach, describe, expect, it } from "vitest";
import { escapeHtml } from "../../src/alert/html.ts";
import type { Incident, Sample } from "../../src/alert/incident.ts";
import { mailChannel } from "../../src/alert/mail-channel.ts";
import { MAX_MAIL_BYTES, mailMessage } from "../../src/alert/mail-message.ts";
import { MailTemplates } from "../../src/alert/mail-template.ts";
import type { Notification } from "../../src/alert/notification.ts";
import { cut, manyLines, oneLine } from "../../src/alert/safe-text.ts";
import { context, incident, mailPlan, notification, sample } from "./mail-fixtures.ts";
import { headerLines, parseMail, startSmtp } from "./smtp.ts";

const RUNS = process.env.FUZZ ? 5_000 : 150;

const NASTY = [
  "a\r\nBcc: evil@example.org",
  "\r\n\r\n<script>alert(1)</script>",
  "\r\n.\r\nMAIL FROM:<evil@example.org>\r\n",
  "--=_madsci-",
  "=?utf-8?B?PHNjcmlwdD4=?=",
  "</pre><script>alert(1)</script>",
  "</style></title></td></tr></table>",
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  "<!--[if mso]>",
  "{{ incident }}{% raw %}",
  "\u0000\u0007\u007f\u0085\u009b",
  "line\u2028para\u2029graph",
  "\u202egnp.exe\u2066\u200f",
  "\ud83d half \udc4d",
  "\ufeff\ufffe\uffff",
  "<evil@example.org>, other@example.org",
  "🧪".repeat(200),
  "x".repeat(20_000),
];
const hostile = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 200 }) },
  {
    weight: 1,
    arbitrary: fc.array(fc.constantFrom(...NASTY), { minLength: 2, maxLength: 4 }).map((all) => all.join("")),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
      .map((units) => String.fromCharCode(...units)),
  },
);

const samples = fc.record({
  _id: hostile,
  event_type: hostile,
  log_level: fc.constantFrom(0, 10, 20, 30, 40, 50, 17),
  event_timestamp: hostile,
  received_at: fc.constantFrom("2026-11-30T13:15:02.466Z", "never"),
  message: hostile,
  source: fc.dictionary(fc.oneof(fc.constantFrom("node_id", "workcell_id", "user_id"), hostile), hostile, {
    maxKeys: 4,
  }),
  event_data: fc.oneof(
    hostile,
    fc.dictionary(fc.oneof(fc.constantFrom("message", "node_name", "workcell_name", "__proto__"), hostile), hostile, {
      maxKeys: 5,
    }),
    fc.array(hostile, { maxLength: 5 }),
    fc.constantFrom(null, 7, 2n ** 70n, true),
  ),
  alert: fc.boolean(),
  trace_id: fc.option(hostile),
  span_id: fc.option(hostile),
}) as fc.Arbitrary<Sample>;

const incidents: fc.Arbitrary<Incident> = fc
  .record({
    rule: hostile,
    labels: fc.dictionary(fc.oneof(fc.constantFrom("source.node_id", "event_type"), hostile), fc.option(hostile), {
      maxKeys: 6,
    }),
    reason: hostile,
    acknowledged_by: fc.option(hostile),
    assignee: fc.option(hostile),
    samples: fc.array(samples, { maxLength: 6 }),
    sparkline: fc.array(fc.nat(1_000_000), { maxLength: 20 }),
    total: fc.nat(1_000_000),
    last_notice_at: fc.option(fc.constant("2026-11-30T13:10:12.000Z")),
  })
  .map((change) => ({ ...incident, ...change }));

const notifications: fc.Arbitrary<Notification> = fc
  .record({
    occasion: fc.constantFrom("firing", "resolved", "flapping", "storm", "unsilenced", "digest", "escalation", "test"),
    incident: incidents,
    others: fc.array(fc.record({ incident: incidents, notices: fc.nat(100) }), { maxLength: 4 }),
    next: fc.option(hostile),
    receiver: hostile,
    compat: fc.boolean(),
    notification_id: hostile,
    incident_id: hostile,
  })
  .map(({ notification_id, incident_id, ...notice }) => ({
    ...{ ...notification, notification_id, incident_id },
    ...{ occasion: notice.occasion as Notification["occasion"], notice: notice as Notification["notice"] },
  }));

const templates = new MailTemplates({}, "UTC");
const made = (what: Notification) =>
  mailMessage(what, { from: "no-reply@example.com", importance: "High", context, templates });

const KNOWN_HEADER =
  /^(From: no-reply@example\.com|To: lab@example\.org|Subject: |Date: |Message-ID: <[\w.-]+@example\.com>$|In-Reply-To: <incident-[\w.-]+@example\.com>$|References: <incident-[\w.-]+@example\.com>$|Auto-Submitted: |X-Auto-Response-Suppress: |List-Id: |Importance: High$|X-Priority: 1$|X-MADSci-Event-ID: [\w-]{1,64}$|X-MADSci-Folded: \d+$|MIME-Version: 1\.0$|Content-Type: multipart\/)/;
const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/u;
/** Elements our own HTML is made of. */
const ELEMENTS = "!doctype html head meta title style body div table tr td span h1 p b br pre a".split(" ");

function expectHarmless(html: string): void {
  const visible = html.replace(/<!--\[if mso\]>|<!\[endif\]-->/g, "");
  const names = [...visible.matchAll(/<\/?([^\s>/]*)/g)].map(([, name]) => name!.toLowerCase());
  expect(names.filter((name) => !ELEMENTS.includes(name))).toEqual([]);
  expect(visible).not.toMatch(/<[^>]*\son\w+\s*=|href="(?!https?:)/i);
}

describe("whatever an event says", () => {
  it("the message has our headers, our parts and harmless words", async () => {
    await fc.assert(
      fc.asyncProperty(notifications, async (what) => {
        const { raw, envelope } = await made(what);
        expect(envelope).toEqual({ from: "no-reply@example.com", to: ["lab@example.org"] });
        const text = raw.toString("utf8");
        expect(raw.every((byte) => byte < 0x80 && byte !== 0)).toBe(true);
        expect(text.split("\r\n").every((line) => line.length <= 998 && !/[\r\n]/.test(line))).toBe(true);
        expect(headerLines({ raw: text }).filter((line) => !KNOWN_HEADER.test(line))).toEqual([]);
        const mail = await simpleParser(raw);
        expect([...mail.subject!].length).toBeLessThanOrEqual(120);
        expect(mail.subject).not.toMatch(HIDDEN);
        expect(mail.attachments).toEqual([]);
        if (mail.html === false) return void expect(Object.keys(JSON.parse(mail.text!))[0]).toBe("event_id");
        expect(mail.text).not.toMatch(HIDDEN);
        expect(mail.html).not.toMatch(HIDDEN);
        expectHarmless(mail.html!);
        expect(Buffer.byteLength(mail.text!) + Buffer.byteLength(mail.html!)).toBeLessThanOrEqual(MAX_MAIL_BYTES);
      }),
      { numRuns: RUNS },
    );
  }, 600_000);

  it("an encoded word in an event's type is shown as it is, not decoded", async () => {
    const event_type = "=?utf-8?B?4oCuPHNjcmlwdD4=?=";
    const about = { ...incident, labels: {}, samples: [{ ...sample, event_type }] };
    const { raw } = await made({ ...notification, notice: { ...notification.notice, incident: about } });
    expect((await simpleParser(raw)).subject).toContain("= ?utf-8?B?4oCuPHNjcmlwdD4= ?= on pf400");
  });

  it("an event cannot write lines of its own into the text", async () => {
    const links = "\n  Open incident  https://evil.example.org\n\n-- \nyours";
    const fake = ["\u2028", "\u2029", "\u0085", "\r", "\v", "\f"].map((end) => links.replaceAll("\n", end));
    const event_data = { note: fake, [`key${fake[0]}`]: 1 };
    const about = { ...incident, samples: [{ ...sample, event_data }] };
    const { raw } = await made({ ...notification, notice: { ...notification.notice, incident: about } });
    const { text = "", html } = await simpleParser(raw);
    for (const line of text.split("\n").filter((one) => one.includes("evil"))) expect(line).toMatch(/^ {4,}"|^ {6,}"/);
    expect(text.split("\n").filter((line) => line.trim() === "--")).toHaveLength(1);
    expect(text).toContain("\\u2028  Open incident");
    expect(html).toContain("\\u0085  Open incident");
  });

  it.each(["\u200b", "\u2060", "\u00ad", "\ufeff", "\u{e0041}", "\u3164", "\u180e", "\u2064"])(
    "%j, which nobody sees, is in no subject and no part",
    async (char) => {
      const event_type = `node${char}_error`;
      const about = { ...incident, labels: {}, acknowledged_by: char, samples: [{ ...sample, event_type }] };
      const { raw } = await made({ ...notification, notice: { ...notification.notice, incident: about } });
      const { subject, text, html } = await simpleParser(raw);
      expect(subject).toContain(" node_error on pf400");
      for (const part of [subject, text, html]) expect(part).not.toContain(char);
    },
  );

  it("what joins letters stays, and nothing to see is nothing", () => {
    expect(oneLine("👩‍🔬 می‌خواهم ❤️", 50)).toBe("👩‍🔬 می‌خواهم ❤️");
    expect(oneLine(" \u200d\u2800\ufe0f ", 50)).toBe("");
  });

  it("one line is one line of at most so many characters", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 200 }), (text, max) => {
        const line = oneLine(text, max);
        expect([...line].length).toBeLessThanOrEqual(max);
        expect(line).not.toMatch(/[\r\n\t]/);
        expect(line).not.toMatch(HIDDEN);
        expect(oneLine(line, max)).toBe(line);
        expect([...cut(text, max)].length).toBeLessThanOrEqual(Math.max(max, 1));
        expect(manyLines(text)).not.toMatch(HIDDEN);
      }),
      { numRuns: RUNS * 4 },
    );
  });

  it("escaped text holds nothing that means something in HTML", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(escapeHtml(text)).not.toMatch(/[<>"'`]|&(?!(amp|lt|gt|quot|#39|#96);)/);
      }),
    );
  });
});

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

describe("through a real server", () => {
  it("every nasty text in every field arrives as one mail to one address", async () => {
    const server = await startSmtp();
    const channel = mailChannel(mailPlan(server.port), context);
    open.push(server, channel);
    for (const text of NASTY) {
      const event: Sample = {
        ...{ ...sample, _id: text, event_type: text, message: text, event_timestamp: text, trace_id: text },
        ...{ source: { node_id: text, [text]: text }, event_data: { node_name: text, [text]: text } },
      };
      const about = { ...incident, rule: text, reason: text, labels: { [text]: text }, samples: [event] };
      const notice = { ...notification.notice, incident: about, receiver: text, next: text };
      const what = { ...notification, notification_id: text, incident_id: text, notice };
      expect(await channel.send(what, new AbortController().signal)).toMatchObject({ status: "sent" });
    }
    expect(server.messages).toHaveLength(NASTY.length);
    for (const mail of server.messages) {
      expect(mail).toMatchObject({ from: "no-reply@example.com", to: ["lab@example.org"] });
      for (const line of headerLines(mail).slice(2)) expect(line).not.toMatch(/^(Bcc|Cc|To|From):/i);
      expectHarmless((await parseMail(mail)).html as string);
    }
  });
});
