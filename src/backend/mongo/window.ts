/**
 * reorder: documents in the order of their timestamp's text → in the order of their instants.
 *
 * Text order is wall clock order, and a wall clock is less than a day from its instant. So what lies further than
 * SLACK behind the text read last cannot be overtaken any more: it leaves the window (a heap), which holds the matches
 * of about two days.
 */
import type { Instant } from "../../event/instant.ts";
import { parseTimestamp } from "../../event/timestamp.ts";
import { SLACK } from "./foreign.ts";
import type { RawDocument } from "./read.ts";
import type { Chunk, Compare, Located } from "./stream.ts";

export async function* reorder(
  ordered: AsyncIterable<RawDocument[]>,
  locate: (doc: RawDocument) => readonly Located[],
  compare: Compare,
): AsyncGenerator<Chunk, void> {
  const heap = new Heap(compare);
  for await (const docs of ordered) {
    const frontier = wallInstant(docs.at(-1)?.event_timestamp);
    for (const doc of docs) for (const located of locate(doc)) heap.push(located);
    const found = heap.popWhile((located) => isSafe(located, frontier, compare));
    if (found.length > 0) yield { found, read: found.at(-1) };
  }
  const found = heap.popWhile(() => true);
  if (found.length > 0) yield { found, read: found.at(-1) };
}

/** The wall clock of a timestamp, read as if it were UTC. */
function wallInstant(text: unknown): Instant | undefined {
  const time = typeof text === "string" ? parseTimestamp(text.slice(0, 19), (wallMs) => wallMs) : "none";
  return typeof time === "string" ? undefined : time.instant;
}

/** Nothing that is still to be read can come before it. */
function isSafe(located: Located, frontier: Instant | undefined, compare: Compare): boolean {
  if (frontier === undefined) return false;
  const behind = compare({ instant: 0n, id: "" }, { instant: 1n, id: "" }) < 0 ? frontier - SLACK : frontier + SLACK;
  return compare(located, { instant: behind, id: "" }) < 0;
}

/** A binary heap with the first in order on top. */
class Heap {
  readonly #items: Located[] = [];
  readonly #compare: Compare;

  constructor(compare: Compare) {
    this.#compare = compare;
  }

  push(item: Located): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#compare(items[parent] as Located, item) <= 0) break;
      items[at] = items[parent] as Located;
      at = parent;
    }
    items[at] = item;
  }

  /** Takes from the top as long as the test holds. */
  popWhile(holds: (item: Located) => boolean): Located[] {
    const out: Located[] = [];
    while (this.#items[0] && holds(this.#items[0])) out.push(this.#pop());
    return out;
  }

  #pop(): Located {
    const items = this.#items;
    const top = items[0] as Located;
    const last = items.pop() as Located;
    if (items.length > 0) this.#sink(last);
    return top;
  }

  #sink(item: Located): void {
    const items = this.#items;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < items.length && this.#compare(items[child + 1] as Located, items[child] as Located) < 0) child++;
      if (child >= items.length || this.#compare(item, items[child] as Located) <= 0) break;
      items[at] = items[child] as Located;
      at = child;
    }
    items[at] = item;
  }
}
