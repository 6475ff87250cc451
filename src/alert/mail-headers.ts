/**
 * The headers of a mail: a fixed set, in a fixed order. Nothing of an event becomes a header's name or an address; of
 * its texts only the subject, cleaned, and its id, where it looks like one.
 *
 * Ids are made from the notification's and the incident's, so a mail sent twice has the same one, and all mails about
 * an incident refer to the same (never sent) beginning of their thread.
 */
import { createHash } from "node:crypto";
import { idDomain, type MailAddress } from "./mail-address.ts";
import { newestSample } from "./notice-places.ts";
import { MAX_SUBJECT } from "./notice-words.ts";
import type { Notification } from "./notification.ts";
import { cut } from "./safe-text.ts";

export type Importance = "High" | "Normal" | "Low";
export type MailHeader = readonly [name: string, value: string | MailAddress];

/** The usual meaning of X-Priority; MADSci's own mails have Normal and Low the other way round. */
const PRIORITY = { High: "1", Normal: "3", Low: "5" } as const satisfies Record<Importance, string>;
const EVENT_ID = /^[0-9A-Za-z_-]{1,64}$/;
const SAFE_ID = /^[0-9A-Za-z_-][0-9A-Za-z_.-]{0,99}$/;

export interface HeaderInput {
  readonly from: MailAddress;
  readonly to: MailAddress;
  readonly subject: string;
  readonly importance: Importance;
}

export function mailHeaders(notification: Notification, input: HeaderInput): MailHeader[] {
  const domain = idDomain(input.from);
  return [
    ...commonHeaders(notification, input),
    ...threadHeaders(notification, domain),
    ["Auto-Submitted", "auto-generated"],
    ["X-Auto-Response-Suppress", "All"],
    ["List-Id", `madsci-events alerts <alerts.madsci-events.${domain}>`],
    ...madsciHeaders(notification, input.importance),
  ];
}

/** Those of MADSci's own mails, the two without which a mail is not one, and what it stands for besides its own event. */
export function compatHeaders(notification: Notification, input: HeaderInput): MailHeader[] {
  return [
    ...commonHeaders(notification, input),
    ...madsciHeaders(notification, input.importance),
    ...foldedHeaders(notification),
  ];
}

/** How many events came since the mail before; none for the usual one, 0 for a repeat without anything new. */
function foldedHeaders({ notice: { incident } }: Notification): MailHeader[] {
  return incident.since_notice === 1 ? [] : [["X-MADSci-Folded", String(incident.since_notice)]];
}

function commonHeaders({ notification_id, created_at }: Notification, input: HeaderInput): MailHeader[] {
  const made = Date.parse(created_at);
  return [
    ["From", input.from],
    ["To", input.to],
    // `=?` would begin an encoded word: mail programs would show what no check of ours has seen.
    ["Subject", cut(input.subject.replaceAll("=?", "= ?"), MAX_SUBJECT)],
    ["Date", new Date(Number.isNaN(made) ? 0 : made).toUTCString().replace("GMT", "+0000")],
    ["Message-ID", `<${safeId(notification_id)}@${idDomain(input.from)}>`],
  ];
}

function threadHeaders({ notice, incident_id }: Notification, domain: string): MailHeader[] {
  if (notice.occasion === "digest" || notice.occasion === "test") return [];
  const root = `<incident-${safeId(incident_id)}@${domain}>`;
  return [
    ["In-Reply-To", root],
    ["References", root],
  ];
}

function madsciHeaders({ notice }: Notification, importance: Importance): MailHeader[] {
  const id = notice.occasion === "digest" ? undefined : newestSample(notice.incident)?._id;
  return [
    ["Importance", importance],
    ["X-Priority", PRIORITY[importance]],
    ...(id !== undefined && EVENT_ID.test(id) ? ([["X-MADSci-Event-ID", id]] as const) : []),
  ];
}

/** As it is where it may stand in a Message-ID; else a hash of it. */
function safeId(id: string): string {
  return SAFE_ID.test(id) && !/\.\.|\.$/.test(id) ? id : createHash("sha256").update(id).digest("hex").slice(0, 40);
}
