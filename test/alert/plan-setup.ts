/** What tests of the configuration read it with: fixed zone, a few secrets; and short ways to a plan, a rule and its troubles. */

import { lintAlerts } from "../../src/alert/lint.ts";
import type { AlertOptions, PlanContext } from "../../src/alert/options.ts";
import { alertPlan } from "../../src/alert/plan-file.ts";
import type { Rule } from "../../src/alert/rule.ts";
import { EventStoreError } from "../../src/errors.ts";
import { zoneReader } from "../../src/event/zone.ts";

const SECRETS: Readonly<Record<string, string>> = {
  "env:SMTP_USER": "lab@example.org",
  "env:SMTP_PASSWORD": "tops3cret",
  "env:PAGER_SECRET": "routing-k3y",
  "env:SLACK_URL": "https://hooks.slack.example/T0/B0/x",
  "file:/run/secrets/hook": "from-a-file\n",
};

export const CONTEXT: PlanContext = {
  naiveTimezone: "America/Chicago",
  zone: zoneReader("America/Chicago"),
  secret: (ref) => SECRETS[ref],
};

/** The design's own example, shortened by nothing. */
export const EXAMPLE: AlertOptions = {
  enabled: true,
  evaluate: { maxRules: 200, maxKeysPerRule: 10_000, stormPerMinute: 1_000 },
  defaults: {
    groupBy: ["rule", "source.node_id", "event_type"],
    groupWait: "30s",
    groupInterval: "5m",
    repeatInterval: "4h",
    resolveAfter: "15m",
    sendResolved: true,
    maxSamples: 5,
  },
  severityFromLevel: { 30: "warning", 40: "error", 50: "critical" },
  rules: [
    {
      id: "my-node-silent",
      kind: "absence",
      forEach: "source.node_id",
      select: { event_type: { $in: ["node_status_update", "action_complete"] } },
      within: "2m",
      while: { "ledger.workcell_active": true },
      severity: "error",
      receivers: ["ops"],
    },
  ],
  inhibit: [
    {
      source: { event_type: "workcell_stop" },
      target: { severity: { $ne: "critical" } },
      equal: ["source.workcell_id"],
    },
  ],
  receivers: { ops: { channels: ["mail-ops"], escalate: [{ after: "15m", channels: ["pager"] }] } },
  channels: {
    "mail-ops": { type: "email", to: ["lab@example.org"], importance: "High" },
    pager: { type: "webhook", url: "https://pager.example.org/hook", secretRef: "env:PAGER_SECRET" },
  },
  smtp: {
    host: "smtp.example.org",
    port: 587,
    tls: "starttls",
    userRef: "env:SMTP_USER",
    passwordRef: "env:SMTP_PASSWORD",
    pool: { connections: 5, messagesPerConnection: 100 },
    timeouts: { connect: "10s", greeting: "10s", socket: "30s" },
  },
  delivery: {
    attempts: 12,
    backoff: { base: "15s", factor: 2, max: "30m", jitter: 0.2 },
    breaker: { failures: 5, openFor: "60s" },
    perRecipient: { perHour: 20, perDay: 100, overflow: "digest" },
    concurrency: { email: 5, webhook: 10 },
    timeout: "30s",
  },
  digest: { cron: "0 * * * *", tz: "Europe/Berlin", minSeverity: "warning" },
  quietHours: { tz: "Europe/Berlin", from: "22:00", to: "06:00", except: ["critical"] },
  publicUrl: "https://events.lab.example.org",
  leases: { ttl: "15s", renew: "5s" },
};

/** A whole configuration in which only `part` can be wrong. */
export function around(part: object): object {
  return {
    receivers: { ops: ["hook"] },
    channels: { hook: { type: "webhook", url: "https://hook.example.org/" } },
    labPack: false,
    ...part,
  };
}

/** The checked form of one rule; an id is given to it. */
export function ruleOf(rule: object, part: object = {}): Rule {
  const { rules } = alertPlan(around({ ...part, rules: [{ id: "mine", ...rule }] }), CONTEXT);
  return rules.find(({ id }) => id === "mine") as Rule;
}

/** `path: message` of what is wrong with one rule, or with a whole section. */
export function troublesOf(part: object, level: "error" | "warning" = "error", context = CONTEXT): string[] {
  return lintAlerts(around(part), context)
    .filter((trouble) => trouble.level === level)
    .map(({ path, message }) => `${path}: ${message}`);
}

export function ruleTroubles(rule: object, level: "error" | "warning" = "error"): string[] {
  return troublesOf({ rules: [{ id: "mine", ...rule }] }, level);
}

/** Code and message of what an action throws. */
export function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof EventStoreError) return `${error.code} ${error.message}`;
    throw error;
  }
  return "nothing thrown";
}
