/**
 * PlanFile: the whole configuration as people write it → the complete, checked AlertPlan.
 *
 * One reading finds all troubles: `alertPlan` throws the first that keeps alerting from starting, lint.ts lists them.
 */
import { EventStoreError } from "../errors.ts";
import { parseLevel } from "../event/levels.ts";
import { webUrl } from "./address.ts";
import { readChannels } from "./channel-file.ts";
import { readDelivery, readDigest, readLease, readQuietHours, readZone } from "./delivery-file.ts";
import { Field } from "./field.ts";
import { readInhibitions } from "./inhibit-file.ts";
import type { AlertOptions, PlanContext } from "./options.ts";
import type { AlertPlan, Receiver } from "./plan.ts";
import { readReceivers, warnOfUnused } from "./receiver-file.ts";
import { redactPath } from "./redact-file.ts";
import { SEVERITIES, type Severity } from "./rule.ts";
import { type RuleDefaults, readGroupBy, readTiming, receiverNames } from "./rule-file.ts";
import { readRules } from "./rules-file.ts";
import { isRef, resolved } from "./secret-file.ts";
import { entries, named, Section } from "./section.ts";
import { readSmtp } from "./smtp-file.ts";
import { Troubles } from "./troubles.ts";

/** What holds for rules where nothing is written. */
export const RULE_DEFAULTS: RuleDefaults = Object.freeze({
  groupBy: Object.freeze(["source.node_id", "event_type"]),
  groupWaitMs: null,
  groupIntervalMs: 5 * 60_000,
  repeatIntervalMs: 4 * 3_600_000,
  resolveAfterMs: 15 * 60_000,
  sendResolved: true,
  burst: 1,
  receivers: [],
  maxKeys: 10_000,
});
/** Longest an answer waits for its mails in compat mode. */
export const AWAIT_DELIVERY_MS = 5_000;
const MAX_TEMPLATE = 100_000;

/**
 * @throws EventStoreError `EVT_INVALID_OPTION` with the path of the first trouble and the way out, e.g.
 * `rules[2].within: must be a span like 30s, 5m, 2h or 7d`
 * @since 0.1.0
 */
export function alertPlan(options: AlertOptions | unknown, context: PlanContext): AlertPlan {
  const { plan, troubles } = readPlan(options, context);
  const first = troubles.firstError;
  if (!first) return plan;
  throw new EventStoreError(
    "EVT_INVALID_OPTION",
    first.path === "" ? first.message : `${first.path}: ${first.message}`,
  );
}

/** The plan, which is only whole where the troubles hold no error. */
export function readPlan(options: AlertOptions | unknown, context: PlanContext) {
  const troubles = new Troubles();
  const root = new Section(new Field(options ?? {}, "", troubles));
  root.field("enabled").flag(true);
  root.field("testSend").flag(false);
  const timezone = readZone(root.field("timezone"), context.naiveTimezone);
  const told = readTold(root, context);
  const ruled = readRuled(root, told, context);
  const plan: AlertPlan = Object.freeze({
    mode: "native",
    ...ruled,
    receivers: told.receivers,
    channels: told.channels,
    severityFromLevel: readSeverities(root.field("severityFromLevel")),
    delivery: readDelivery(root.section("delivery")),
    digest: readDigest(root.section("digest"), timezone),
    quietHours: readQuietHours(root.section("quietHours"), timezone),
    publicUrl: readPublicUrl(root.field("publicUrl")),
    lease: readLease(root.section("leases", "lease")),
    timezone,
    awaitDeliveryMs: readAwait(root.section("compat")),
    redact: Object.freeze(root.field("redact").each(redactPath, 200)),
    templates: readTemplates(root.section("templates"), context),
  });
  root.close();
  return { plan, troubles };
}

type Told = Pick<AlertPlan, "channels" | "receivers"> & { readonly names: readonly string[] };

/** Who is told, and how. */
function readTold(root: Section, context: PlanContext): Told {
  const [field, server] = [root.field("channels"), root.section("smtp")];
  const smtp = readSmtp(server, context);
  const channels = readChannels(field, { context, smtp, smtpMissing: !server.given });
  const written = new Set([...named(field).map(([name]) => name), ...(context.ownChannels ?? [])]);
  const receivers = readReceivers(root.field("receivers"), written);
  warnOfUnused(field, receivers);
  if (written.size === 0) field.warning("there are none; incidents can be looked at, but nobody is told");
  if (server.given && written.size > 0 && !channels.some(({ type }) => type === "email"))
    root.field("smtp").warning("no channel of type email uses it");
  return { channels, receivers, names: receivers.map(({ name }) => name) };
}

