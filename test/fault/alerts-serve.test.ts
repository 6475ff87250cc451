/** Alerts of a real `serve`: its own process, settings from a file and the environment, a real mail server. */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { newId } from "../../src/event/id.ts";
import { parseMail, startSmtp, type TestSmtp } from "../alert/smtp.ts";
import { ensureBuilt, project, type RunningServer, run, serve } from "../cli/run.ts";
import { dropDatabase, mongoSkip, mongoUrl, newDatabase } from "../helpers/mongo.ts";

const CERTIFICATE = resolve(import.meta.dirname, "../data/tls/cert.pem");
const PATIENCE = { timeout: 15_000, interval: 20 };

let cwd: string;
let smtp: TestSmtp;
let servers: RunningServer[];

beforeAll(ensureBuilt);
beforeEach(async () => {
  cwd = project();
  servers = [];
  smtp = await startSmtp({ tls: "starttls", auth: { user: "lab", password: "s3cret" }, authRequired: true });
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop("SIGKILL")));
  await smtp.close();
});

function settings(text: string): void {
  writeFileSync(join(cwd, "event.settings.yaml"), text);
}

async function started(args: readonly string[] = []): Promise<RunningServer> {
  const env = {
    EVENT_EMAIL_ALERTS__SMTP_SERVER: smtp.host,
    EVENT_EMAIL_ALERTS__SMTP_PORT: String(smtp.port),
    EVENT_EMAIL_ALERTS__SMTP_USERNAME: "lab",
    EVENT_EMAIL_ALERTS__SMTP_PASSWORD: "s3cret",
    MAIL_PASSWORD: "s3cret",
    NODE_EXTRA_CA_CERTS: CERTIFICATE,
  };
  const server = await serve(args, { cwd, env });
  servers.push(server);
  return server;
}

async function post({ url }: RunningServer, event: object = {}): Promise<string> {
  const event_id = newId();
  const body = JSON.stringify({ event_id, event_type: "node_error", log_level: 40, alert: true, ...event });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/event`, { method: "POST", headers, body });
  expect(response.status).toBe(200);
  return event_id;
}

/** What `/health` says of alerts. */
async function numbersOf({ url }: RunningServer): Promise<object> {
  const { alerts } = (await (await fetch(`${url}/health`)).json()) as { alerts: object };
  return alerts;
}

const mails = (count: number) => vi.waitFor(() => expect(smtp.messages.length).toBeGreaterThanOrEqual(count), PATIENCE);
const COMPAT = "alert_level: error\nemail_alerts: { sender: events@example.org, email_addresses: [a@example.org] }\n";

describe("MADSci's settings", () => {
  it("in a file and the environment are one mail for one event, over STARTTLS with a login", async () => {
    settings(COMPAT);
    const server = await started(["--url", "memory:"]);
    const id = await post(server);
    await post(server, { log_level: 20, alert: false });
    await mails(1);
    expect(smtp.messages).toMatchObject([
      { from: "events@example.org", to: ["a@example.org"], encrypted: true, user: "lab" },
    ]);
    const { subject, text = "" } = await parseMail(smtp.messages[0]!);
    expect([subject, JSON.parse(text).event_id]).toEqual(["ALERT (EventLogLevel.ERROR): EventType.NODE_ERROR", id]);
    expect(await server.stop()).toBe(0);
    expect(smtp.messages).toHaveLength(1);
    expect(server.stderr).not.toContain("s3cret");
  });

  it("end cleanly and soon with a mail under way; the same mail goes out at the next start", async () => {
    settings(COMPAT);
    smtp.behaviour.data = "stall";
    const first = await started();
    const id = await post(first);
    await vi.waitFor(() => expect(smtp.seen).toHaveLength(1), PATIENCE);
    const began = performance.now();
    expect({ code: await first.stop(), stderr: first.stderr }).toMatchObject({ code: 0 });
    expect(performance.now() - began).toBeLessThan(8_000);
    delete smtp.behaviour.data;
    await started();
    await mails(1);
    const [before, after] = await Promise.all([smtp.seen[0]!, smtp.messages[0]!].map(parseMail));
    expect(after?.messageId).toBe(before?.messageId);
    expect(after?.text).toContain(id);
  });

  it("lose no mail to a kill, and tell of it under the same id", async () => {
    settings(COMPAT);
    smtp.behaviour.data = "stall";
    const first = await started();
    await post(first);
    await vi.waitFor(() => expect(smtp.seen).toHaveLength(1), PATIENCE);
    await first.stop("SIGKILL");
    delete smtp.behaviour.data;
    await started();
    await mails(1);
    const [before, after] = await Promise.all([smtp.seen[0]!, smtp.messages[0]!].map(parseMail));
    expect(after?.messageId).toBe(before?.messageId);
  });
});

describe("a broken alerting section", () => {
  it.each([
    [
      "rules: [{ id: a, select: { event_type: x }, within: soon, kind: threshold, count: 2 }]",
      "alerting.rules[0].within: must be a span",
    ],
    ["smtp: { host: mail.example.org, user: lab, passwordRef: env:NOT_THERE }", "alerting.smtp.passwordRef"],
  ])("ends with code 2 before anything is opened: %s", async (text, path) => {
    settings(`alerting:\n  ${text}\n`);
    const { code, stderr } = await run(["serve", "--port", "0", "--url", "memory:"], { cwd });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(path) });
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});

describe.skipIf(mongoSkip)("two servers on one database", () => {
  const database = newDatabase();

  it("go on when the one that sends is killed, and tell nothing twice", async () => {
    settings(`alerting:
  testSend: false
  leases: { ttl: 2s, renew: 500ms }
  labPack: false
  rules: [{ id: node-error, select: { event_type: node_error }, groupBy: [event_data.n], groupWait: 0s }]
  receivers: { ops: mail }
  channels: { mail: { type: email, to: a@example.org } }
  smtp: { host: ${smtp.host}, port: ${smtp.port}, user: lab, passwordRef: "env:MAIL_PASSWORD", from: events@example.org }
`);
    const args = ["--url", String(mongoUrl), "--database-name", database];
    const both = [await started(args), await started(args)] as const;
    await vi.waitFor(async () => expect(await numbersOf(both[0])).toMatchObject({ leading: true }), PATIENCE);
    expect(await numbersOf(both[1])).toMatchObject({ leading: false });
    for (let n = 0; n < 4; n++) await post(both[n % 2]!, { event_data: { n } });
    // A mail whose outcome is not yet written down would come again.
    await vi.waitFor(async () => expect(await numbersOf(both[0])).toMatchObject({ notifications_sent: 4 }), PATIENCE);
    await both[0].stop("SIGKILL");
    for (let n = 4; n < 6; n++) await post(both[1], { event_data: { n } });
    await mails(6);
    expect(await numbersOf(both[1])).toMatchObject({ leading: true, events_folded: 2 });
    const ids = await Promise.all(smtp.messages.map(async (mail) => (await parseMail(mail)).messageId));
    expect(new Set(ids).size).toBe(6);
    expect(await both[1].stop()).toBe(0);
    expect(smtp.messages).toHaveLength(6);
    await dropDatabase(database);
  });
});
