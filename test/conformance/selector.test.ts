/**
 * Selectors on every engine against the oracle: `find(s)` returns the events that `matches` accepts, in order, whole or
 * in pages, and `count(s)` is their number. `FUZZ=1` compares 100 000 pairs of selector and event per engine.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Backend, CountQuery, FindQuery, Position } from "../../src/backend/backend.ts";
import type { EventInput, StoredEvent } from "../../src/event/event.ts";
import { formatInstant, type Instant, instantOf, toMs } from "../../src/event/instant.ts";
import { stringifyJson } from "../../src/event/json.ts";
import { type PreparedEvent, parseContext, prepareEvent } from "../../src/event/parse.ts";
import { compareText } from "../../src/event/selector/compare.ts";
import { compileMatcher } from "../../src/event/selector/matches.ts";
import { parseSelector } from "../../src/event/selector/parse.ts";
import type { Selector } from "../../src/event/selector/selector.ts";
import { zoneReader } from "../../src/event/zone.ts";
import { BACKENDS, type TestBackend } from "../helpers/backends.ts";
import { arbitraryEventInputs, arbitrarySelector, ZONE } from "../helpers/selectors.ts";

const PAIRS = process.env.FUZZ ? 100_000 : 1500;
/** About the events times the selectors of one sample. */
const PAIRS_PER_SAMPLE = 120;
/** In one of them otherwise, by turns. */
const PAGED_IN_BOTH_ORDERS = Boolean(process.env.FUZZ);
const TIMEOUT_MS = process.env.FUZZ ? 3_600_000 : 60_000;
const EVENTS = { minLength: 8, maxLength: 20 } as const;
const SELECTORS = { minLength: 5, maxLength: 20 } as const;
const RECEIVED = instantOf(new Date("2025-06-01T00:00:00.250Z")) + 123n;
const ARCHIVED = instantOf(new Date("2025-07-01T00:00:00.500Z"));

const zone = zoneReader(ZONE);
const context = parseContext({ naiveTimezone: ZONE });

/** What an engine keeps otherwise than it was given: each by name, all others are errors. */
const KEPT = {
  "mongo: received_at is a date, in whole milliseconds": (engine: string, received: Instant) =>
    engine === "mongo" ? BigInt(toMs(received)) * 1000n : received,
} as const;

/** What the fuzz has found before, to be looked at first. */
const FOUND: readonly (readonly [Selector, EventInput])[] = [
  [{ "event_data.a.0": { $lt: 1 } }, { event_data: { a: [{ "0": 0 }] } }],
  [{ "event_data.b.c": null }, { event_data: { b: [{}, { c: 1 }] } }],
  [{ "event_data.a": { $elemMatch: { $ne: 1 } } }, { event_data: { a: [2] } }],
  [{ "event_data.a": { $gte: 0 } }, { event_data: [{ a: 0 }] }],
  [{ "event_data.a": { $gt: 5 } }, { event_data: { b: { a: 1 }, a: 7 } }],
  [{ "event_data.a": { $gt: 5 } }, { event_data: { a: [1, 9] } }],
  [{ "event_data.a": { $lt: -5 } }, { event_data: { a: [1, -9] } }],
  [{ "event_data.it's": { $lt: 0 } }, { event_data: { "it's": -1e-9 } }],
  [{ "event_data.a": 0 }, { event_data: { a: [[1], -0] } }],
];

interface Sample {
  readonly inputs: readonly EventInput[];
  /** Every third of this number is archived; 0 for none. */
  readonly archiveEvery: number;
  readonly selectors: readonly Selector[];
  readonly pageSize: number;
}

const sample: fc.Arbitrary<Sample> = fc.record({
  inputs: arbitraryEventInputs(EVENTS.maxLength).filter(({ length }) => length >= EVENTS.minLength),
  archiveEvery: fc.constantFrom(0, 3),
  selectors: fc.array(arbitrarySelector(), { ...SELECTORS, size: "max" }),
  pageSize: fc.integer({ min: 1, max: 7 }),
});

/** An event as it must come back, and its place in the order. */
interface Expected {
  readonly event: StoredEvent;
  readonly instant: Instant;
}

function expectedOf(engine: string, prepared: PreparedEvent, archived: boolean): Expected {
  const keep = KEPT["mongo: received_at is a date, in whole milliseconds"];
  const event: StoredEvent = {
    ...prepared.event,
    archived,
    archived_at: archived ? formatInstant(ARCHIVED) : null,
    received_at: formatInstant(keep(engine, RECEIVED)),
    skew_ms: toMs(RECEIVED) - toMs(prepared.instant),
  };
  return { event, instant: prepared.instant };
}

