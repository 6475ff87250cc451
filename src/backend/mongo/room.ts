/**
 * Room: what every method works with, and the one way to read documents.
 */
import type { Collection, FindOptions } from "mongodb";
import type { ZoneReader } from "../../event/zone.ts";
import type { EventDocument } from "./document.ts";
import type { Connection } from "./driver.ts";
import { FOREIGN } from "./foreign.ts";
import type { Notes } from "./notes.ts";
import type { Filter } from "./parts.ts";
import type { RawDocument } from "./read.ts";
import type { Place } from "./stream.ts";

export interface Room {
  readonly connection: Connection;
  readonly events: Collection<EventDocument>;
  readonly zone: ZoneReader;
  readonly notes: Notes;
  readonly oddTimes: OddPlaces;
}

/** See odd-times.ts. */
export interface OddPlaces {
  places(room: Room, signal: AbortSignal | undefined): Promise<readonly Place[]>;
}

/** Longest a server works on one answer. */
export const LONGEST_MS = 60_000;

/** True when another program wrote documents here. */
export async function hasForeign({ connection, events }: Pick<Room, "connection" | "events">): Promise<boolean> {
  const look = () => events.findOne(FOREIGN, { projection: { _id: 1 } });
  return (await connection.call("read", look)) !== null;
}

/** Batches of documents; ends quietly when aborted, and always closes its cursor. */
export async function* documents(
  { connection, events }: Pick<Room, "connection" | "events">,
  filter: Filter,
  options: FindOptions,
  signal?: AbortSignal,
): AsyncGenerator<RawDocument[], void> {
  if (signal?.aborted) return;
  const cursor = events.find(filter as never, options);
  const aborted = abortion(signal);
  let healthy = false;
  try {
    while (await Promise.race([connection.call("read", () => cursor.hasNext()), aborted.promise])) {
      healthy = true;
      yield cursor.readBufferedDocuments() as RawDocument[];
      healthy = false;
      if (signal?.aborted) return;
    }
    healthy = true;
  } finally {
    aborted.forget();
    const closing = cursor.close().catch(() => {});
    if (healthy && !signal?.aborted) await connection.call("read", () => closing);
  }
}

/** A promise of `false` that settles when the signal fires. */
function abortion(signal: AbortSignal | undefined): { promise: Promise<false>; forget: () => void } {
  let stop = (): void => {};
  const promise = new Promise<false>((resolve) => {
    stop = () => resolve(false);
    signal?.addEventListener("abort", stop, { once: true });
  });
  return { promise, forget: () => signal?.removeEventListener("abort", stop) };
}
