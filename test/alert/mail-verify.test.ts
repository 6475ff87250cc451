/** Checking a mail server without sending, and MADSci's own promises about its mails (C26 to C29), on a real server. */
import { afterEach, describe, expect, it } from "vitest";
import { type MailPlan, mailChannel } from "../../src/alert/mail-channel.ts";
import type { Channel, Notification } from "../../src/alert/notification.ts";
import type { SmtpPlan } from "../../src/alert/plan.ts";
import { context, mailPlan, notification, telling } from "./mail-fixtures.ts";
import { type SmtpOptions, startSmtp, type TestSmtp } from "./smtp.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function setUp(options: SmtpOptions = {}, smtp: Partial<SmtpPlan> = {}, channelPlan: Partial<MailPlan> = {}) {
  const server = await startSmtp(options);
  const channel = mailChannel(mailPlan(server.port, smtp, channelPlan), context);
  open.push(server, channel);
  return { server, channel };
}

const patient = () => new AbortController().signal;
const sendOne = (channel: Channel, what: Notification = notification) => channel.send(what, patient());
const closed = (server: TestSmtp) => expect.poll(() => server.open(), { interval: 5 }).toBe(0);

describe("verify", () => {
  const verify = (channel: Channel) => channel.verify(patient());
  const auth = { user: "lab", password: "s3cret-word" };

  it("finds nothing wrong with a server that works, and sends nothing", async () => {
    const { server, channel } = await setUp(
      { tls: "starttls", auth },
      { ...auth, tls: "starttls", rejectUnauthorized: false },
    );
    await verify(channel);
    expect(server.seen).toEqual([]);
    expect(server.counts.logins).toBe(1);
    await closed(server);
  });

  it.each<[string, SmtpOptions, Partial<SmtpPlan>, string, RegExp]>([
    [
      "a name",
      {},
      { host: "no-such-host.invalid" },
      "EVT_BACKEND_UNAVAILABLE",
      /name no-such-host\.invalid has no address/,
    ],
    [
      "a greeting",
      { behaviour: { greeting: "stall" } },
      { greetingMs: 100 },
      "EVT_BACKEND_UNAVAILABLE",
      /does not greet/,
    ],
    ["time", { behaviour: { greeting: 421 } }, {}, "EVT_BACKEND_UNAVAILABLE", /takes no mail now: 421/],
    ["encryption", {}, { tls: "starttls" }, "EVT_INVALID_OPTION", /offers no STARTTLS/],
    ["a certificate", { tls: "implicit" }, { tls: "implicit" }, "EVT_INVALID_OPTION", /certificate .* not trusted/],
    ["a right password", { auth }, { ...auth, password: "wrong" }, "EVT_INVALID_OPTION", /login of lab \(535\)$/],
    ["a login", {}, auth, "EVT_INVALID_OPTION", /offers no login/],
  ])("tells that %s is missing", async (_what, options, smtp, code, message) => {
    const { channel } = await setUp(options, smtp);
    await expect(verify(channel)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("ends with the signal", async () => {
    const { server, channel } = await setUp({ behaviour: { greeting: "stall" } }, { greetingMs: 9e4, connectMs: 9e4 });
    const leave = new AbortController();
    const verifying = channel.verify(leave.signal);
    await expect.poll(() => server.counts.connections, { interval: 5 }).toBe(1);
    leave.abort();
    await expect(verifying).rejects.toMatchObject({ code: "EVT_BACKEND_UNAVAILABLE" });
    await closed(server);
  });
});

describe("MADSci's promises for settings with only alert_level and email_alerts", () => {
  const compat = telling({ compat: true });
  const auth = { user: "lab", password: "s3cret-word" };
  const secured = { tls: "starttls", rejectUnauthorized: false } as const;

  it("C26: encrypts once, logs in once, hands over one message", async () => {
    const { server, channel } = await setUp({ tls: "starttls", auth }, { ...auth, ...secured });
    expect(await sendOne(channel, compat)).toMatchObject({ status: "sent" });
    expect(server.counts).toEqual({ connections: 1, logins: 1 });
    expect(server.messages).toMatchObject([{ encrypted: true, user: "lab" }]);
  });

  it("C27: tells a failure once and throws nothing", async () => {
    const { channel } = await setUp({ behaviour: { data: 554 } });
    expect(await sendOne(channel, compat)).toMatchObject({ status: "refused" });
  });

  it("C28: encrypts without logging in where no login is configured", async () => {
    const { server, channel } = await setUp({ tls: "starttls", auth }, secured);
    expect(await sendOne(channel, compat)).toMatchObject({ status: "sent" });
    expect(server.messages).toMatchObject([{ encrypted: true, user: null }]);
    expect(server.counts.logins).toBe(0);
  });

  it("C29: sends one message to each of three addresses", async () => {
    const to = ["a@example.org", "b@example.org", "c@example.org"];
    const { server, channel } = await setUp({}, {}, { to });
    expect(channel.recipients).toEqual(to);
    await Promise.all(channel.recipients.map((recipient) => sendOne(channel, { ...compat, recipient })));
    expect(server.messages.map((mail) => mail.to).sort()).toEqual(to.map((address) => [address]));
  });
});
