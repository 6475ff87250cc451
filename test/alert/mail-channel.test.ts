/** The e-mail channel against a real SMTP server: what arrives, and what each misbehaviour of the server means. */
import { afterEach, describe, expect, it } from "vitest";
import { type MailPlan, mailChannel } from "../../src/alert/mail-channel.ts";
import type { Channel, Notification } from "../../src/alert/notification.ts";
import type { SmtpPlan } from "../../src/alert/plan.ts";
import { context, mailPlan, notification } from "./mail-fixtures.ts";
import { type Behaviour, parseMail, type SmtpOptions, startSmtp, type TestSmtp } from "./smtp.ts";

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

describe("a mail", () => {
  it("arrives once, at its one recipient, from the sender", async () => {
    const { server, channel } = await setUp();
    expect(await sendOne(channel)).toMatchObject({ status: "sent", detail: expect.stringMatching(/^250/) });
    expect(server.messages).toMatchObject([{ from: "no-reply@example.com", to: ["lab@example.org"], user: null }]);
    const mail = await parseMail(server.messages[0]!);
    expect(mail.subject).toBe("[CRIT] node_error on pf400 ×7 – workcell rpl-1");
    expect(mail.attachments).toEqual([]);
  });

  it("is the same byte for byte when it is sent again", async () => {
    const { server, channel } = await setUp();
    await sendOne(channel);
    await sendOne(channel, { ...notification, attempts: 4 });
    expect(server.messages[1]?.raw).toBe(server.messages[0]?.raw);
  });

  it("shares connections with mails of other channels of the same server, within the plan's number", async () => {
    const server = await startSmtp();
    const plan = mailPlan(server.port);
    const channels = [mailChannel(plan, context), mailChannel({ ...plan, name: "mail-night" }, context)];
    open.push(server, ...channels);
    const sent = await Promise.all(Array.from({ length: 12 }, (_, n) => sendOne(channels[n % 2]!)));
    expect(sent.every(({ status }) => status === "sent")).toBe(true);
    expect(server.messages).toHaveLength(12);
    expect(server.counts.connections).toBeLessThanOrEqual(2);
    await channels[0]!.close();
    expect(await sendOne(channels[1]!)).toMatchObject({ status: "sent" });
  });

  it("takes a new connection after the plan's number of messages", async () => {
    const { server, channel } = await setUp({}, { connections: 1, messagesPerConnection: 2 });
    for (let n = 0; n < 5; n++) await sendOne(channel);
    expect(server.counts.connections).toBe(3);
  });

  it("is not sent to an address that is none or several", async () => {
    const { server, channel } = await setUp();
    for (const recipient of ["", "nobody", "a@example.org, b@example.org", "a@example.org\r\nBcc: b@example.org"]) {
      const delivery = await sendOne(channel, { ...notification, recipient });
      expect(delivery).toMatchObject({ status: "refused", channelDown: false });
    }
    expect(server.counts.connections).toBe(0);
  });

  it("leaves no connection behind when the channel is closed, twice", async () => {
    const { server, channel } = await setUp();
    await sendOne(channel);
    await channel.close();
    await channel.close();
    await closed(server);
  });
});

