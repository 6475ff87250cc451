/** When: the kinds of rules as people write them, one reader for each. */
import { parseSelector } from "../event/selector/parse.ts";
import { eventCondition, eventPath, madeCondition } from "./condition-file.ts";
import { neverHolds } from "./contradiction.ts";
import type { Field } from "./field.ts";
import { ofTypes } from "./of-types.ts";
import type { PlanContext } from "./options.ts";
import type { Condition, During, Patience, When } from "./rule.ts";
import { entries, Section } from "./section.ts";
import { spanText } from "./spans.ts";

export type Kind = When["kind"];
export const KINDS = ["match", "threshold", "ratio", "absence", "sequence", "novelty", "ledger"] as const;

const DAY_MS = 86_400_000;
/** What a rule looks back on. */
const WITHIN = { least: 1_000, most: 31 * DAY_MS };
const FORGET = { least: 60_000, most: 366 * DAY_MS };
const PART = { least: 0, most: 1 };

interface Reading {
  readonly rule: Section;
  readonly context: PlanContext;
}
type Reader = (reading: Reading) => When | undefined;

const READERS: Readonly<Record<Kind, Reader>> = {
  match: (reading) => whenAll({ kind: "match", select: select(reading) }),
  threshold: (reading) =>
    whenAll({
      kind: "threshold",
      select: select(reading),
      count: needed(reading.rule.field("count", "threshold"), "how many events, like 5")?.whole(
        { least: 1, most: 1_000_000 },
        undefined,
      ),
      withinMs: within(reading),
    }),
  ratio: readRatio,
  absence: readAbsence,
  sequence: readSequence,
  novelty: readNovelty,
  ledger: ({ rule }) =>
    whenAll({
      kind: "ledger",
      counter: needed(rule.field("counter"), "the name of a counter")?.text(64),
      over: rule.field("over").number({ least: 0, most: Number.MAX_SAFE_INTEGER }, 0),
    }),
};

/** Keys of one kind only, and whose they are. */
export const KEYS_OF_KINDS: ReadonlyMap<string, readonly Kind[]> = new Map<string, readonly Kind[]>([
  ["select", ["match", "threshold", "ratio", "absence", "sequence", "novelty"]],
  ["after", ["sequence"]],
  ["count", ["threshold"]],
  ["threshold", ["threshold"]],
  ["within", ["threshold", "ratio", "absence", "sequence"]],
  ["bad", ["ratio"]],
  ["over", ["ratio", "ledger"]],
  ["minSamples", ["ratio"]],
  ["while", ["absence"]],
  ["forget", ["absence", "novelty"]],
  ["days", ["novelty"]],
  ["expect", ["sequence"]],
  ["join", ["sequence"]],
  ["of", ["novelty"]],
  ["fingerprint", ["novelty"]],
  ["counter", ["ledger"]],
]);

/** What the kind's own keys say; undefined, with troubles, when something is wrong. */
export function readWhen(kind: Kind, rule: Section, context: PlanContext): When | undefined {
  return READERS[kind]({ rule, context });
}

type Parts<W> = W extends unknown ? { readonly [K in keyof W]: W[K] | undefined } : never;

/** The whole, if no part of it is missing. */
function whenAll(parts: Parts<When>): When | undefined {
  return Object.values(parts).includes(undefined) ? undefined : (Object.freeze(parts) as When);
}

function needed(field: Field, what: string): Field | undefined {
  return field.given ? field : field.error(`is missing; it says ${what}`);
}

function condition(field: Field, context: PlanContext, what: string): Condition | undefined {
  const found = needed(field, what);
  return found && eventCondition(found, context);
}

function select({ rule, context }: Reading): Condition | undefined {
  return condition(rule.field("select"), context, "which events, like {event_type: node_error}");
}

function within({ rule }: Reading): number | undefined {
  return needed(rule.field("within"), "in how long, like 10m")?.span(WITHIN, undefined);
}

function readRatio(reading: Reading): When | undefined {
  const { rule, context } = reading;
  const [all, bad] = [select(reading), condition(rule.field("bad"), context, "which of the events are bad")];
  if (all && bad && apart(all, bad, context))
    rule.field("bad").error("can never match what select accepts; select must accept the bad events and the good ones");
  return whenAll({
    kind: "ratio",
    select: all,
    bad,
    over: part(rule.field("over")),
    minSamples: rule.field("minSamples").whole({ least: 1, most: 1_000_000 }, 10),
    withinMs: within(reading),
  });
}

function apart(one: Condition, other: Condition, context: PlanContext): boolean {
  const both = parseSelector(
    { $and: [one.selector, other.selector] },
    { naiveTimezone: context.naiveTimezone, limits: { maxNodes: 500, maxRegexes: 50, maxDepth: 20 } },
  );
  return neverHolds(both.root, context.zone);
}

/** `0.2` or `20%`; all of them can never be exceeded. */
function part(field: Field): number | undefined {
  if (!needed(field, "the part above which it fires, like 20%")) return undefined;
  const percent = typeof field.value === "string" ? /^(\d+(?:\.\d+)?)\s*%$/.exec(field.value.trim()) : null;
  const value = percent ? Number(percent[1]) / 100 : field.value;
  if (typeof value === "number" && value >= PART.least && value < PART.most) return value;
  return field.error("must be a part like 0.2 or 20%, from 0 to below 1");
}

