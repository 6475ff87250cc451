/**
 * Alerts of settings that only have `alert_level` and `email_alerts`: whoever replaces MADSci's Event Manager gets the
 * same mails. Real HTTP, real SMTP; the cases are those MADSci's own tests have about alerts.
 */
import { afterEach, describe, expect, it } from "vitest";
import type { AlertClock } from "../../src/alert/clock.ts";
import { type CompatEmail, compatPlan } from "../../src/alert/compat-plan.ts";
import type { AlertHost } from "../../src/alert/host.ts";
import type { AlertPlan } from "../../src/alert/plan.ts";
import { newId } from "../../src/event/id.ts";
import { headerLines, parseMail, type SmtpOptions, startSmtp, type TestSmtp } from "../alert/smtp.ts";
import { VirtualClock } from "../alert/virtual-clock.ts";
import { mongoSkip } from "../helpers/mongo.ts";
import { type Database, PLACES, Site } from "./alerts-site.ts";

const MINUTE = 60_000;
const NODE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

interface Setup extends Partial<CompatEmail> {
  readonly smtp?: SmtpOptions;
  readonly awaitDelivery?: boolean;
  readonly clock?: AlertClock;
}

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** The test server's certificate is signed by nobody. */
function trusting(plan: AlertPlan): AlertPlan {
  const channels = plan.channels.map((channel) =>
    channel.type === "email" ? { ...channel, smtp: { ...channel.smtp, rejectUnauthorized: false } } : channel,
  );
  return { ...plan, channels };
}

function event(change: object = {}) {
  return {
    event_id: newId(),
    event_type: "log_error",
    log_level: 40,
    alert: true,
    event_timestamp: "2026-01-05T12:00:00.123456",
    source: { node_id: NODE },
    event_data: { message: "grüner Greifer\nhängt", plate: 3, at: [1.5, null, { deep: true }] },
    trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
    span_id: null,
    archived: false,
    archived_at: null,
    ...change,
  };
}