describe("encryption", () => {
  it("is asked for and used with starttls, without checking a certificate only when told so", async () => {
    const { server, channel } = await setUp({ tls: "starttls" }, { tls: "starttls", rejectUnauthorized: false });
    expect(await sendOne(channel)).toMatchObject({ status: "sent" });
    expect(server.messages).toMatchObject([{ encrypted: true }]);
  });

  it("is there from the first byte with implicit", async () => {
    const { server, channel } = await setUp({ tls: "implicit" }, { tls: "implicit", rejectUnauthorized: false });
    expect(await sendOne(channel)).toMatchObject({ status: "sent" });
    expect(server.messages).toMatchObject([{ encrypted: true }]);
  });

  it("is not used with none, even where the server offers it", async () => {
    const { server, channel } = await setUp({ tls: "starttls" }, { tls: "none" });
    expect(await sendOne(channel)).toMatchObject({ status: "sent" });
    expect(server.messages).toMatchObject([{ encrypted: false }]);
  });

  it.each([
    ["is required: a server without it gets nothing", "none", "starttls", false, /offers no STARTTLS/],
    ["needs a certificate somebody vouches for (starttls)", "starttls", "starttls", true, /certificate .* not trusted/],
    ["needs a certificate somebody vouches for (implicit)", "implicit", "implicit", true, /certificate .* not trusted/],
    ["is missed where the port speaks plainly", "none", "implicit", false, /no encrypted connection/],
  ] as const)("%s", async (_promise, offered, tls, rejectUnauthorized, reason) => {
    const { server, channel } = await setUp({ tls: offered }, { tls, rejectUnauthorized });
    expect(await sendOne(channel)).toMatchObject({
      status: "retry",
      channelDown: true,
      reason: expect.stringMatching(reason),
    });
    expect(server.seen).toEqual([]);
  });
});

describe("a login", () => {
  const auth = { user: "lab", password: "s3cret-word" };

  it("happens once per connection, with the configured words", async () => {
    const { server, channel } = await setUp({ auth, authRequired: true }, auth);
    await sendOne(channel);
    await sendOne(channel);
    expect(server.messages).toMatchObject([{ user: "lab" }, { user: "lab" }]);
    expect(server.counts.logins).toBe(1);
  });

  it.each([
    ["a user", { user: "lab" }],
    ["a password", { password: "s3cret-word" }],
    ["nothing", {}],
  ])("does not happen with only %s", async (_what, smtp) => {
    const { server, channel } = await setUp({ auth }, smtp);
    expect(await sendOne(channel)).toMatchObject({ status: "sent" });
    expect(server.counts.logins).toBe(0);
  });

  it.each([535, 454])("that is refused with %i is tried again later, and its words stay with us", async (code) => {
    const { server, channel } = await setUp({ auth, behaviour: { auth: code } }, { ...auth, password: "wr0ng-word" });
    const delivery = await sendOne(channel);
    expect(delivery).toMatchObject({ status: "retry", channelDown: true });
    expect(JSON.stringify(delivery)).toContain(`refuses the login of lab (${code})`);
    expect(JSON.stringify(delivery)).not.toMatch(/wr0ng|d3Iwbmct/);
    expect(server.seen).toEqual([]);
  });

  it("that the server wants and nobody configured is told as such", async () => {
    const { channel } = await setUp({ auth, authRequired: true });
    const reason = expect.stringContaining("refuses the login of nobody: it wants one");
    expect(await sendOne(channel)).toMatchObject({ status: "retry", channelDown: true, reason });
  });
});

const later = (channelDown: boolean) => ({ status: "retry", channelDown });
const never = { status: "refused", channelDown: false };

