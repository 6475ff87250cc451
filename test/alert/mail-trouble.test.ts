/** What reasons say and keep to themselves, and what becomes of a mail when something of ours is missing or broken. */
import { afterEach, describe, expect, it } from "vitest";
import { mailChannel } from "../../src/alert/mail-channel.ts";
import { loaded } from "../../src/alert/mail-driver.ts";
import { deliveryOf, mailTrouble } from "../../src/alert/mail-trouble.ts";
import { context, mailPlan, notification, telling } from "./mail-fixtures.ts";
import { parseMail, startSmtp } from "./smtp.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const server = { host: "smtp.example.org", port: 587, user: "lab", password: "s3cret-word", tls: "starttls" as const };
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("a reason", () => {
  it("has the server's words on one line, without our password in any form", () => {
    const words = [server.password, base64(server.password), base64(`\0lab\0${server.password}`)];
    const response = `554 no:\r\n554 ${words.join(" ")}\u0000`;
    const trouble = mailTrouble({ code: "EMESSAGE", command: "DATA", responseCode: 554, response }, server);
    expect(trouble).toEqual({
      kind: "message",
      code: 554,
      text: "smtp.example.org:587 refuses the message: 554 no: 554 … … …",
    });
  });

  it("about a login has no words of the server at all", () => {
    const response = "535 bad password s3cret-word for lab";
    const { text } = mailTrouble({ code: "EAUTH", command: "AUTH PLAIN", responseCode: 535, response }, server);
    expect(text).toBe("smtp.example.org:587 refuses the login of lab (535)");
  });

  it.each([
    [{ code: "EDNS", originalCode: "ENOTFOUND" }, "name", "smtp.example.org has no address (ENOTFOUND)"],
    [{ code: "ETIMEDOUT", timeoutType: "CONNECT_TIMEOUT" }, "connection", "does not answer"],
    [{ code: "ETIMEDOUT", timeoutType: "UPGRADE_TIMEOUT" }, "encryption", "no encrypted connection"],
    [{ code: "ESOCKET", originalCode: "CERT_HAS_EXPIRED" }, "certificate", "not trusted (CERT_HAS_EXPIRED)"],
    [{ code: "ESOCKET", originalCode: "CERT_HAS_EXPIRED" }, "certificate", "renew it, or turn the check off"],
    [{ code: "ESOCKET", originalCode: "ERR_TLS_CERT_ALTNAME_INVALID" }, "certificate", "as its certificate does"],
    [{ code: "ESOCKET", originalCode: "DEPTH_ZERO_SELF_SIGNED_CERT" }, "certificate", "in NODE_EXTRA_CA_CERTS, or"],
    [{ code: "ESOCKET", originalCode: "ERR_SSL_WRONG_VERSION_NUMBER" }, "encryption", "is tls starttls right"],
    [{ code: "ESOCKET", originalCode: "ECONNRESET" }, "connection", "was lost (ECONNRESET)"],
    [{ code: "EENVELOPE", command: "MAIL FROM", responseCode: 530, response: "530 Auth" }, "login", "(530)"],
    [
      { code: "EPROTOCOL", command: "CONN", responseCode: 554, response: "554 no" },
      "server",
      "takes no mail now: 554 no",
    ],
  ])("of %o is about the %s", (error, kind, words) => {
    const trouble = mailTrouble({ message: "", ...error }, server);
    expect(trouble.kind).toBe(kind);
    expect(trouble.text).toContain(words);
    expect(deliveryOf(trouble)).toMatchObject({ status: "retry", channelDown: true });
  });

  it("of a mail larger than the server takes is final", () => {
    const trouble = mailTrouble({ code: "EMESSAGE", command: "MAIL FROM", message: "too large" }, server);
    expect(deliveryOf(trouble)).toMatchObject({ status: "refused", channelDown: false });
  });

  it("of a muddled conversation (503) is not", () => {
    const trouble = mailTrouble(
      { code: "EENVELOPE", command: "RCPT TO", responseCode: 503, response: "503 x" },
      server,
    );
    expect(deliveryOf(trouble)).toMatchObject({ status: "retry" });
  });
});

describe("a missing package", () => {
  it("is named with the way to get it", async () => {
    const load = () => Promise.reject(new Error("Cannot find package"));
    await expect(loaded("nodemailer", "e-mail", load)).rejects.toMatchObject({
      code: "EVT_MISSING_DRIVER",
      message: "e-mail needs the package nodemailer: npm install nodemailer",
    });
  });
});

describe("a broken template", () => {
  it("costs no mail, and is told in the mail, in its delivery, by verify, and once as a warning", async () => {
    const smtp = await startSmtp();
    const warned: string[] = [];
    const onWarning = (message: string) => warned.push(message);
    const channel = mailChannel(mailPlan(smtp.port), { ...context, templates: { text: "{% if %}" }, onWarning });
    open.push(smtp, channel);
    const told = expect.stringContaining("the template of the text failed");
    expect(await channel.send(notification, AbortSignal.timeout(9_000))).toMatchObject({
      status: "sent",
      detail: told,
    });
    expect((await parseMail(smtp.messages[0]!)).text).toContain("Gripper lost vacuum");
    await channel.send(notification, AbortSignal.timeout(9_000));
    expect(warned).toEqual([
      expect.stringMatching(/^channel .*: the template of the text failed: .*; mails go out in the built-in form$/),
    ]);
    await expect(channel.verify(AbortSignal.timeout(9_000))).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
  });
});

describe("a mail that cannot be made", () => {
  it("is kept for later instead of thrown", async () => {
    const links = () => {
      throw new TypeError("no such thing");
    };
    const channel = mailChannel(mailPlan(9), { ...context, links });
    open.push(channel);
    const delivery = await channel.send(telling(), AbortSignal.timeout(9_000));
    expect(delivery).toEqual({ status: "retry", reason: "no mail made: no such thing", channelDown: false });
  });
});
