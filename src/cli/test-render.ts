/** The mail a channel would send, as the text of an `.eml` file. Nothing is sent, no server is asked. */
import { isMailAddress } from "../alert/address.ts";
import { mailMessage } from "../alert/mail-message.ts";
import { MailTemplates } from "../alert/mail-template.ts";
import type { Notification } from "../alert/notification.ts";
import type { AlertPlan } from "../alert/plan.ts";
import { testNotification } from "../alert/test-notification.ts";
import { MATCHED } from "../alert/words.ts";
import type { StoredEvent } from "../event/event.ts";
import { usageError } from "./exit.ts";

export interface RenderWanted {
  readonly channel: string;
  /** Instead of the channel's first recipient. */
  readonly to: string | undefined;
  /** The mail is as for an incident of this event; without it, a test message. */
  readonly event: StoredEvent | undefined;
}

export interface RenderedMail {
  readonly raw: Buffer;
  /** What is wrong with templates. */
  readonly troubles: readonly string[];
}

/** @throws EventStoreError `EVT_INVALID_OPTION` for a channel that sends no mail */
export async function renderedTest(plan: AlertPlan, { channel, to, event }: RenderWanted): Promise<RenderedMail> {
  const found = plan.channels.find(({ name }) => name === channel);
  if (found?.type !== "email") {
    const mails = plan.channels.filter(({ type }) => type === "email").map(({ name }) => name);
    throw usageError(`--render needs a channel of type email; there are ${mails.join(", ") || "none"}`);
  }
  if (to !== undefined && !isMailAddress(to)) throw usageError(`--to ${JSON.stringify(to)} is no e-mail address`);
  const [first = "nobody@example.invalid"] = found.to;
  const test = testNotification({ channel, recipient: to ?? first, event, plan, nowMs: Date.now() });
  const { publicUrl, timezone } = plan;
  return mailMessage(event === undefined ? test : asFiring(test), {
    from: found.smtp.from,
    importance: found.importance,
    context: { publicUrl, timezone },
    templates: new MailTemplates(plan.templates, timezone),
  });
}

function asFiring(test: Notification): Notification {
  const incident = { ...test.notice.incident, reason: MATCHED };
  return { ...test, occasion: "firing", notice: { ...test.notice, occasion: "firing", incident } };
}
