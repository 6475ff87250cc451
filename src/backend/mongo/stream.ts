/**
 * Streams of located documents: the pieces a search is merged from.
 *
 * A stream yields chunks in the order of the search. A chunk also says how far the stream has read, so that a search with
 * few matches makes progress.
 */

import type { StoredEvent } from "../../event/event.ts";
import { compareText } from "../../event/selector/compare.ts";
import type { Position } from "../backend.ts";

/** A document's place in the order, and its own `_id`. */
export interface Place extends Position {
  readonly key: unknown;
}

export interface Located extends Place {
  readonly event: StoredEvent;
}

export interface Chunk {
  readonly found: readonly Located[];
  /** Everything up to here has been read. */
  readonly read: Position | undefined;
}

export type Stream = AsyncIterable<Chunk>;
export type Compare = (a: Position, b: Position) => number;

/** By instant, ties by id. */
export function comparePositions(order: "newest" | "oldest"): Compare {
  const sign = order === "oldest" ? 1 : -1;
  return (a, b) => sign * (a.instant === b.instant ? compareText(a.id, b.id) : a.instant < b.instant ? -1 : 1);
}

interface Head {
  readonly iterator: AsyncIterator<Chunk>;
  chunk: readonly Located[];
  at: number;
}

const PAGE = 500;

/** Several ordered streams as one. */
export async function* merge(streams: readonly Stream[], compare: Compare): AsyncGenerator<Chunk, void> {
  const heads: Head[] = streams.map((stream) => ({ iterator: stream[Symbol.asyncIterator](), chunk: [], at: 0 }));
  let live = heads;
  let page: Located[] = [];
  try {
    for (;;) {
      await Promise.all(live.map(refill));
      live = live.filter((head) => head.at < head.chunk.length);
      const next = smallest(live, compare);
      if (!next) break;
      page.push(next.chunk[next.at++] as Located);
      if (page.length < PAGE) continue;
      yield { found: page, read: page.at(-1) };
      page = [];
    }
    if (page.length > 0) yield { found: page, read: page.at(-1) };
  } finally {
    await Promise.all(heads.map(({ iterator }) => iterator.return?.()));
  }
}

async function refill(head: Head): Promise<void> {
  while (head.at === head.chunk.length) {
    const { done, value } = await head.iterator.next();
    if (done) return;
    head.chunk = value.found;
    head.at = 0;
  }
}

function smallest(heads: readonly Head[], compare: Compare): Head | undefined {
  let best: Head | undefined;
  for (const head of heads) {
    if (!best || compare(head.chunk[head.at] as Located, best.chunk[best.at] as Located) < 0) best = head;
  }
  return best;
}