describe("a server that", () => {
  it.each<[string, Behaviour, object]>([
    ["has no time (421 at the greeting)", { greeting: 421 }, later(true)],
    ["wants nobody (554 at the greeting)", { greeting: 554 }, later(true)],
    ["hangs up instead of greeting", { greeting: "drop" }, later(true)],
    ["dislikes the sender for now", { mail: 451 }, later(true)],
    ["dislikes the sender for good", { mail: 550 }, later(true)],
    ["closes at the recipient (421)", { rcpt: 421 }, later(true)],
    ["puts the recipient off (450)", { rcpt: 450 }, later(false)],
    ["does not know the recipient (550)", { rcpt: 550 }, never],
    ["hangs up at the recipient", { rcpt: "drop" }, later(true)],
    ["closes after the message (421)", { data: 421 }, later(true)],
    ["puts the message off (452)", { data: 452 }, later(true)],
    ["refuses the message (554)", { data: 554 }, never],
    ["hangs up after the message", { data: "drop" }, later(true)],
  ])("%s", async (_what, behaviour, outcome) => {
    const { server, channel } = await setUp({ behaviour });
    const delivery = await sendOne(channel);
    expect(delivery).toMatchObject({ ...outcome, reason: expect.stringContaining(`127.0.0.1:${server.port}`) });
    expect(server.messages).toEqual([]);
    expect(server.seen.length).toBeLessThanOrEqual(1);
    for (const step of ["greeting", "mail", "rcpt", "data"] as const) delete server.behaviour[step];
    expect(await sendOne(channel)).toMatchObject({ status: "sent" });
  });

  it("refuses one recipient serves the others over the same connection", async () => {
    const rcpt = (address: string) => (address === "gone@example.org" ? 550 : "ok");
    const { server, channel } = await setUp({ behaviour: { rcpt } }, { connections: 1 });
    expect(await sendOne(channel, { ...notification, recipient: "gone@example.org" })).toMatchObject(never);
    expect(await sendOne(channel)).toMatchObject({ status: "sent" });
    expect(server.counts.connections).toBe(1);
  });

  it("is not there is tried later", async () => {
    const { server, channel } = await setUp();
    await server.close();
    const reason = expect.stringMatching(/^nothing listens at 127\.0\.0\.1:\d+ \(ECONNREFUSED\)$/);
    expect(await sendOne(channel)).toMatchObject({ ...later(true), reason });
  });

  it("has closed an unused connection gets the next mail over a new one at once", async () => {
    const { server, channel } = await setUp();
    await sendOne(channel);
    server.hangUp();
    expect(await sendOne(channel)).toMatchObject({ status: "sent" });
    expect(server.messages).toHaveLength(2);
    expect(server.counts.connections).toBe(2);
  });
});

describe("silence of the server", () => {
  const quick = { connectMs: 150, greetingMs: 120, socketMs: 150 };
  it.each<[string, Behaviour]>([
    ["at the greeting", { greeting: "stall" }],
    ["at the recipient", { rcpt: "stall" }],
    ["after the message", { data: "stall" }],
  ])("%s ends with the plan's times", async (_when, behaviour) => {
    const { server, channel } = await setUp({ behaviour }, quick);
    expect(await sendOne(channel)).toMatchObject(later(true));
    await closed(server);
  });

  it.each<[string, Behaviour, (server: TestSmtp) => number]>([
    ["at the greeting", { greeting: "stall" }, ({ counts }) => counts.connections],
    ["at the login", { auth: "stall" }, ({ counts }) => counts.logins],
    ["after the message", { data: "stall" }, ({ seen }) => seen.length],
  ])("%s ends with the signal", async (_when, behaviour, arrived) => {
    const auth = { user: "lab", password: "s3cret-word" };
    const endless = { connectMs: 90_000, greetingMs: 90_000, socketMs: 90_000 };
    const { server, channel } = await setUp({ behaviour, auth }, { ...auth, ...endless });
    const leave = new AbortController();
    const sending = channel.send(notification, leave.signal);
    await expect.poll(() => arrived(server), { interval: 5 }).toBe(1);
    leave.abort();
    expect(await sending).toMatchObject({ ...later(true), reason: expect.stringContaining("in the time given") });
    await closed(server);
  });

  it("costs nobody else anything: a signal ends its own mail only", async () => {
    const rcpt = (address: string) => (address === "slow@example.org" ? ("stall" as const) : "ok");
    const { channel } = await setUp({ behaviour: { rcpt } });
    const leave = new AbortController();
    const slow = channel.send({ ...notification, recipient: "slow@example.org" }, leave.signal);
    expect(await sendOne(channel)).toMatchObject({ status: "sent" });
    leave.abort();
    expect(await slow).toMatchObject(later(true));
    expect(await sendOne(channel)).toMatchObject({ status: "sent" });
  });

  it("sends nothing for a signal that has fired before", async () => {
    const { server, channel } = await setUp();
    expect(await channel.send(notification, AbortSignal.abort())).toMatchObject(later(true));
    expect(server.seen).toEqual([]);
  });
});
