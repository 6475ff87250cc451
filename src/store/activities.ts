/** What reports read of a store: activities with what has to be known from before a window, and the span of all events. */
import type { Backend } from "../backend/backend.ts";
import { EventStoreError } from "../errors.ts";
import { type Activity, LONGEST_OPEN, STATE_TYPES } from "../event/activity.ts";
import type { Instant } from "../event/instant.ts";
import { parseSelector } from "../event/selector/parse.ts";
import { parseTimestamp } from "../event/timestamp.ts";
import type { ZoneReader } from "../event/zone.ts";

/** @since 0.1.0 */
export interface ActivitiesOptions {
  /** Start of the window; what tells the state it begins in comes first. @default the beginning */
  readonly from?: Instant | undefined;
  /** End of the window, itself outside. @default the end */
  readonly to?: Instant | undefined;
  /** How far beyond `to` it goes on, in microseconds, for a reader that stops when it knows enough. @default 0 */
  readonly ahead?: Instant | undefined;
  /** @default true: history does not change because a server tidies up */
  readonly includeArchived?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @since 0.1.0 */
export interface Span {
  readonly first: Instant;
  readonly last: Instant;
}

const ANY = parseSelector({});

/** States from the beginning; everything, which is much, from a month before the window on. Ends with the signal's reason. */
export async function* activityPages(
  backend: Backend,
  { from, to, ahead = 0n, includeArchived = true, signal }: ActivitiesOptions,
): AsyncGenerator<readonly Activity[], void> {
  const scope = { archived: includeArchived ? undefined : false, signal };
  const early = from === undefined ? undefined : from - LONGEST_OPEN;
  if (early !== undefined) yield* backend.activities({ ...scope, to: early, types: STATE_TYPES });
  yield* backend.activities({ ...scope, from: early, to: to === undefined ? undefined : to + ahead });
  signal?.throwIfAborted();
}

export async function spanOf(backend: Backend, zone: ZoneReader): Promise<Span | undefined> {
  const first = await endOf(backend, "oldest", zone);
  const last = first === undefined ? undefined : await endOf(backend, "newest", zone);
  return first === undefined || last === undefined ? undefined : { first, last };
}

/** Instant of the first event in an order. */
async function endOf(backend: Backend, order: "oldest" | "newest", zone: ZoneReader): Promise<Instant | undefined> {
  const query = { selector: ANY, by: "event_timestamp", order, limit: 1 } as const;
  for await (const { events, position } of backend.find(query)) {
    const [event] = events;
    if (event) return position?.instant ?? instantOf(event.event_timestamp, zone);
  }
  return undefined;
}

function instantOf(timestamp: string, zone: ZoneReader): Instant {
  const read = parseTimestamp(timestamp, zone);
  if (typeof read !== "string") return read.instant;
  throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", `a stored timestamp cannot be read: ${read}`);
}
