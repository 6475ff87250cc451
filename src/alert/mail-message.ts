/**
 * The message of a notification, byte for byte as it goes to the server: the same notification gives the same bytes.
 *
 * Not here: what it says (mail-view.ts), the way it takes (mail-channel.ts).
 */
import { createHash } from "node:crypto";
import { EventStoreError } from "../errors.ts";
import type { Sample } from "./incident.ts";
import { type MailAddress, mailAddress } from "./mail-address.ts";
import { compatBody, compatSubject } from "./mail-compat.ts";
import { loadMimeNode } from "./mail-driver.ts";
import { compatHeaders, type Importance, type MailHeader, mailHeaders } from "./mail-headers.ts";
import { mailHtml } from "./mail-html.ts";
import type { MailPart, MailTemplates } from "./mail-template.ts";
import { mailText } from "./mail-text.ts";
import { type MailContext, type MailView, mailView } from "./mail-view.ts";
import { newestSample } from "./notice-places.ts";
import { MAX_SUBJECT, subjectLine } from "./notice-words.ts";
import type { Notice, Notification } from "./notification.ts";
import { manyLines, oneLine } from "./safe-text.ts";

export interface MailMessage {
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  readonly raw: Buffer;
  /** What is wrong with templates; the mail has the built-in parts instead. */
  readonly troubles: readonly string[];
}

export interface MailLook {
  readonly from: string;
  readonly importance: Importance;
  readonly context: MailContext;
  readonly templates: MailTemplates;
}

/** Text and HTML together, in bytes of UTF-8. */
export const MAX_MAIL_BYTES = 40_960;
/** Characters of each event's data, less and less until the mail is small enough. */
const DATA_LIMITS = [4096, 2048, 1024, 512, 128, 1];

/** @throws EventStoreError `EVT_INVALID_OPTION` for an address that is none, `EVT_MISSING_DRIVER` */
export async function mailMessage(notification: Notification, look: MailLook): Promise<MailMessage> {
  const from = addressOf(look.from, "smtp.from");
  const to = addressOf(notification.recipient, "to");
  const { notice } = notification;
  const sample = compatSample(notice);
  const input = { from, to, importance: look.importance };
  const envelope = { from: from.address, to: [to.address] };
  if (sample !== undefined) {
    const headers = compatHeaders(notification, { ...input, subject: compatSubject(sample) });
    const stored = await look.context.event?.(sample._id).catch(() => undefined);
    const parts = [["text/plain", compatBody(sample, stored)]] as const;
    return { envelope, raw: await mime({ kind: "multipart/mixed", headers, parts, notification }), troubles: [] };
  }
  const { subject, text, html, troubles } = await content(notification, look);
  const headers = mailHeaders(notification, { ...input, subject });
  const parts = [
    ["text/plain", text],
    ["text/html", html],
  ] as const;
  return { envelope, raw: await mime({ kind: "multipart/alternative", headers, parts, notification }), troubles };
}

/** The subject it would have, without the rest. @param look no sender is needed for that */
export async function mailSubject(notification: Notification, look: Pick<MailLook, "context" | "templates">) {
  const sample = compatSample(notification.notice);
  if (sample !== undefined) return compatSubject(sample);
  if (!look.templates.has("subject")) return subjectLine(notification.notice);
  const view = fittingView(notification, look.context);
  const own = await partOf("subject", { view, notification, templates: look.templates });
  return subjectOf("text" in own ? own.text : undefined, view);
}

/** What MADSci's form is about; undefined where the mail has ours. */
function compatSample({ compat, occasion, incident }: Notice): Sample | undefined {
  return compat && occasion === "firing" ? newestSample(incident) : undefined;
}

interface Content {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly troubles: readonly string[];
}