function readAbsence(reading: Reading): When | undefined {
  const { rule, context } = reading;
  const withinMs = within(reading);
  const forgetMs = rule.field("forget").span(FORGET, Math.max(7 * DAY_MS, 2 * (withinMs ?? 0)));
  if (withinMs !== undefined && forgetMs <= withinMs)
    rule.field("forget").error(`must be longer than within (${spanText(withinMs)}), else it can never fire`);
  const whileField = rule.field("while");
  const during = whileField.given ? readDuring(whileField, context) : null;
  return whenAll({ kind: "absence", select: select(reading), withinMs, during, forgetMs });
}

/**
 * What the store's events tell to be under way: the first type of a row begins it, the others end it. The path says whose:
 * a group belongs to whom its newest event names there, also when it is not grouped by that.
 */
const UNDER_WAY: Readonly<Record<string, readonly [path: string, from: string, ...until: string[]]>> = {
  workcell: ["source.workcell_id", "workcell_start", "workcell_stop"],
  lab: ["source.lab_id", "lab_start", "lab_stop"],
  node: ["source.node_id", "node_start", "node_stop"],
  manager: ["source.manager_id", "manager_start", "manager_stop"],
  experiment: [
    "source.experiment_id",
    "experiment_start",
    "experiment_complete",
    "experiment_failed",
    "experiment_cancelled",
  ],
  workflow: ["source.workflow_id", "workflow_start", "workflow_complete", "workflow_abort"],
};
const SHORTHANDS = Object.keys(UNDER_WAY).map((name) => `ledger.${name}_active`);

function readDuring(field: Field, context: PlanContext): During | undefined {
  const short = entries(field).find(([key]) => key.startsWith("ledger."));
  if (short) return shortDuring(short, field, context);
  const section = new Section(field);
  const during = whenDuring(section, context);
  section.close();
  return during;
}

function whenDuring(section: Section, context: PlanContext): During | undefined {
  const from = condition(section.field("from", "after"), context, "which event begins it");
  const until = condition(section.field("until"), context, "which event ends it");
  const equal = section.field("equal").each(eventPath, 8);
  return from && until && Object.freeze({ from, until, equal });
}

function shortDuring([key, value]: readonly [string, Field], field: Field, context: PlanContext): During | undefined {
  const [path, from, ...until] = UNDER_WAY[/^ledger\.(\w+)_active$/.exec(key)?.[1] ?? ""] ?? [];
  if (path === undefined || from === undefined) return value.error(`is not known; there are ${SHORTHANDS.join(", ")}`);
  if (value.value !== true) return value.error("can only be true");
  if (entries(field).length > 1) return field.error(`takes one of ${SHORTHANDS.join(", ")}, or from and until`);
  return Object.freeze({
    from: madeCondition(ofTypes(from), context),
    until: madeCondition(ofTypes(...until), context),
    equal: [path],
  });
}

function readSequence(reading: Reading): When | undefined {
  const { rule, context } = reading;
  const after = rule.field("after", "select");
  const join = needed(rule.field("join"), "the path that ties both events together, like event_data.action_id");
  return whenAll({
    kind: "sequence",
    select: condition(after, context, "which event begins it, like {event_type: action_start}"),
    expect: condition(rule.field("expect"), context, "which event must follow"),
    join: join && eventPath(join),
    within: readPatience(rule.field("within")),
  });
}

function readPatience(field: Field): Patience | undefined {
  if (typeof field.value !== "object" || !field.given) {
    const ms = needed(field, "in how long, like 10m")?.span(WITHIN, undefined);
    return ms === undefined ? undefined : { ms };
  }
  const section = new Section(field);
  const times = needed(section.field("times"), "how many times the usual, like 3")?.number(
    { least: 1, most: 100 },
    undefined,
  );
  const of = needed(section.field("of"), "the path of what takes equally long, like event_data.action_name");
  const path = of && eventPath(of);
  const leastMs = section.field("atLeast").span(WITHIN, 60_000);
  const mostMs = section.field("atMost").span(WITHIN, Math.max(3_600_000, leastMs));
  if (leastMs > mostMs) section.field("atMost").error(`must not be less than atLeast (${spanText(leastMs)})`);
  section.close();
  return times === undefined || path === undefined ? undefined : Object.freeze({ times, of: path, leastMs, mostMs });
}

function readNovelty(reading: Reading): When | undefined {
  const { rule } = reading;
  const of = rule.field("of", "fingerprint");
  const days = rule.field("days");
  const forget = rule.field("forget");
  if (days.given && forget.given) days.error("means the same as forget; keep one");
  const forgetMs = forget.span(FORGET, days.number({ least: 1, most: 366 }, 30) * DAY_MS);
  const paths = of.given ? of.each(eventPath, 8) : ["event_type", "event_data.message"];
  return whenAll({ kind: "novelty", select: select(reading), of: paths, forgetMs });
}
