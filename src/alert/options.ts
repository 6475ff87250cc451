/**
 * AlertOptions: what may be written about alerting, in a settings file or by a library's user.
 *
 * Keys may also be written in snake_case (`group_wait`), except inside selectors, paths and names. plan-file.ts makes
 * the checked {@link AlertPlan} of it; every default is there.
 */
import type { Selector } from "../event/selector/selector.ts";
import type { ZoneReader } from "../event/zone.ts";
import type { Severity } from "./rule.ts";

/** A length of time: `30s`, `5m`, `4h`, `7d`, `500ms`, `1h30m`. @since 0.1.0 */
type Span = string;
/** One text, or several. @since 0.1.0 */
type Texts = string | readonly string[];
/** Paths in which two incidents agree; a pair where each calls it differently. @since 0.1.0 */
type Agreeing = string | readonly (string | { readonly source: string; readonly target: string })[];

/** When, and about what. Which keys of a kind there are is told by `kind`. @since 0.1.0 */
export interface RuleOptions {
  /** Letters, digits and dashes. That of a rule of the lab pack changes single fields of it. */
  readonly id: string;
  readonly description?: string;
  /** @default true */
  readonly enabled?: boolean;
  /** @default "match" */
  readonly kind?: "match" | "threshold" | "ratio" | "absence" | "sequence" | "novelty" | "ledger";
  /** Events the rule is about; for `sequence` also written `after`. */
  readonly select?: Selector;
  readonly after?: Selector;
  /** Event paths; each combination of values has an incident of its own. Also `forEach`. */
  readonly groupBy?: Texts;
  readonly forEach?: Texts;
  /** `threshold`: how many events. Also `threshold`. */
  readonly count?: number;
  readonly threshold?: number;
  /** `threshold`, `ratio`, `absence`, `sequence`: in how long. */
  readonly within?: Span | UsualOptions;
  /** `ratio`: the events that count as bad. */
  readonly bad?: Selector;
  /** `ratio`: more than this part of them, `0.2` or `20%`. `ledger`: more than this. */
  readonly over?: number | string;
  /** `ratio`: of at least so many. @default 10 */
  readonly minSamples?: number;
  /** `absence`: only while something is under way: `{ "ledger.workcell_active": true }`, or events that begin and end it. */
  readonly while?: WhileOptions | Readonly<Record<string, true>>;
  /** `absence`, `novelty`: what has not been seen for so long is forgotten. @default 7d, 30d */
  readonly forget?: Span;
  /** `novelty`: the same in days. */
  readonly days?: number;
  /** `sequence`: what must follow. */
  readonly expect?: Selector;
  /** `sequence`: path whose value ties the two together. */
  readonly join?: string;
  /** `novelty`: paths that make a fingerprint. Also `fingerprint`. */
  readonly of?: Texts;
  readonly fingerprint?: Texts;
  /** `ledger`: name of one of our own counters. */
  readonly counter?: string;
  /** `at-least-error`: by the event's level, but never less. @default "from-level" where events have one, else "error" */
  readonly severity?: Severity | "from-level" | "at-least-warning" | "at-least-error";
  /** The condition must hold so long. @default 0s */
  readonly for?: Span;
  readonly groupWait?: Span;
  readonly groupInterval?: Span;
  readonly repeatInterval?: Span;
  readonly resolveAfter?: Span | "never";
  /** An event that resolves the incident of its group. */
  readonly resolveWhen?: Selector;
  readonly sendResolved?: boolean;
  /** Events told one by one before the rest folds. @default 1 */
  readonly burst?: number;
  readonly receivers?: Texts;
  /** Never resolved by quiet, closed without a word after 24 h. @default false */
  readonly oneOff?: boolean;
  readonly maxKeys?: number;
}

/** @since 0.1.0 */
export interface WhileOptions {
  /** Also `after`. */
  readonly from?: Selector;
  readonly after?: Selector;
  readonly until: Selector;
  /** Paths in which both agree with the group. */
  readonly equal?: Texts;
}

/** A multiple of what it usually takes. @since 0.1.0 */
export interface UsualOptions {
  readonly times: number;
  /** Events that agree here take about equally long. */
  readonly of: string;
  /** @default 1m */
  readonly atLeast?: Span;
  /** @default 1h */
  readonly atMost?: Span;
}

/** @since 0.1.0 */
export interface ReceiverOptions {
  readonly channels: Texts;
  readonly escalate?: readonly { readonly after: Span; readonly channels: Texts }[];
}

