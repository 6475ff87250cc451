/** Lint of channels: addresses, URLs, headers, secrets, the mail server. */
import { describe, expect, it } from "vitest";
import { troublesOf } from "./plan-setup.ts";

const channel = (hook: object) => ({ channels: { hook: { type: "webhook", url: "https://h.example/", ...hook } } });
const mail = (to: unknown, smtp: object = {}) => ({
  channels: { hook: { type: "email", to } },
  smtp: { host: "mx.example.org", from: "events@example.org", ...smtp },
});

describe("lint of channels", () => {
  it.each([
    "Lab <lab@example.org>",
    "a@b.example, c@d.example",
    "lab@example.org\r\nBcc: x@y.example",
    "lab",
    "@b.example",
    "a@",
    "a b@c.example",
    "a..b@c.example",
    "a@-b.example",
    `${"a".repeat(65)}@b.example`,
    "ä@b.example",
  ])("refuses %j as an address", (address) => {
    const troubles = troublesOf(mail([address]));
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toMatch(/^channels\.hook\.to\[0\]: /);
    expect(troubles[0]).not.toMatch(/[\r\n]/);
  });

  it("takes ordinary addresses", () => {
    expect(troublesOf(mail(["lab@example.org", "o'neil+lab@sub.example.org", "root@localhost"]))).toEqual([]);
    const fifty = Array.from({ length: 51 }, (_, i) => `a${i}@example.org`);
    expect(troublesOf(mail(fifty), "warning")).toEqual([
      "channels.hook.to: 51 addresses get a mail of their own each; better use a mailing list",
    ]);
  });

  it.each([
    "http://127.0.0.1/",
    "https://127.1/",
    "https://10.0.0.7/",
    "https://[::1]/",
    "https://localhost:8443/",
    "https://169.254.169.254/x",
  ])("refuses %s unless private addresses are allowed", (url) => {
    expect(troublesOf(channel({ url }))).toHaveLength(1);
    expect(troublesOf(channel({ url, allowPrivate: true }))).toEqual([]);
  });

  it("checks URLs and headers of webhooks", () => {
    expect(troublesOf(channel({ url: "ftp://h.example/" }))).toEqual([
      "channels.hook.url: must be a URL that begins with https:// (or http://)",
    ]);
    expect(troublesOf(channel({ url: "https://a:b@h.example/" }))).toEqual([
      "channels.hook.url: must not hold a user and password; use headers, like {authorization: env:NAME}",
    ]);
    const headers = { "X-Madsci-Signature": "x", "bad name": "x", "x-a": "a\r\nb", "x-ok": "y" };
    expect(troublesOf(channel({ headers }))).toEqual([
      "channels.hook.headers.X-Madsci-Signature: is set by us and cannot be changed",
      'channels.hook.headers."bad name": is no name of a header',
      "channels.hook.headers.x-a: must be one line of text without control characters",
    ]);
  });

  it("warns of secrets in plain, without showing them", () => {
    const warnings = [
      ...troublesOf(channel({ secret: "hunter22", headers: { authorization: "hunter22" } }), "warning"),
      ...troublesOf(mail("a@b.example", { user: "u", password: "hunter22" }), "warning"),
      ...troublesOf({ channels: { hook: { type: "slack", url: "https://hooks.slack.example/hunter22" } } }, "warning"),
    ];
    expect(warnings.map((text) => text.split(":")[0])).toEqual([
      "channels.hook.secret",
      "channels.hook.headers.authorization",
      "smtp.user",
      "smtp.password",
      "channels.hook.url",
    ]);
    expect(warnings.join()).not.toContain("hunter22");
  });

  it("checks the mail server", () => {
    expect(troublesOf({ channels: { hook: { type: "email", to: "a@b.example" } } })).toEqual([
      "channels.hook: is of type email and needs a mail server; add smtp: {host: …} beside channels",
    ]);
    expect(troublesOf(mail("a@b.example", { host: "smtp://mx:25" }))).toEqual([
      "smtp.host: must be the name or address of a server, without smtp:// and port",
    ]);
    expect(troublesOf(mail("a@b.example", { userRef: "env:SMTP_USER" }))).toEqual([
      "smtp: user and password belong together; write both or none",
    ]);
    expect(
      troublesOf(
        mail("a@b.example", { tls: "none", userRef: "env:SMTP_USER", passwordRef: "env:SMTP_PASSWORD" }),
        "warning",
      ),
    ).toEqual(["smtp.tls: sends the password in the clear; use starttls or implicit"]);
    expect(troublesOf(mail("a@b.example", { from: null }), "warning")).toEqual([
      "smtp.from: is missing; mails will come from madsci-events@mx.example.org",
    ]);
  });

  it("says of a secret that cannot be had only that", () => {
    const logins = [{ passwordRef: "env:NOT_SET" }, { passwordRef: "smtp" }, { password: 7 }];
    for (const login of logins) {
      const troubles = troublesOf(mail("a@b.example", { userRef: "env:SMTP_USER", ...login }));
      expect(troubles).toEqual([expect.stringMatching(/^smtp\.password(Ref)?: /)]);
    }
  });

  it.each(["template", "templates"])("says where %s belong that stand in a channel", (key) => {
    expect(troublesOf(channel({ [key]: { subject: "x" } }))).toEqual([
      `channels.hook.${key}: stands at the top level: templates beside channels`,
    ]);
  });
});
