/**
 * Differential test: our matcher against mingo, an independent implementation of MongoDB's selectors.
 *
 * mingo is not exact. Where it is known to differ from MongoDB the case is left out, by the names in DEVIATIONS; those
 * rules are tested by hand in matches.test.ts. Mingo sees instants as texts of fixed width under `__time`.
 */
import fc from "fast-check";
import { Query } from "mingo";
import { expect, it } from "vitest";
import type { StoredEvent } from "../../../src/event/event.ts";
import { type Instant, instantOf } from "../../../src/event/instant.ts";
import { createEvent } from "../../../src/event/parse.ts";
import { compileMatcher } from "../../../src/event/selector/matches.ts";
import { parseSelector } from "../../../src/event/selector/parse.ts";
import { type Selector, TIME_FIELDS } from "../../../src/event/selector/selector.ts";
import { parseTimestamp } from "../../../src/event/timestamp.ts";
import { zoneReader } from "../../../src/event/zone.ts";
import { arbitraryEventInput, arbitrarySelector, ZONE } from "../../helpers/selectors.ts";
import { deviationsIn } from "./mingo-deviations.ts";

const RUNS = process.env.FUZZ ? 150_000 : 1500;
const TIMEOUT_MS = process.env.FUZZ ? 3_600_000 : 120_000;
const zone = zoneReader(ZONE);
const ARRIVALS = [null, "2025-01-01T10:00:00Z", "2025-11-02T06:30:00.000001Z"] as const;

function stored(input: unknown, archived: string | null, received: string | null): StoredEvent {
  const event = createEvent(input as object, { naiveTimezone: ZONE });
  return { ...event, archived: archived !== null, archived_at: archived, received_at: received, skew_ms: null };
}

const event = fc
  .tuple(arbitraryEventInput(), fc.constantFrom(...ARRIVALS), fc.constantFrom(...ARRIVALS))
  .map(([input, archived, received]) => stored(withoutBig(input), archived, received));
const selector = arbitrarySelector().map((generated) => withoutBig(generated) as Selector);

/** Mingo takes no bigint. */
function withoutBig(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(withoutBig);
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof RegExp) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutBig(inner)]));
}

function fixedWidth(instant: Instant): string {
  return `T${String(instant + 10n ** 18n).padStart(20, "0")}`;
}

function instantText(value: unknown): unknown {
  const plain = value instanceof Date ? value.getTime() : ((value as { $date?: unknown } | null)?.$date ?? value);
  if (typeof plain === "number" && plain !== value) return fixedWidth(instantOf(plain));
  if (typeof plain !== "string") return plain;
  const time = parseTimestamp(plain, zone);
  return typeof time === "string" ? plain : fixedWidth(time.instant);
}

function dateOrNull(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}

/** The event as mingo sees it. */
function forMingo(given: StoredEvent): Record<string, unknown> {
  const times = [...TIME_FIELDS].map((name) => [name, instantText(given[name as "archived_at"])]);
  const dates = { archived_at: dateOrNull(given.archived_at), received_at: dateOrNull(given.received_at) };
  return { ...given, ...dates, __time: Object.fromEntries(times) };
}

const TEXTUAL = new Set(["$regex", "$type", "$exists", "$options"]);

/** The selector as mingo sees it: comparisons of time fields go to `__time`. */
function selectorForMingo(selector: Selector): Selector {
  const entries = Object.entries(selector).map(([key, value]) => {
    if (Array.isArray(value) && key.startsWith("$")) return [key, value.map(selectorForMingo)];
    if (!TIME_FIELDS.has(key) || TEXTUAL.has(Object.keys(value ?? {})[0] ?? "")) {
      return [key, withoutExtendedJson(value, key === "_id")];
    }
    return [`__time.${key}`, timeForMingo(value)];
  });
  return Object.fromEntries(entries);
}

/** Dates as `Date`; object ids as the text of `_id` where they may equal it, else as a date no event holds. */
function withoutExtendedJson(value: unknown, asText: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutExtendedJson(item, asText));
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof RegExp) return value;
  if ("$date" in value) return new Date(value.$date as string);
  if ("$oid" in value) return asText ? value.$oid : new Date(7);
  const inner = Object.entries(value).map(([key, item]) => {
    if (key === "$mod") return [key, (item as number[]).map(Math.trunc)];
    return [key, withoutExtendedJson(item, asText && !/^\$[gl]te?$/.test(key))];
  });
  return Object.fromEntries(inner);
}

function timeForMingo(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeForMingo);
  const isOperators = typeof value === "object" && value !== null && !(value instanceof Date) && !("$date" in value);
  if (!isOperators) return instantText(value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, timeForMingo(inner)]));
}

it(
  "decides as mingo does wherever mingo follows MongoDB",
  () => {
    const tally = { compared: 0, accepted: 0, left: new Map<string, number>() };
    fc.assert(
      fc.property(selector, fc.array(event, { minLength: 3, maxLength: 6 }), (given, events) => {
        const parsed = parseSelector(given, { naiveTimezone: ZONE });
        const matcher = compileMatcher(parsed, zone);
        const query = new Query(selectorForMingo(given) as Record<string, never>);
        for (const one of events) {
          const ours = matcher(one);
          const [deviation] = deviationsIn(parsed.root, one);
          if (deviation !== undefined) {
            tally.left.set(deviation, (tally.left.get(deviation) ?? 0) + 1);
            continue;
          }
          tally.compared++;
          if (ours) tally.accepted++;
          if (query.test(forMingo(one)) !== ours) throw new Error(`we say ${ours} of ${show(one)}`);
        }
      }),
      { numRuns: RUNS },
    );
    if (process.env.TALLY) console.log(tally);
    expect(tally.compared).toBeGreaterThan(RUNS);
    expect(tally.accepted).toBeGreaterThan(tally.compared / 10);
  },
  TIMEOUT_MS,
);

function show(value: unknown): string {
  return fc.stringify(value);
}
