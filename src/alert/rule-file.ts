/** RuleFile: one rule as people write it → the complete, checked Rule. The kinds are in when-file.ts. */
import { differInType, eventCondition, eventPath } from "./condition-file.ts";
import type { Field } from "./field.ts";
import { didYouMean } from "./nearest-word.ts";
import type { PlanContext } from "./options.ts";
import { type Condition, type Rule, SEVERITIES, type Severity, type When } from "./rule.ts";
import type { Section } from "./section.ts";
import { spanText } from "./spans.ts";
import { KEYS_OF_KINDS, KINDS, type Kind, readWhen } from "./when-file.ts";

/** What holds for a rule that does not say otherwise. */
export type RuleDefaults = Pick<
  Rule,
  | "groupBy"
  | "groupWaitMs"
  | "groupIntervalMs"
  | "repeatIntervalMs"
  | "resolveAfterMs"
  | "sendResolved"
  | "burst"
  | "receivers"
  | "maxKeys"
>;

export interface RuleSetup {
  readonly context: PlanContext;
  readonly defaults: RuleDefaults;
  /** Names of the receivers there are. */
  readonly receivers: readonly string[];
  /** Rules of our own do not each say that nobody is told. */
  readonly builtIn: boolean;
}

const DAY_MS = 86_400_000;
const WAIT = { least: 0, most: DAY_MS };
const INTERVAL = { least: 1_000, most: 31 * DAY_MS };
const AT_LEAST: ReadonlyMap<string, Severity> = new Map([
  ["at-least-warning", "warning"],
  ["at-least-error", "error"],
]);
const ID = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/;

export function ruleId(field: Field): string | undefined {
  if (!field.given) return field.error("is missing; give the rule a name of letters, digits and dashes");
  const id = field.text();
  if (id !== undefined && !ID.test(id)) return field.error("must be letters, digits and dashes, at most 64");
  return id;
}

/** @returns undefined, with troubles, for a rule that is wrong */
export function readRule(rule: Section, setup: RuleSetup): Rule | undefined {
  const { context, defaults } = setup;
  const id = ruleId(rule.field("id"));
  const kind = rule.field("kind").choice(KINDS, "match");
  const groupBy = readGroupBy(rule.field("groupBy", "forEach"), groupFor(kind, rule, defaults.groupBy));
  const when = readWhen(kind, rule, context);
  const resolveWhen = readResolve(rule.field("resolveWhen"), context, { groupBy, when });
  const read = {
    description: rule.field("description").prose() ?? null,
    enabled: rule.field("enabled").flag(true),
    groupBy,
    ...readSeverity(rule.field("severity"), kind),
    forMs: rule.field("for").span({ least: 0, most: 31 * DAY_MS }, 0),
    ...readTiming(rule, defaults),
    resolveWhen,
    receivers: readReceivers(rule, setup),
    oneOff: rule.field("oneOff").flag(false),
    maxKeys: rule.field("maxKeys").whole({ least: 1, most: 1_000_000 }, defaults.maxKeys),
  };
  rule.close((key) => elsewhere(key, kind));
  return id === undefined || when === undefined ? undefined : Object.freeze({ id, when, ...read });
}

function readResolve(
  field: Field,
  context: PlanContext,
  { groupBy, when }: { readonly groupBy: readonly string[]; readonly when: When | undefined },
): Condition | null {
  const resolve = field.given ? eventCondition(field, context) : undefined;
  const select = when && "select" in when ? when.select : undefined;
  if (resolve && select && groupBy.includes("event_type") && differInType(resolve.selector, select.selector))
    field.warning(
      "never resolves anything: the rule groups by event_type, and this is another type; leave it out of groupBy",
    );
  return resolve ?? null;
}

/** Settings of time, of a rule or of the defaults. */
export function readTiming(section: Section, defaults: Omit<RuleDefaults, "groupBy" | "receivers" | "maxKeys">) {
  const timing = {
    groupWaitMs: section.field("groupWait").span(WAIT, defaults.groupWaitMs),
    groupIntervalMs: section.field("groupInterval").span(INTERVAL, defaults.groupIntervalMs),
    repeatIntervalMs: section.field("repeatInterval").span(INTERVAL, defaults.repeatIntervalMs),
    resolveAfterMs: spanOrNever(section.field("resolveAfter"), defaults.resolveAfterMs),
    sendResolved: section.field("sendResolved").flag(defaults.sendResolved),
    burst: section.field("burst").whole({ least: 1, most: 100 }, defaults.burst),
  };
  warnOfOrder(section, timing);
  return timing;
}

