/** A notification's mail as it would go to the server, and as a mail program reads it. */
import { simpleParser } from "mailparser";
import { type MailLook, mailMessage } from "../../src/alert/mail-message.ts";
import { MailTemplates, type TemplateTexts } from "../../src/alert/mail-template.ts";
import type { MailContext } from "../../src/alert/mail-view.ts";
import type { Notification } from "../../src/alert/notification.ts";
import { context } from "./mail-fixtures.ts";
import { headerLines } from "./smtp.ts";

interface Change {
  readonly importance?: MailLook["importance"];
  readonly from?: string;
  readonly context?: Partial<MailContext>;
  readonly templates?: TemplateTexts;
}

export async function made(what: Notification, change: Change = {}) {
  const message = await mailMessage(what, {
    from: change.from ?? "MADSci Events <no-reply@example.com>",
    importance: change.importance ?? "High",
    context: { ...context, ...change.context },
    templates: new MailTemplates(change.templates ?? {}, "Europe/Berlin"),
  });
  const raw = message.raw.toString("utf8");
  const headers = headerLines({ raw });
  const header = (name: string) => headers.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  return { ...message, text: raw, headers, header, mail: await simpleParser(message.raw) };
}