function readRuled(root: Section, told: Told, context: PlanContext) {
  const [evaluate, written] = [root.section("evaluate"), root.section("defaults")];
  const limits = {
    maxRules: evaluate.field("maxRules").whole({ least: 1, most: 1_000 }, 200),
    maxKeys: evaluate.field("maxKeysPerRule").whole({ least: 1, most: 1_000_000 }, RULE_DEFAULTS.maxKeys),
    stormPerMinute: evaluate.field("stormPerMinute").whole({ least: 10, most: 10_000_000 }, 1_000),
  };
  if (evaluate.field("matchBudgetMicros").given) evaluate.field("matchBudgetMicros").warning("has no effect");
  const maxSamples = written.field("maxSamples").whole({ least: 1, most: 20 }, 5);
  const defaults = readDefaults(written, told, limits.maxKeys);
  const rules = readRules(root.field("rules"), {
    context,
    defaults,
    receivers: told.names,
    labPack: root.field("labPack").flag(true),
    maxRules: limits.maxRules,
    quiet: told.names.length === 0,
  });
  evaluate.close();
  written.close();
  const inhibit = readInhibitions(root.field("inhibit"), rules, context);
  return { rules, inhibit, maxSamples, stormPerMinute: limits.stormPerMinute };
}

function readDefaults(written: Section, { receivers, names }: Told, maxKeys: number): RuleDefaults {
  return {
    groupBy: readGroupBy(written.field("groupBy", "forEach"), RULE_DEFAULTS.groupBy),
    ...readTiming(written, RULE_DEFAULTS),
    receivers: readDefaultReceivers(written.field("receivers"), receivers, names),
    maxKeys,
  };
}

/** Those named, else the one called `default`, else the only one. */
function readDefaultReceivers(field: Field, receivers: readonly Receiver[], names: readonly string[]) {
  if (field.given) return receiverNames(field, names);
  const chosen = names.find((name) => name === "default") ?? (receivers.length === 1 ? names[0] : undefined);
  if (chosen === undefined && names.length > 0)
    field.warning(`is missing, so built-in rules tell nobody; name some of ${names.slice(0, 10).join(", ")}`);
  return chosen === undefined ? [] : [chosen];
}

const SEVERITY_FROM: ReadonlyMap<number, Severity> = new Map([
  [30, "warning"],
  [40, "error"],
  [50, "critical"],
]);

/** Complete: a severity for each of the six levels; a level without its own has that of the next below, else info. */
function readSeverities(field: Field): ReadonlyMap<number, Severity> {
  const written = new Map<number, Severity>();
  for (const [key, value] of entries(field)) {
    const level = parseLevel(key);
    const severity = value.choice(SEVERITIES, undefined);
    if (level === undefined) value.error("is no log level; use 0, 10, 20, 30, 40 or 50");
    else if (severity !== undefined) written.set(level, severity);
  }
  return severityOfLevels(field.given ? written : SEVERITY_FROM);
}

function severityOfLevels(from: ReadonlyMap<number, Severity>): ReadonlyMap<number, Severity> {
  let last: Severity = "info";
  return new Map(
    [0, 10, 20, 30, 40, 50].map((level) => {
      last = from.get(level) ?? last;
      return [level, last];
    }),
  );
}

function readPublicUrl(field: Field): string | null {
  const text = field.text(1_000);
  const url = text === undefined ? undefined : webUrl(field, text);
  if (url && (url.search !== "" || url.hash !== "")) field.error("must not hold ? or #");
  return url ? url.href.replace(/\/+$/, "") : null;
}

function readAwait(compat: Section): number | null {
  const waits = compat.field("awaitDelivery").flag(false);
  compat.close();
  return waits ? AWAIT_DELIVERY_MS : null;
}

function readTemplates(templates: Section, context: PlanContext): AlertPlan["templates"] {
  const read: Record<string, string> = {};
  const reader = { ...context, secret: context.template ?? context.secret };
  for (const name of ["subject", "text", "html"] as const) {
    const field = templates.field(name);
    const { value } = field;
    const text = isRef(value) && value.startsWith("file:") ? resolved(field, value, reader) : value;
    if (typeof text === "string" && text.length <= MAX_TEMPLATE) read[name] = text;
    else if (field.given && text !== null) field.error(`must be a text of at most ${MAX_TEMPLATE} characters`);
  }
  templates.close();
  return Object.freeze(read);
}
