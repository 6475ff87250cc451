/** SQL against the matcher: what is compiled never misses an event the matcher accepts, and is exact where it says so. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileSelector } from "../../../src/backend/sqlite/compile.ts";
import { Connection } from "../../../src/backend/sqlite/connection.ts";
import { openSqlite } from "../../../src/backend/sqlite/index.ts";
import { ensureSchema } from "../../../src/backend/sqlite/schema.ts";
import type { EventInput, StoredEvent } from "../../../src/event/event.ts";
import { formatInstant } from "../../../src/event/instant.ts";
import { compileMatcher } from "../../../src/event/selector/matches.ts";
import { parseSelector } from "../../../src/event/selector/parse.ts";
import { zoneReader } from "../../../src/event/zone.ts";
import { arbitraryEventInputs, arbitrarySelector } from "../../helpers/selectors.ts";
import { OPTIONS, prepared, query, RECEIVED } from "./setup.ts";

const RUNS = Number(process.env.FUZZ_RUNS ?? (process.env.FUZZ ? 150 : 75));
const UTC = zoneReader("UTC");

async function tableOf(inputs: readonly EventInput[]) {
  const connection = await Connection.open(":memory:");
  ensureSchema(connection, []);
  const events: StoredEvent[] = [];
  for (const [i, input] of inputs.entries()) {
    const one = prepared(input);
    const archived = i % 3 === 0 ? RECEIVED + BigInt(i) : null;
    connection.run("insert into events (ts, received, archived, head, data) values (?, ?, ?, ?, ?)", [
      one.instant,
      RECEIVED,
      archived,
      one.head,
      one.data,
    ]);
    events.push({
      ...one.event,
      archived: archived !== null,
      archived_at: archived === null ? null : formatInstant(archived),
      received_at: formatInstant(RECEIVED),
      skew_ms: 0,
    });
  }
  return { connection, events };
}

const batches = arbitraryEventInputs(40);

test("the SQL of a selector accepts every event the matcher accepts, and no other where it is exact", async () => {
  let exact = 0;
  const batch = fc.record({
    inputs: batches,
    selectors: fc.array(arbitrarySelector(), { minLength: 20, maxLength: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(batch, async ({ inputs, selectors }) => {
      const { connection, events } = await tableOf(inputs);
      try {
        for (const selector of selectors) {
          const parsed = parseSelector(selector, { naiveTimezone: "UTC" });
          const compiled = compileSelector(parsed.root);
          const rows = connection.all<{ id: string }>(`select id from events where ${compiled.sql}`, compiled.values);
          const inSql = new Set(rows.map((row) => row.id));
          const matching = events.filter(compileMatcher(parsed, UTC)).map((event) => event._id);
          const missed = matching.filter((id) => !inSql.has(id));
          expect({ selector, missed }).toEqual({ selector, missed: [] });
          if (!compiled.exact) continue;
          exact++;
          expect({ selector, ids: [...inSql].sort() }).toEqual({ selector, ids: matching.sort() });
        }
      } finally {
        connection.close();
      }
    }),
    { numRuns: RUNS },
  );
  expect(exact).toBeGreaterThan(RUNS);
}, 120_000);

test("find and count return what the matcher accepts, in order, for any selector", async () => {
  const batch = fc.record({
    inputs: batches,
    selectors: fc.array(arbitrarySelector(), { minLength: 5, maxLength: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(batch, async ({ inputs, selectors }) => {
      const backend = await openSqlite(":memory:", OPTIONS);
      const events = inputs.map((input) => prepared(input));
      await backend.append(events, RECEIVED);
      const all: StoredEvent[] = [];
      for await (const page of backend.find(query({ order: "oldest" }))) all.push(...page.events);
      expect(all.length).toBe(events.length);
      for (const selector of selectors) {
        const wanted = query({ selector, order: "oldest" });
        const ids: string[] = [];
        for await (const page of backend.find(wanted)) ids.push(...page.events.map((event) => event._id));
        const expected = all.filter(compileMatcher(wanted.selector, UTC)).map((event) => event._id);
        expect({ selector, ids }).toEqual({ selector, ids: expected });
        expect(await backend.count(wanted)).toBe(expected.length);
      }
      await backend.close();
    }),
    { numRuns: RUNS },
  );
}, 120_000);
