/**
 * The e-mail channel: one message per recipient over a pool of connections to the plan's mail server.
 *
 * `nodemailer` is loaded by the first message. A broken template, a missing `liquidjs`, a hostile event: none of them
 * costs a mail. Passwords are in no reason.
 */
import { EventStoreError } from "../errors.ts";
import { type MailMessage, mailMessage } from "./mail-message.ts";
import { type MailPool, mailPool } from "./mail-pool.ts";
import { BUILT_IN_FORM, MailTemplates, type TemplateTexts } from "./mail-template.ts";
import { deliveryOf, mailTrouble } from "./mail-trouble.ts";
import { verifySmtp } from "./mail-verify.ts";
import type { MailContext } from "./mail-view.ts";
import type { Channel, Delivery, Notification } from "./notification.ts";
import type { ChannelPlan } from "./plan.ts";
import { oneLine } from "./safe-text.ts";

export type MailPlan = Extract<ChannelPlan, { readonly type: "email" }>;

export interface MailChannelContext extends MailContext {
  readonly templates?: TemplateTexts;
  /** Told once of each template that fails. */
  readonly onWarning?: (message: string) => void;
}

export function mailChannel(plan: MailPlan, context: MailChannelContext): Channel {
  return new MailChannel(plan, context);
}

class MailChannel implements Channel {
  readonly type = "email";
  readonly name: string;
  readonly recipients: readonly string[];
  readonly concurrency: number;
  readonly #plan: MailPlan;
  readonly #context: MailContext;
  readonly #templates: MailTemplates;
  readonly #warn: (message: string) => void;
  /** Parts whose template was told of. */
  readonly #told = new Set<string>();
  readonly #pool: MailPool;

  constructor(plan: MailPlan, context: MailChannelContext) {
    this.name = plan.name;
    this.recipients = plan.to;
    this.concurrency = plan.smtp.connections;
    this.#plan = plan;
    this.#context = context;
    this.#templates = new MailTemplates(context.templates ?? {}, context.timezone);
    this.#warn = context.onWarning ?? (() => {});
    this.#pool = mailPool(plan.smtp);
  }

  async verify(signal: AbortSignal): Promise<void> {
    await verifySmtp(this.#plan.smtp, signal);
    await this.#templates.check();
  }

  async send(notification: Notification, signal: AbortSignal): Promise<Delivery> {
    const { smtp, importance } = this.#plan;
    const look = { from: smtp.from, importance, context: this.#context, templates: this.#templates };
    let message: MailMessage;
    try {
      message = await mailMessage(notification, look);
    } catch (error) {
      return unmade(error);
    }
    this.#tellOf(message.troubles);
    try {
      const answer = await this.#pool.send(message, signal);
      return { status: "sent", detail: [oneLine(answer, 200), ...message.troubles].join("; ") };
    } catch (error) {
      return signal.aborted ? gaveUp(`${smtp.host}:${smtp.port}`) : deliveryOf(mailTrouble(error, smtp));
    }
  }

  async close(): Promise<void> {
    this.#pool.close();
  }

  #tellOf(troubles: readonly string[]): void {
    for (const trouble of troubles) {
      const [part = ""] = trouble.split(":");
      if (!this.#told.has(part)) this.#warn(`channel ${this.name}: ${trouble}; ${BUILT_IN_FORM}`);
      this.#told.add(part);
    }
  }
}

function gaveUp(server: string): Delivery {
  return { status: "retry", reason: `${server} did not take the mail in the time given`, channelDown: true };
}

/** An address that is none stays none; a missing package may be installed, and a bug of ours be mended. */
function unmade(error: unknown): Delivery {
  const { message } = error as Error;
  if (!(error instanceof EventStoreError))
    return { status: "retry", reason: `no mail made: ${message}`, channelDown: false };
  if (error.code === "EVT_MISSING_DRIVER") return { status: "retry", reason: message, channelDown: true };
  return { status: "refused", reason: message, channelDown: false };
}
