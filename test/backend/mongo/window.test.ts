/** Documents in text order come out in the order of their instants, whatever their offsets. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDocument } from "../../../src/backend/mongo/read.ts";
import { type Chunk, comparePositions, type Located, merge } from "../../../src/backend/mongo/stream.ts";
import { reorder } from "../../../src/backend/mongo/window.ts";
import { zoneReader } from "../../../src/event/zone.ts";
import { arbitraryWall } from "./arbitrary-timestamps.ts";

const zone = zoneReader("America/Chicago");

async function* inBatches<T>(items: readonly T[], size: number): AsyncGenerator<T[], void> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}

async function gather(stream: AsyncIterable<Chunk>): Promise<Located[]> {
  const all: Located[] = [];
  for await (const { found } of stream) all.push(...found);
  return all;
}

function located(text: string, i: number): Located {
  const { event, instant } = readDocument({ _id: `id-${i % 7}-${i}`, event_timestamp: text, source: {} }, zone);
  return { event, instant, id: event._id, key: event._id };
}

const order = fc.constantFrom("newest" as const, "oldest" as const);
const size = fc.integer({ min: 1, max: 9 });

describe("reorder", () => {
  it("puts text order into the order of instants", async () => {
    const property = fc.asyncProperty(fc.array(arbitraryWall, { maxLength: 60 }), order, size, async (texts, by, n) => {
      const compare = comparePositions(by);
      const docs = texts.map((event_timestamp, i) => ({ _id: i, event_timestamp }));
      const textOrder = docs.sort((a, b) => (a.event_timestamp < b.event_timestamp ? -1 : 1));
      const ordered = by === "oldest" ? textOrder : textOrder.toReversed();
      const locate = (doc: Record<string, unknown>) => [located(String(doc.event_timestamp), Number(doc._id))];
      const found = await gather(reorder(inBatches(ordered, n), locate, compare));
      expect(found).toEqual(texts.map(located).sort(compare));
    });
    await fc.assert(property, { numRuns: 300 });
  });
});

describe("merge", () => {
  it("keeps the order of its streams, and ends them when it is left", async () => {
    const streams = fc.array(fc.array(arbitraryWall, { maxLength: 20 }), { maxLength: 4 });
    const property = fc.asyncProperty(streams, order, size, async (parts, by, n) => {
      const compare = comparePositions(by);
      let at = 0;
      const sorted = parts.map((texts) => texts.map((text) => located(text, at++)).sort(compare));
      let open = 0;
      async function* stream(items: readonly Located[]): AsyncGenerator<Chunk, void> {
        open++;
        try {
          for await (const found of inBatches(items, n)) yield { found, read: found.at(-1) };
        } finally {
          open--;
        }
      }
      expect(await gather(merge(sorted.map(stream), compare))).toEqual(sorted.flat().sort(compare));
      for await (const _ of merge(sorted.map(stream), compare)) break;
      expect(open).toBe(0);
    });
    await fc.assert(property, { numRuns: 200 });
  });
});