async function content(notification: Notification, { context, templates }: MailLook): Promise<Content> {
  const view = fittingView(notification, context);
  const own: { [part in MailPart]?: string } = {};
  const troubles: string[] = [];
  for (const part of ["subject", "text", "html"] as const) {
    const rendered = await partOf(part, { view, notification, templates });
    if ("trouble" in rendered) troubles.push(rendered.trouble);
    else own[part] = rendered.text;
  }
  const told = troubles.map((trouble) => `Built-in form, because ${trouble}.`);
  const shown = told.length === 0 ? view : { ...view, footer: [...view.footer, ...told] };
  return {
    subject: subjectOf(own.subject, view),
    text: manyLines(own.text ?? mailText(shown)),
    html: manyLines(own.html ?? mailHtml(shown)),
    troubles,
  };
}

interface Parts {
  readonly view: MailView;
  readonly notification: Notification;
  readonly templates: MailTemplates;
}

/** By its template; without a text where it has none. */
async function partOf(part: MailPart, { view, notification, templates }: Parts) {
  const { incident, receiver } = notification.notice;
  const rendered = await templates.render(part, { ...view, incident, receiver });
  if (rendered === undefined) return { text: undefined };
  const tooLong = "text" in rendered && Buffer.byteLength(rendered.text) > MAX_MAIL_BYTES;
  return tooLong ? { trouble: `the template of the ${part} is too long` } : rendered;
}

function subjectOf(own: string | undefined, view: MailView): string {
  return oneLine(own ?? "", MAX_SUBJECT) || view.subject;
}

/** With as much of the events' data as fits. */
function fittingView(notification: Notification, context: MailContext): MailView {
  let view = mailView(notification, context, 0);
  for (const limit of DATA_LIMITS) {
    view = mailView(notification, context, limit);
    if (Buffer.byteLength(mailText(view)) + Buffer.byteLength(mailHtml(view)) <= MAX_MAIL_BYTES) return view;
  }
  return view;
}

interface Mime {
  readonly kind: "multipart/mixed" | "multipart/alternative";
  readonly headers: readonly MailHeader[];
  readonly parts: readonly (readonly [type: string, text: string])[];
  readonly notification: Notification;
}

/** The library writes names its own way, which means the same; some readers look for MADSci's very letters. */
const SPELLING: Readonly<Record<string, string>> = {
  "List-ID": "List-Id",
  "X-Madsci-Event-ID": "X-MADSci-Event-ID",
  "X-Madsci-Folded": "X-MADSci-Folded",
};
const spelled = (name: string) => SPELLING[name] ?? name;

async function mime({ kind, headers, parts, notification }: Mime): Promise<Buffer> {
  const { default: MimeNode } = await loadMimeNode();
  // Neither quoted-printable nor base64 text can hold `=_`, so no content can look like the line between parts.
  const baseBoundary = createHash("sha256").update(notification.notification_id).digest("hex").slice(0, 24);
  const root = new MimeNode(kind, {
    boundaryPrefix: "=_madsci",
    baseBoundary,
    normalizeHeaderKey: spelled,
  });
  for (const [name, value] of headers) root.setHeader(name, typeof value === "string" ? value : { ...value });
  for (const [type, text] of parts) {
    const part = root.createChild(`${type}; charset=utf-8`);
    part.setHeader("Content-Transfer-Encoding", isMostlyAscii(text) ? "quoted-printable" : "base64");
    part.setContent(text.replace(/\n/g, "\r\n"));
  }
  return unfolded(await root.build());
}

/** A word too long for a line stays on the line of its name: not all readers undo a line break right behind the colon. */
function unfolded(message: Buffer): Buffer {
  const end = message.indexOf("\r\n\r\n");
  const head = message.toString("latin1", 0, end).replace(/^([\w-]+):\r\n[ \t]+(?=\S+$)/gm, "$1: ");
  return Buffer.concat([Buffer.from(head, "latin1"), message.subarray(end)]);
}

/** Base64 is the shorter one where more than a sixth of the bytes would take three characters each. */
function isMostlyAscii(text: string): boolean {
  const bytes = Buffer.byteLength(text);
  return bytes - text.length < bytes / 9;
}

function addressOf(text: string, path: string): MailAddress {
  const address = mailAddress(text);
  if (address !== null) return address;
  throw new EventStoreError("EVT_INVALID_OPTION", `${path}: ${JSON.stringify(text)} is not one e-mail address`);
}
