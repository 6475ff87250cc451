/** find: a search cut into pages, behind `skip` and up to `limit`. */
import type { FindPage, FindQuery } from "../backend.ts";
import type { Room } from "./room.ts";
import { search } from "./search.ts";
import type { Located } from "./stream.ts";

export async function* find(room: Room, query: FindQuery): AsyncGenerator<FindPage, void> {
  let toSkip = query.skip ?? 0;
  let left = query.limit ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return;
  for await (const { found, read } of search(room, query)) {
    const skipped = Math.min(toSkip, found.length);
    toSkip -= skipped;
    const taken = found.slice(skipped, skipped + left);
    left -= taken.length;
    const full = left === 0 ? taken.at(-1) : read;
    const position = full && { instant: full.instant, id: full.id };
    if (taken.length > 0 || (position && toSkip === 0)) yield { events: taken.map(eventOf), position };
    if (left === 0 || query.signal?.aborted) return;
  }
  if (!query.signal?.aborted) yield { events: [], position: undefined };
}

function eventOf({ event }: Located) {
  return event;
}
