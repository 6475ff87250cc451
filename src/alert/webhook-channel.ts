/**
 * Webhook channel: POSTs notifications to a webhook, a Slack-like chat or PagerDuty. The three differ in their body.
 *
 * A URL is as good as a password where chats are concerned: reasons and errors name its host only.
 * Not here: the request (https-request.ts), what its answer means (webhook-outcome.ts).
 */
import { EventStoreError } from "../errors.ts";
import type { AlertClock } from "./clock.ts";
import { type HttpsTarget, PrivateAddressError, post, type Resolver, reach } from "./https-request.ts";
import type { Incident } from "./incident.ts";
import type { Channel, Delivery, Notification } from "./notification.ts";
import { PAGERDUTY_URL, pagerdutyBody } from "./pagerduty-body.ts";
import { slackBody } from "./slack-body.ts";
import { type BodyContext, type Links, type WebhookBody, type WebhookPlan, webhookBody } from "./webhook-body.ts";
import { customHeaders } from "./webhook-headers.ts";
import { answered, unanswered } from "./webhook-outcome.ts";
import { webhookSecrets } from "./webhook-secrets.ts";
import { webhookSignature } from "./webhook-signature.ts";

export interface WebhookContext {
  /** Where people reach this server; null leaves links out. */
  readonly publicUrl: string | null;
  /** Zone of times in messages, an IANA name. */
  readonly timezone: string;
  readonly clock: AlertClock;
  /** Pages about an incident; without it, its address in the API. */
  readonly links?: (incident: Incident) => Links | null;
  /** Messages under way at once. @default 10 */
  readonly concurrency?: number;
  /** Instead of the system's name service. */
  readonly resolve?: Resolver;
  /** Authorities to trust instead of the well-known ones, PEM. */
  readonly ca?: string;
}

const DEFAULT_CONCURRENCY = 10;

/** @throws EventStoreError `EVT_INVALID_OPTION` for a URL, header or key that cannot be used, in words without it. */
export function webhookChannel(plan: WebhookPlan, context: WebhookContext): Channel {
  return new WebhookChannel(plan, context);
}

class WebhookChannel implements Channel {
  readonly name: string;
  readonly type: WebhookPlan["type"];
  readonly recipients: readonly string[];
  readonly concurrency: number;
  readonly #plan: WebhookPlan;
  readonly #context: WebhookContext;
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  /** What must not be repeated from an answer. */
  readonly #secrets: readonly string[];
  readonly #closed = new AbortController();

  constructor(plan: WebhookPlan, context: WebhookContext) {
    this.#plan = plan;
    this.#context = context;
    this.#url = urlOf(plan);
    this.#headers = customHeaders(plan);
    this.#secrets = webhookSecrets({ url: this.#url, secret: plan.secret, headers: this.#headers });
    if (plan.type === "pagerduty" && !plan.secret) {
      throw invalid(plan, "secret", "must be the integration (routing) key of a PagerDuty service");
    }
    this.name = plan.name;
    this.type = plan.type;
    this.recipients = [this.#url.host];
    this.concurrency = context.concurrency ?? DEFAULT_CONCURRENCY;
  }

  async verify(signal: AbortSignal): Promise<void> {
    try {
      await reach(this.#target(signal));
    } catch (cause) {
      const code = cause instanceof PrivateAddressError ? "EVT_INVALID_OPTION" : "EVT_BACKEND_UNAVAILABLE";
      throw new EventStoreError(code, `channel "${this.name}": ${(cause as Error).message}`, { cause });
    }
  }

  async send(notification: Notification, signal: AbortSignal): Promise<Delivery> {
    const nowMs = this.#context.clock.now();
    let request: { headers: Readonly<Record<string, string>>; body: string };
    try {
      request = this.#requestFor(notification, nowMs);
    } catch (error) {
      // Only a bug gets here; the notification must not block the queue for it.
      const reason = `the message could not be written (${error instanceof Error ? error.name : "unknown"})`;
      return { status: "refused", channelDown: false, reason };
    }
    try {
      const answer = await post(this.#target(signal), request.headers, request.body);
      return answered(answer, this.#secrets, this.#context.clock.now());
    } catch (error) {
      return unanswered(error);
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
  }

  #target(signal: AbortSignal): HttpsTarget {
    const { allowPrivate, connectMs, timeoutMs } = this.#plan;
    const { clock, resolve, ca } = this.#context;
    const either = AbortSignal.any([signal, this.#closed.signal]);
    return { url: this.#url, allowPrivate, connectMs, timeoutMs, clock, signal: either, resolve, ca };
  }

  #requestFor(notification: Notification, nowMs: number) {
    const { contentType, text } = this.#bodyOf(notification, nowMs);
    const timestamp = String(Math.floor(nowMs / 1000));
    const { type, secret } = this.#plan;
    const headers: Record<string, string> = {
      ...this.#headers,
      "content-type": contentType,
      "user-agent": "madsci-events",
      connection: "close",
    };
    if (type === "webhook") {
      headers["x-madsci-delivery"] = notification.notification_id;
      headers["x-madsci-timestamp"] = timestamp;
      if (secret) headers["x-madsci-signature"] = webhookSignature(secret, timestamp, text);
    }
    return { headers, body: text };
  }

  #bodyOf(notification: Notification, nowMs: number): WebhookBody {
    const { publicUrl, timezone } = this.#context;
    // A test looks like an incident and is none: there is nothing to open, to acknowledge or to silence.
    const links = notification.occasion === "test" ? null : this.#linksOf(notification.notice.incident);
    const context: BodyContext = { publicUrl, timezone, links, nowMs };
    if (this.#plan.type === "slack") return slackBody(notification, context);
    if (this.#plan.type === "pagerduty") return pagerdutyBody(notification, this.#plan.secret ?? "", context);
    return webhookBody(notification, this.#plan, context);
  }

  #linksOf(incident: Incident): Links | null {
    const { links, publicUrl } = this.#context;
    if (links !== undefined) return links(incident);
    if (publicUrl === null) return null;
    return {
      open: `${publicUrl.replace(/\/+$/, "")}/v1/incidents/${encodeURIComponent(incident.incident_id.toWellFormed())}`,
    };
  }
}

/** @throws EventStoreError */
function urlOf(plan: WebhookPlan): URL {
  const text = plan.url === "" && plan.type === "pagerduty" ? PAGERDUTY_URL : plan.url;
  if (!URL.canParse(text)) throw invalid(plan, "url", "must be a whole URL, like https://hooks.example.org/path");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw invalid(plan, "url", "must not hold a user or password; use headers: { authorization: … }");
  }
  if (url.protocol === "https:" || (url.protocol === "http:" && plan.allowPrivate)) return url;
  throw invalid(plan, "url", "must begin with https:// (http:// only together with allowPrivate)");
}

function invalid(plan: WebhookPlan, field: string, words: string): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", `channels.${plan.name}.${field}: ${words}`);
}