/** Texts that are secret may be `env:NAME` or `file:PATH`. @since 0.1.0 */
export interface ChannelOptions {
  readonly type: "email" | "webhook" | "slack" | "pagerduty";
  /** `email`: addresses, each gets a message of its own. */
  readonly to?: Texts;
  readonly importance?: "High" | "Normal" | "Low";
  /** Others: where to post; `urlRef` where it is secret. */
  readonly url?: string;
  readonly urlRef?: string;
  /** Signs the body (webhook); the routing key (pagerduty). */
  readonly secretRef?: string;
  readonly secret?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly format?: "json" | "cloudevents";
  /** Private addresses and plain http. @default false */
  readonly allowPrivate?: boolean;
  /** @default 3s */
  readonly connectTimeout?: Span;
  /** @default 10s */
  readonly timeout?: Span;
}

/** @since 0.1.0 */
export interface SmtpOptions {
  readonly host: string;
  /** @default 587; 465 for implicit, 25 for none */
  readonly port?: number;
  /** @default "starttls", "implicit" on port 465 */
  readonly tls?: "starttls" | "implicit" | "none";
  readonly userRef?: string;
  readonly passwordRef?: string;
  readonly user?: string;
  readonly password?: string;
  /** Address the mails come from. */
  readonly from?: string;
  /** @default true */
  readonly rejectUnauthorized?: boolean;
  readonly pool?: { readonly connections?: number; readonly messagesPerConnection?: number };
  readonly timeouts?: { readonly connect?: Span; readonly greeting?: Span; readonly socket?: Span };
}

/** @since 0.1.0 */
export interface AlertOptions {
  /** Read by whoever starts alerting. @default true */
  readonly enabled?: boolean;
  readonly evaluate?: {
    readonly maxRules?: number;
    readonly maxKeysPerRule?: number;
    readonly stormPerMinute?: number;
    readonly matchBudgetMicros?: number;
  };
  readonly defaults?: Pick<
    RuleOptions,
    | "groupBy"
    | "groupWait"
    | "groupInterval"
    | "repeatInterval"
    | "resolveAfter"
    | "sendResolved"
    | "burst"
    | "receivers"
  > & { readonly maxSamples?: number };
  /** From this level on, this severity. @default { 30: warning, 40: error, 50: critical } */
  readonly severityFromLevel?: Readonly<Record<string, Severity>>;
  readonly rules?: readonly RuleOptions[];
  /** The built-in rules. @default true */
  readonly labPack?: boolean;
  /** Replaces the built-in ones. */
  readonly inhibit?: readonly { readonly source: Selector; readonly target: Selector; readonly equal?: Agreeing }[];
  readonly receivers?: Readonly<Record<string, Texts | ReceiverOptions>>;
  readonly channels?: Readonly<Record<string, ChannelOptions>>;
  readonly smtp?: SmtpOptions;
  readonly delivery?: {
    readonly attempts?: number;
    readonly backoff?: {
      readonly base?: Span;
      readonly factor?: number;
      readonly max?: Span;
      readonly jitter?: number;
    };
    readonly breaker?: { readonly failures?: number; readonly openFor?: Span };
    readonly perRecipient?: {
      readonly perHour?: number;
      readonly perDay?: number;
      readonly criticalPerHour?: number;
      readonly overflow?: "digest";
    };
    readonly concurrency?: { readonly email?: number; readonly webhook?: number };
    readonly timeout?: Span;
  };
  readonly digest?: { readonly cron?: string; readonly tz?: string; readonly minSeverity?: Severity };
  readonly quietHours?: { readonly tz?: string; readonly from: string; readonly to: string; readonly except?: Texts };
  readonly publicUrl?: string;
  readonly leases?: { readonly ttl?: Span; readonly renew?: Span };
  /** Zone of times in messages. @default the zone of naive timestamps */
  readonly timezone?: string;
  readonly compat?: { readonly awaitDelivery?: boolean };
  /** Read by whoever starts alerting: one message through each new channel. @default true */
  readonly testSend?: boolean;
  /** Paths whose values messages never show: `event_data…`, `source…`, `trace_id`, `span_id`; they go through lists. */
  readonly redact?: Texts;
  /** Liquid texts, or `file:PATH`. */
  readonly templates?: { readonly subject?: string; readonly text?: string; readonly html?: string };
}

/** What configuration is read with. @since 0.1.0 */
export interface PlanContext {
  /** Zone of naive timestamps, by name and as a function. */
  readonly naiveTimezone: string;
  readonly zone: ZoneReader;
  /** What `env:NAME` and `file:PATH` stand for; undefined where there is nothing. */
  readonly secret?: (ref: string) => string | undefined;
  /** What `file:PATH` of a template stands for. @default as `secret` says */
  readonly template?: (ref: string) => string | undefined;
  /** Level from which the rule `alert-level` fires. @default 40 */
  readonly alertLevel?: number;
  /** Names of channels that are not in the configuration: those the host program brings. */
  readonly ownChannels?: readonly string[];
}
