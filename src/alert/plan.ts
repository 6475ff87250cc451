/**
 * Plan: the whole configuration of alerting, complete and checked. plan-file.ts reads what people write (house style:
 * camelCase keys, spans as `30s`, `5m`, `4h`, `7d`); `snake_case` keys are read as well.
 */
import type { Condition, Rule, Severity } from "./rule.ts";

/** While an incident that `source` accepts is live, incidents that `target` accepts and that agree in `equal` are quiet. */
export interface Inhibition {
  /** Over the same fields as a silence's selector. */
  readonly source: Condition;
  readonly target: Condition;
  readonly equal: readonly string[];
  /** The target's paths, in the order of `equal`, where some have other names there. */
  readonly targetEqual?: readonly string[];
}

export interface Receiver {
  readonly name: string;
  readonly channels: readonly string[];
  /** Further channels when nobody has acknowledged `afterMs` after the incident fired. */
  readonly escalate: readonly { readonly afterMs: number; readonly channels: readonly string[] }[];
}

export interface SmtpPlan {
  readonly host: string;
  readonly port: number;
  /** `starttls` is required, never optional; `none` is for a relay on the same machine or network. */
  readonly tls: "starttls" | "implicit" | "none";
  readonly user: string | null;
  readonly password: string | null;
  /** Verify the server's certificate. */
  readonly rejectUnauthorized: boolean;
  readonly connections: number;
  readonly messagesPerConnection: number;
  readonly connectMs: number;
  readonly greetingMs: number;
  readonly socketMs: number;
  readonly from: string;
}

export type ChannelPlan =
  | {
      readonly type: "email";
      readonly name: string;
      readonly to: readonly string[];
      readonly importance: "High" | "Normal" | "Low";
      readonly smtp: SmtpPlan;
    }
  | {
      readonly type: "webhook" | "slack" | "pagerduty";
      readonly name: string;
      readonly url: string;
      /** Signs the body (webhook), or is the routing key (pagerduty). */
      readonly secret: string | null;
      readonly headers: { readonly [name: string]: string };
      /** `json` as documented in schema/README.md, or the same as a CloudEvent. */
      readonly format: "json" | "cloudevents";
      /** Private, loopback and link-local addresses are refused unless allowed here; plain http likewise. */
      readonly allowPrivate: boolean;
      readonly connectMs: number;
      readonly timeoutMs: number;
    };

export interface DeliveryPlan {
  /** Attempts before a notification is dead. */
  readonly attempts: number;
  readonly backoff: {
    readonly baseMs: number;
    readonly factor: number;
    readonly maxMs: number;
    readonly jitter: number;
  };
  readonly breaker: { readonly failures: number; readonly openForMs: number };
  readonly perRecipient: {
    readonly perHour: number;
    readonly perDay: number;
    /** Critical ones beyond `perHour`. */
    readonly criticalPerHour: number;
  };
  readonly concurrency: { readonly email: number; readonly webhook: number };
  /** Longest one attempt takes. */
  readonly timeoutMs: number;
}

export interface QuietHours {
  readonly timezone: string;
  /** `HH:MM` */
  readonly from: string;
  readonly to: string;
  readonly except: readonly Severity[];
}

export interface AlertPlan {
  readonly mode: "native" | "compat";
  readonly rules: readonly Rule[];
  readonly inhibit: readonly Inhibition[];
  readonly receivers: readonly Receiver[];
  readonly channels: readonly ChannelPlan[];
  readonly severityFromLevel: ReadonlyMap<number, Severity>;
  readonly maxSamples: number;
  /** Events of one rule per minute beyond which it only counts. */
  readonly stormPerMinute: number;
  readonly delivery: DeliveryPlan;
  /** When folded notices go out, as a cron line in a zone. */
  readonly digest: { readonly cron: string; readonly timezone: string; readonly minSeverity: Severity };
  readonly quietHours: QuietHours | null;
  /** Where people reach this server; null leaves links out of messages. */
  readonly publicUrl: string | null;
  readonly lease: { readonly ttlMs: number; readonly renewMs: number };
  /** Zone of times in messages, an IANA name. */
  readonly timezone: string;
  /** Compat only: answer a request after its mails are handed over, or after this many ms; null answers at once. */
  readonly awaitDeliveryMs: number | null;
  /** Event paths whose values no message shows, e.g. `event_data.password`; besides the built-in list. */
  readonly redact: readonly string[];
  /** Template files' texts that replace the built-in ones. */
  readonly templates: { readonly subject?: string; readonly text?: string; readonly html?: string };
}