describe.each(PLACES)("MADSci's alert mails, events in $name", ({ make, skip }) => {
  async function setUp({ smtp: offered = {}, awaitDelivery = false, clock, ...email }: Setup = {}) {
    const smtp: TestSmtp = await startSmtp({ tls: "starttls", ...offered });
    const at = make();
    const settings: CompatEmail = {
      ...{ smtp_server: smtp.host, smtp_port: smtp.port, smtp_username: null, smtp_password: null, use_tls: true },
      ...{ sender: "no-reply@example.com", default_importance: "Normal", email_addresses: ["lab@example.org"] },
      ...email,
    };
    const plan = ({ naiveTimezone, zone }: AlertHost) =>
      trusting(compatPlan(settings, 40, { naiveTimezone, zone, awaitDelivery }));
    const site = await Site.open({ at, plan, ...(clock && { clock }) });
    ends.push(
      () => at.drop(),
      () => site[Symbol.asyncDispose](),
      () => smtp.close(),
    );
    return { smtp, site };
  }

  describe.skipIf(skip)("with a mail server", () => {
    it("say all there is to the event, once to the one address (C5, C26)", async () => {
      const { smtp, site } = await setUp({
        smtp: { auth: { user: "lab", password: "s3cret" }, authRequired: true },
        ...{ smtp_username: "lab", smtp_password: "s3cret", default_importance: "High" },
      });
      const posted = event();
      await site.tell(posted);
      expect(smtp.messages).toMatchObject([
        { from: "no-reply@example.com", to: ["lab@example.org"], encrypted: true, user: "lab" },
      ]);
      expect(smtp.counts).toMatchObject({ connections: 1, logins: 1 });
      const mail = await parseMail(smtp.messages[0]!);
      expect(mail.subject).toBe("ALERT (EventLogLevel.ERROR): EventType.LOG_ERROR");
      const headers = ["Importance: High", "X-Priority: 1", `X-MADSci-Event-ID: ${posted.event_id}`];
      expect(headerLines(smtp.messages[0]!)).toEqual(expect.arrayContaining(headers));
      expect([mail.from?.text, [mail.to].flat()[0]?.text]).toEqual(["no-reply@example.com", "lab@example.org"]);
      expect([mail.html, mail.attachments]).toEqual([false, []]);
      expect(JSON.parse(mail.text ?? "")).toEqual(posted);
      expect(Object.keys(JSON.parse(mail.text ?? ""))).toEqual(Object.keys(posted));
      expect(mail.text?.split("\n")[1]).toBe(`  "event_id": "${posted.event_id}",`);
    });

    it("hold the event whole, however large, as MADSci's do", async () => {
      const { smtp, site } = await setUp();
      const posted = event({ event_data: { rows: Array.from({ length: 3000 }, (_, n) => `row ${n}`) } });
      await site.tell(posted);
      expect(JSON.parse((await parseMail(smtp.messages[0]!)).text ?? "")).toEqual(posted);
    });

    it("go out without a login where there is no user, encrypted all the same (C28)", async () => {
      const { smtp, site } = await setUp({ smtp: { auth: { user: "lab", password: "s3cret" } } });
      await site.tell(event());
      expect(smtp.messages).toMatchObject([{ encrypted: true, user: null }]);
      expect(smtp.counts.logins).toBe(0);
    });

    it("go to each of three addresses by themselves (C29)", async () => {
      const email_addresses = ["a@example.org", "b@example.org", "c@example.org"];
      const { smtp, site } = await setUp({ email_addresses });
      await site.tell(event());
      expect(smtp.messages.map(({ to }) => to).sort()).toEqual(email_addresses.map((address) => [address]));
    });

    it("come of a high level alone, and of alert: true alone, and of nothing else", async () => {
      const { smtp, site } = await setUp();
      const quiet = event({ log_level: 30, event_type: "log_warning", alert: false });
      await site.tell(quiet, event({ alert: false, log_level: 39.0 + 1 }), event({ log_level: 10 }));
      expect(smtp.messages).toHaveLength(2);
      expect(smtp.messages.some(({ raw }) => raw.includes(quiet.event_id))).toBe(false);
    });

    it("come once, however often the event is posted", async () => {
      const { smtp, site } = await setUp();
      const posted = event();
      await site.tell(posted, posted, { ...posted, alert: true });
      await site.tell(posted);
      expect(smtp.messages).toHaveLength(1);
    });

    it("fold from the fourth of a kind within five minutes on, and tell of those after that", async () => {
      const clock = new VirtualClock();
      const { smtp, site } = await setUp({ clock });
      const posted = Array.from({ length: 6 }, (_, n) => event({ event_data: { message: `try ${n}` } }));
      for (const one of posted) await site.tell(one);
      expect(smtp.messages).toHaveLength(3);
      await site.tell(event({ event_type: "node_error" }));
      expect(smtp.messages).toHaveLength(4);
      await clock.advance(5 * MINUTE);
      await site.alerts.idle();
      expect(smtp.messages).toHaveLength(5);
      const ids = await Promise.all(smtp.messages.map(async (mail) => (await parseMail(mail)).text ?? ""));
      const told = ids.map((text) => JSON.parse(text).event_id);
      expect([...told.slice(0, 3), told[4]]).toEqual([0, 1, 2, 5].map((n) => posted[n]?.event_id));
      await clock.advance(30 * MINUTE);
      await site.alerts.idle();
      expect(smtp.messages).toHaveLength(5);
    });

    it("are tried again later where sending fails; the event is stored, and the trouble told once (C27)", async () => {
      const clock = new VirtualClock();
      const { smtp, site } = await setUp({ clock, smtp: { behaviour: { rcpt: 451 } } });
      const posted = event();
      await site.tell(posted);
      expect(smtp.messages).toEqual([]);
      expect((await site.call(`/event/${posted.event_id}`)).json._id).toBe(posted.event_id);
      const [waiting] = (await site.call("/v1/notifications?state=retry")).json.items;
      expect(waiting).toMatchObject({
        recipient: "lab@example.org",
        attempts: 1,
        last_error: expect.stringContaining("451"),
      });
      await clock.advance(20_000);
      await site.alerts.idle();
      smtp.behaviour.rcpt = "ok";
      await clock.advance(40_000);
      await site.alerts.idle();
      expect(smtp.messages).toHaveLength(1);
      expect(JSON.parse((await parseMail(smtp.messages[0]!)).text ?? "").event_id).toBe(posted.event_id);
      expect(site.warnings).toEqual([expect.stringMatching(/^a message to lab@example.org .* tried again: .*451/)]);
    });

    it("are there when the answer is, where awaitDelivery asks for it", async () => {
      const { smtp, site } = await setUp({ awaitDelivery: true, email_addresses: ["a@example.org", "b@example.org"] });
      for (const n of [1, 2]) {
        expect((await site.post(event())).status).toBe(200);
        expect(smtp.messages).toHaveLength(2 * n);
      }
    });

    it("keep no answer waiting while the mail server is silent", async () => {
      const { smtp, site } = await setUp({ smtp: { behaviour: { greeting: "stall" } } });
      const began = performance.now();
      for (let n = 0; n < 5; n++) expect((await site.post(event())).status).toBe(200);
      expect((await site.call("/health")).json.healthy).toBe(true);
      expect(performance.now() - began).toBeLessThan(4500); // a mail that is waited for takes five seconds
      await expect.poll(() => smtp.counts.connections, { timeout: 5000 }).toBeGreaterThan(0);
      await smtp.close();
    });
  });
});