function byTimeThenId(a: Expected, b: Expected): number {
  if (a.instant !== b.instant) return a.instant < b.instant ? -1 : 1;
  return compareText(a.event._id, b.event._id);
}

/** A backend that holds a sample, and what it must answer. */
async function filled(engine: TestBackend, { inputs, archiveEvery }: Sample) {
  const backend = await engine.open({ zone });
  const prepared = inputs.map((input) => prepareEvent(input, context));
  await backend.append(prepared, RECEIVED);
  const isArchived = (i: number) => archiveEvery > 0 && i % archiveEvery === 0;
  const ids = prepared.filter((_, i) => isArchived(i)).map(({ event }) => event._id);
  await backend.archive({ ids }, ARCHIVED, 1000);
  const all = prepared.map((one, i) => expectedOf(backend.kind, one, isArchived(i))).sort(byTimeThenId);
  return { backend, all };
}

async function whole(backend: Backend, query: FindQuery): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const page of backend.find(query)) events.push(...page.events);
  return events;
}

/** The same search, `limit` events at a time, each continued from where the last one ended. */
async function paged(backend: Backend, query: FindQuery, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let after: Position | undefined;
  for (let calls = 0; calls <= EVENTS.maxLength + 1; calls++) {
    let position: Position | undefined;
    for await (const page of backend.find({ ...query, limit, after })) {
      ids.push(...page.events.map(({ _id }) => _id));
      position = page.position;
    }
    if (position === undefined) return ids;
    after = position;
  }
  throw new Error(`paging does not end: ${ids.join(" ")}`);
}

interface Judgement {
  readonly backend: Backend;
  readonly all: readonly Expected[];
  readonly pageSize: number;
  readonly pagedIn: "oldest" | "newest";
}

/** Holds one selector to the oracle; the number of events accepted. */
async function judge(selector: Selector, { backend, all, pageSize, pagedIn }: Judgement): Promise<number> {
  const parsed = parseSelector(selector, { naiveTimezone: ZONE });
  const matches = compileMatcher(parsed, zone);
  const ids = all.filter(({ event }) => matches(event)).map(({ event }) => event._id);
  const query: CountQuery = { selector: parsed };
  for (const order of ["oldest", "newest"] as const) {
    const search: FindQuery = { ...query, by: "event_timestamp", order };
    const expected = order === "oldest" ? ids : ids.toReversed();
    const found = (await whole(backend, search)).map(({ _id }) => _id);
    expect({ selector, order, found }).toEqual({ selector, order, found: expected });
    if (order !== pagedIn && !PAGED_IN_BOTH_ORDERS) continue;
    const pages = await paged(backend, search, pageSize);
    expect({ selector, order, pageSize, pages }).toEqual({ selector, order, pageSize, pages: expected });
  }
  expect({ selector, count: await backend.count(query) }).toEqual({ selector, count: ids.length });
  return ids.length;
}

describe.each(BACKENDS)("selectors on $name", (engine) => {
  if (engine.skip) return it.skip(`run where there is a server (${engine.skip})`, () => {});

  it(
    "find what the oracle accepts, in both orders, whole, in pages and counted",
    async () => {
      const tally = { pairs: 0, accepted: 0 };
      const property = fc.asyncProperty(sample, async (given) => {
        const { backend, all } = await filled(engine, given);
        try {
          const everything = await whole(backend, {
            selector: parseSelector({}),
            by: "event_timestamp",
            order: "oldest",
          });
          expect(everything.map((event) => stringifyJson(event))).toEqual(all.map(({ event }) => stringifyJson(event)));
          for (const [at, selector] of given.selectors.entries()) {
            const pagedIn = at % 2 === 0 ? "oldest" : "newest";
            tally.accepted += await judge(selector, { backend, all, pageSize: given.pageSize, pagedIn });
            tally.pairs += all.length;
          }
        } finally {
          await backend.close();
        }
      });
      const [selectors, inputs] = [FOUND.map(([selector]) => selector), FOUND.map(([, input]) => input)];
      const examples: [Sample][] = [[{ inputs, archiveEvery: 0, selectors, pageSize: 1 }]];
      await fc.assert(property, { numRuns: examples.length + Math.ceil(PAIRS / PAIRS_PER_SAMPLE), examples });
      expect(tally.pairs).toBeGreaterThan(PAIRS / 2);
      expect(tally.accepted).toBeGreaterThan(tally.pairs / 20);
    },
    TIMEOUT_MS,
  );
});
