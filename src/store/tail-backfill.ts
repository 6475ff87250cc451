/**
 * Backfill: the last N matching events by event time, oldest of them first, in constant memory.
 *
 * The N-th from the end is looked up first; then the search runs forward from there.
 */
import type { Backend, FindQuery, Position } from "../backend/backend.ts";
import { EventStoreError } from "../errors.ts";
import type { StoredEvent } from "../event/event.ts";
import { parseTimestamp } from "../event/timestamp.ts";
import type { ZoneReader } from "../event/zone.ts";

export interface Backfill {
  readonly selector: FindQuery["selector"];
  readonly archived: FindQuery["archived"];
  /** At least 1. */
  readonly events: number;
  readonly signal: AbortSignal;
  /** Longest the look-up may take, in ms. */
  readonly timeoutMs: number;
  readonly zone: ZoneReader;
}

/** @throws EventStoreError `EVT_BACKEND_UNAVAILABLE`, also when looking back took too long. */
export async function* lastEvents(
  backend: Pick<Backend, "find">,
  backfill: Backfill,
): AsyncGenerator<readonly StoredEvent[], void> {
  const first = await firstOf(backend, backfill);
  if (first) yield [first.event];
  const { selector, archived, signal } = backfill;
  const order = { by: "event_timestamp", order: "oldest", after: first?.position } as const;
  const limit = backfill.events - (first ? 1 : 0);
  if (limit === 0) return;
  for await (const { events } of backend.find({ selector, archived, signal, limit, ...order })) yield events;
}

interface First {
  readonly event: StoredEvent;
  readonly position: Position;
}

/** The N-th event from the end; undefined when there are fewer. */
async function firstOf(backend: Pick<Backend, "find">, backfill: Backfill): Promise<First | undefined> {
  const { selector, archived, events: wanted, zone } = backfill;
  const time = AbortSignal.timeout(backfill.timeoutMs);
  const signal = AbortSignal.any([backfill.signal, time]);
  const order = { by: "event_timestamp", order: "newest", skip: wanted - 1, limit: 1 } as const;
  for await (const { events, position } of backend.find({ selector, archived, signal, ...order })) {
    const [event] = events;
    if (event) return { event, position: position?.id === event._id ? position : positionOf(event, zone) };
  }
  if (!time.aborted) return undefined;
  const fix = "ask for fewer events, or for more common ones";
  throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", `looking back for ${wanted} events took too long; ${fix}`);
}

function positionOf({ _id: id, event_timestamp }: StoredEvent, zone: ZoneReader): Position {
  const time = parseTimestamp(event_timestamp, zone);
  return { instant: typeof time === "string" ? 0n : time.instant, id };
}
