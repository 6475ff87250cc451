/** Other forms of a mail: MADSci's own, templates; and what counts as an address. No network. */
import { describe, expect, it } from "vitest";
import { mailAddress } from "../../src/alert/mail-address.ts";
import { MailTemplates, type TemplateTexts } from "../../src/alert/mail-template.ts";
import { notification, sample, telling, tellingOf } from "./mail-fixtures.ts";
import { made } from "./mail-made.ts";

describe("MADSci's form", () => {
  const compat = telling({ compat: true }, { since_notice: 1 });

  it("has its subject, headers and body", async () => {
    const { text, headers, mail } = await made({ ...compat, notice: { ...compat.notice } }, { importance: "Normal" });
    expect(mail.subject).toBe("ALERT (EventLogLevel.CRITICAL): EventType.NODE_ERROR");
    expect(headers.map((line) => line.split(":")[0])).toEqual([
      ...["From", "To", "Subject", "Date", "Message-ID", "Importance", "X-Priority", "X-MADSci-Event-ID"],
      ...["MIME-Version", "Content-Type"],
    ]);
    expect(headers).toEqual(expect.arrayContaining(["Importance: Normal", "X-Priority: 3"]));
    expect(text).toMatch(/^Content-Type: multipart\/mixed;/m);
    expect(text.match(/^Content-Type: text\/.*$/gm)).toHaveLength(1);
  });

  it("has the event as indented JSON in MADSci's order with event_id", async () => {
    const { mail } = await made(compat);
    const body = JSON.parse(mail.text!);
    expect(mail.text!.trimEnd()).toBe(JSON.stringify(body, null, 2));
    expect(Object.keys(body)).toEqual([
      ...["event_id", "event_type", "log_level", "alert", "event_timestamp", "source", "event_data"],
      ...["trace_id", "span_id", "archived", "archived_at"],
    ]);
    expect(body).toMatchObject({ event_id: sample._id, event_data: sample.event_data, archived: false });
  });

  it("names a type it does not know in the same way", async () => {
    const { mail } = await made(tellingOf({ event_type: "my_own", log_level: 40 }, { compat: true }));
    expect(mail.subject).toBe("ALERT (EventLogLevel.ERROR): EventType.MY_OWN");
  });

  it.each([
    [1, undefined],
    [3, "3"],
    [0, "0"],
  ])("of a mail that stands for %d new events has the header X-MADSci-Folded: %s", async (since_notice, folded) => {
    const { mail, text, header } = await made(telling({ compat: true }, { since_notice }));
    expect(header("X-MADSci-Folded")).toBe(folded);
    expect(mail.subject).toBe("ALERT (EventLogLevel.CRITICAL): EventType.NODE_ERROR");
    expect(JSON.parse(mail.text!).event_id).toBe(sample._id);
    expect(text.includes("X-MADSci-Folded")).toBe(folded !== undefined);
  });

  it("is not used for what MADSci has no mail for", async () => {
    const { mail } = await made(telling({ compat: true, occasion: "test" }));
    expect(mail.subject).toContain("[TEST]");
  });
});

describe("templates", () => {
  it("replace the part they are for, and see the words of a mail", async () => {
    const templates = {
      subject: "{{ tag }} {{ incident.rule }}",
      text: "{{ summary }}\n{% for e in events %}{{ e.message }}\n{% endfor %}",
    };
    const { mail, troubles } = await made(notification, { templates });
    expect(troubles).toEqual([]);
    expect(mail.subject).toBe("CRIT node-error");
    expect(mail.text).toContain("goes on: 4 new events, 7 in all.\nGripper lost vacuum");
    expect(mail.html).toContain("<!DOCTYPE html>");
  });

  it("escape values in HTML", async () => {
    const { mail } = await made(tellingOf({ message: "<script>x</script>" }), {
      templates: { html: "<p>{{ message }}</p>" },
    });
    expect(mail.html).toContain("<p>&lt;script&gt;x&lt;/script&gt;</p>");
  });

  it("cannot put lines into a subject", async () => {
    const { headers, mail } = await made(notification, { templates: { subject: "a\r\nBcc: x@example.org\n\nb" } });
    expect(mail.subject).toBe("a Bcc: x@example.org b");
    expect(headers.some((line) => line.startsWith("Bcc"))).toBe(false);
  });

  it.each([
    ["cannot be read", "{% if %}"],
    ["throws", "{{ 'x' | no_such_filter }}"],
    ["wants a file", "{% include '/etc/passwd' %}"],
    ["wants another file", "{% render 'package.json' %}"],
    ["never ends", "{% for a in (1..99999999) %}{% for b in (1..99999999) %}x{% endfor %}{% endfor %}"],
    ["is too long", "{% for a in (1..50000) %}{{ subject }}{% endfor %}"],
  ])("that %s gives the built-in part, and says so", async (_what, html) => {
    const { mail, troubles } = await made(notification, { templates: { html } });
    expect(troubles).toEqual([expect.stringContaining("the template of the html")]);
    expect(mail.html).toContain("Built-in form, because the template of the html");
    expect(mail.html).toContain("Gripper lost vacuum");
  });

  it("are told about before the first mail by check", async () => {
    const check = (texts: TemplateTexts) => new MailTemplates(texts, "UTC").check();
    await check({ text: "{{ summary }}" });
    await expect(check({ subject: "{{ a | b }}", html: "{% if %}" })).rejects.toMatchObject({
      code: "EVT_INVALID_OPTION",
      message: expect.stringMatching(
        /^templates\.subject: .*; templates\.html: .*; mails go out in the built-in form$/,
      ),
    });
  });
});

describe("an address", () => {
  it.each([
    ["lab@example.org", { name: "", address: "lab@example.org" }],
    ["Lab <lab@example.org>", { name: "Lab", address: "lab@example.org" }],
    ['"Lab, night" <lab@example.org>', { name: "Lab, night", address: "lab@example.org" }],
    ["root@localhost", { name: "", address: "root@localhost" }],
    ["a@x.org, b@x.org", null],
    ["a@x.org\nb@x.org", null],
    ["<a@x.org> <b@x.org>", null],
    ["a@b@c", null],
    ["", null],
  ])("%j is read", (text, address) => {
    expect(mailAddress(text)).toEqual(address);
  });
});