it.skipIf(mongoSkip)("answers after the mails are handed over also where another server sends them", async () => {
  const smtp = await startSmtp();
  const at = PLACES.find(({ name }) => name === "mongo")?.make() as Database;
  const settings: CompatEmail = {
    ...{ smtp_server: smtp.host, smtp_port: smtp.port, smtp_username: null, smtp_password: null, use_tls: false },
    ...{ sender: "no-reply@example.com", default_importance: "Normal", email_addresses: ["lab@example.org"] },
  };
  const plan = ({ naiveTimezone, zone }: AlertHost) =>
    compatPlan(settings, 40, { naiveTimezone, zone, awaitDelivery: true });
  const first = await Site.open({ at, plan });
  await first.alerts.idle();
  const second = await Site.open({ at, plan });
  ends.push(
    () => at.drop(),
    () => first[Symbol.asyncDispose](),
    () => second[Symbol.asyncDispose](),
    () => smtp.close(),
  );
  for (let n = 1; n <= 2; n++) {
    expect((await second.post(event())).status).toBe(200);
    expect(smtp.messages).toHaveLength(n);
  }
  expect(second.alerts.stats().leading).toBe(false);
});

it("answers when the time is up although the mail server is silent and awaitDelivery waits for it", async () => {
  const smtp = await startSmtp({ behaviour: { greeting: "stall" } });
  ends.push(() => smtp.close());
  const settings: CompatEmail = {
    ...{ smtp_server: smtp.host, smtp_port: smtp.port, smtp_username: null, smtp_password: null, use_tls: true },
    ...{ sender: "no-reply@example.com", default_importance: "Normal", email_addresses: ["lab@example.org"] },
  };
  const plan = ({ naiveTimezone, zone }: AlertHost) => {
    const given = compatPlan(settings, 40, { naiveTimezone, zone, awaitDelivery: true });
    expect(given.awaitDeliveryMs).toBe(5000);
    return { ...given, awaitDeliveryMs: 1000 };
  };
  const site = await Site.open({ at: { url: "memory:", drop: async () => {} }, plan });
  ends.push(() => site[Symbol.asyncDispose]());
  const began = performance.now();
  expect((await site.post(event({ alert: false, log_level: 20 }))).status).toBe(200);
  expect(performance.now() - began).toBeLessThan(950);
  const answers = await Promise.all([site.post(event()), site.post(event())]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(performance.now() - began).toBeGreaterThan(900);
  expect(performance.now() - began).toBeLessThan(4500);
  await smtp.close();
});