function spanOrNever(field: Field, fallback: number | null): number | null {
  return field.value === "never" ? null : field.span(INTERVAL, fallback);
}

type Order = Pick<RuleDefaults, "groupWaitMs" | "groupIntervalMs" | "repeatIntervalMs">;

/** Only where the rule itself says one of the two; else the defaults have been told already. */
function warnOfOrder(section: Section, { groupWaitMs, groupIntervalMs, repeatIntervalMs }: Order): void {
  const [wait, interval, repeat] = ["groupWait", "groupInterval", "repeatInterval"].map((key) => section.field(key));
  if (groupWaitMs !== null && groupWaitMs > groupIntervalMs && (wait?.given || interval?.given))
    (wait?.given ? wait : interval)?.warning(
      `the first notice waits longer (groupWait ${spanText(groupWaitMs)}) than later ones (groupInterval ${spanText(groupIntervalMs)})`,
    );
  if (groupIntervalMs > repeatIntervalMs && (interval?.given || repeat?.given))
    (repeat?.given ? repeat : interval)?.warning(
      `groupInterval (${spanText(groupIntervalMs)}) is longer than repeatInterval (${spanText(repeatIntervalMs)})`,
    );
}

/** `rule` may be named for readers' sake: groups of different rules are always apart. */
export function readGroupBy(field: Field, fallback: readonly string[]): readonly string[] {
  if (!field.given) return fallback;
  const paths = field.each((entry) => (entry.value === "rule" ? "rule" : eventPath(entry)), 8);
  return Object.freeze([...new Set(paths.filter((path) => path !== "rule"))]);
}

/** Types must not part what a rule has to see together. */
function groupFor(kind: Kind, rule: Section, groupBy: readonly string[]): readonly string[] {
  if (kind === "ledger") return [];
  const together = kind === "ratio" || kind === "absence" || kind === "sequence" || rule.field("resolveWhen").given;
  return together ? groupBy.filter((path) => path !== "event_type") : groupBy;
}

/** Absence, sequence and ledger have no event that tells how bad it is. */
function readSeverity(field: Field, kind: Kind): Pick<Rule, "severity" | "severityAtLeast"> {
  const own = kind === "absence" || kind === "ledger" || kind === "sequence";
  const word = field.choice([...SEVERITIES, "from-level", "level", ...AT_LEAST.keys()], own ? "error" : "from-level");
  const fixed = SEVERITIES.find((severity) => severity === word);
  if (fixed !== undefined) return { severity: fixed };
  if (own) {
    field.error(`${kind} has no event whose level tells; use one of ${SEVERITIES.join(", ")}`);
    return { severity: "error" };
  }
  const severityAtLeast = AT_LEAST.get(word);
  return { severity: "level", ...(severityAtLeast !== undefined && { severityAtLeast }) };
}

function readReceivers(rule: Section, { defaults, receivers, builtIn }: RuleSetup): readonly string[] {
  const field = rule.field("receivers");
  const named = field.given ? receiverNames(field, receivers) : defaults.receivers;
  if (named.length === 0 && !field.given && !builtIn && rule.field("enabled").value !== false)
    field.warning("nobody is told; name receivers here or in defaults.receivers, or write [] where that is meant");
  return named;
}

/** Names of receivers there are. */
export function receiverNames(field: Field, receivers: readonly string[]): readonly string[] {
  const names = field.each((entry) => {
    const name = entry.text();
    if (name === undefined || receivers.includes(name)) return name;
    return entry.error(`there is no receiver ${name}${didYouMean(name, receivers)}`);
  }, 20);
  return Object.freeze([...new Set(names)]);
}

function elsewhere(key: string, kind: Kind): string | undefined {
  const kinds = KEYS_OF_KINDS.get(key);
  return kinds && `rules of kind ${kind} do not take it; those of kind ${kinds.join(", ")} do`;
}
