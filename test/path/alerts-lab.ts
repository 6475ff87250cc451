/** A lab with a server, mailboxes, a webhook and a chat, in time that a test moves. Registers no hooks. */
import { expect } from "vitest";
import type { AlertOptions } from "../../src/alert/options.ts";
import { alertPlan } from "../../src/alert/plan-file.ts";
import { type Receiver, startReceiver } from "../alert/http-receiver.ts";
import { parseMail, startSmtp, type TestSmtp } from "../alert/smtp.ts";
import { VirtualClock } from "../alert/virtual-clock.ts";
import { type Answer, type Database, Site, type SiteOptions } from "./alerts-site.ts";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const NODE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
export const OTHER_NODE = "01BX5ZZKBKACTAV9WEVGEMMVRZ";
export const WORKCELL = "01CX5ZZKBKACTAV9WEVGEMMVRZ";
const MEMORY: Database = { url: "memory:", drop: async () => {} };
const STEP_MS = 10 * SECOND;
const LEAP_MS = MINUTE;
/** Where people reach the server, as messages say it. */
const PUBLIC = "https://lab.example.org";

export interface Lab extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly smtp: TestSmtp;
  readonly hook: Receiver;
  readonly chat: Receiver;
  readonly site: Site;
  /** Stores events and waits for what they set off. */
  happens(...events: object[]): Promise<void>;
  /** Time passes, and all that is due happens. */
  passes(ms: number): Promise<void>;
  /** One more server on the lab's database, with the same clock and channels. */
  another(): Promise<Site>;
  /** Subjects of the mails so far. */
  subjects(): Promise<(string | undefined)[]>;
}

function labOptions(smtp: TestSmtp, hook: Receiver, chat: Receiver, change: AlertOptions = {}): AlertOptions {
  return {
    publicUrl: PUBLIC,
    timezone: "Europe/Berlin",
    smtp: { host: smtp.host, port: smtp.port, tls: "none", from: "Lab <events@lab.example.org>" },
    channels: {
      mail: { type: "email", to: "ada@lab.example.org" },
      hook: { type: "webhook", url: hook.url, secret: "s3cret", allowPrivate: true },
      chat: { type: "slack", url: chat.url, allowPrivate: true },
    },
    receivers: { ops: ["mail", "hook", "chat"] },
    ...change,
  };
}

export async function openLab(
  change: AlertOptions = {},
  at: Database = MEMORY,
  through?: SiteOptions["through"],
): Promise<Lab> {
  const clock = new VirtualClock();
  const [smtp, hook, chat] = await Promise.all([startSmtp(), startReceiver(), startReceiver()]);
  const options = labOptions(smtp, hook, chat, change);
  const another = () =>
    Site.open({
      ...{ at, clock, ...(through && { through }) },
      plan: ({ naiveTimezone, zone }) => alertPlan(options, { naiveTimezone, zone }),
    });
  const site = await another();
  return {
    ...{ clock, smtp, hook, chat, site, another },
    happens: (...events) => site.tell(...events),
    passes: (ms) => passing(clock, site, ms),
    subjects: async () => (await Promise.all(smtp.messages.map(parseMail))).map(({ subject }) => subject),
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]();
      await Promise.all([smtp.close(), hook.close(), chat.close()]);
      await at.drop();
    },
  };
}

/** Time passes for a server, and all that is due happens. */
export async function passing(clock: VirtualClock, site: Site, ms: number): Promise<void> {
  // Long times pass as they do for a computer that sleeps; at their end a message has the time it needs.
  const sleptMs = ms > LEAP_MS ? ms - LEAP_MS : 0;
  clock.jump(sleptMs);
  for (let leftMs = ms - sleptMs; leftMs > 0; leftMs -= STEP_MS) {
    await clock.advance(Math.min(leftMs, STEP_MS));
    await site.alerts.idle();
  }
}

export function nodeError(change: object = {}): object {
  return {
    event_type: "node_error",
    log_level: 40,
    source: { node_id: NODE, workcell_id: WORKCELL },
    event_data: { message: "gripper lost the plate", node_name: "pf400" },
    ...change,
  };
}

/** The address behind a button of the newest mail, on this server. */
export async function buttonOf({ smtp }: Lab, text: string): Promise<string> {
  const { html } = await parseMail(smtp.messages.at(-1)!);
  const links = [...String(html).matchAll(/<a href="([^"]+)"[^>]*>([^<]+)<\/a>/g)];
  const href = links.find(([, , words]) => words === text)?.[1]?.replaceAll("&amp;", "&") ?? "";
  expect(href).toMatch(/^https:\/\/lab\.example\.org\//);
  return href.slice(PUBLIC.length);
}

/** Presses the button of the page behind a link of a mail. */
export async function press({ site }: Lab, link: string, by: string): Promise<Answer> {
  const page = await site.call(link);
  expect([page.status, page.text.match(/<form/g)?.length]).toEqual([200, 1]);
  const token = /name="token" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
  const action = /<form[^>]* action="([^"]*)"/.exec(page.text)?.[1] ?? link.split("?")[0] ?? "";
  const target = new URL(action, new URL(link, site.url)).pathname;
  return site.call(target, { method: "POST", body: new URLSearchParams({ token, by }) });
}

/** Incidents that only people or events end. */
export const PATIENT = { rules: [{ id: "node-error", resolveAfter: "never" }] } as const;

export async function incidentsOf({ site }: Lab, query = "") {
  return (await site.call(`/v1/incidents?${query}`)).json.items;
}

/** The value of one name in what Prometheus reads. */
export async function metric({ site }: Lab, name: string): Promise<number> {
  const { text } = await site.call("/metrics");
  return Number(new RegExp(`^madsci_events_alerts_${name} (.+)$`, "m").exec(text)?.[1]);
}
