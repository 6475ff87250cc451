/** Rows of SQLite as the documents MongoDB has in their place. The engines do not know each other: `open-dump.ts` joins them. */
import type { StoredEvent } from "../event/event.ts";
import type { Instant } from "../event/instant.ts";
import type { Marks } from "./alert-records.ts";
import type { CollectionMetadata } from "./dump-contract.ts";

export interface EventRow {
  readonly event: StoredEvent;
  readonly instant: Instant;
  readonly received: Instant;
  readonly archivedAt: Instant | undefined;
  /** Lanes of alerting it waits for. */
  readonly marks: Marks | undefined;
  /** Grows with the arrival. */
  readonly seq: number;
}

export interface AlertRow {
  readonly id: string;
  readonly version: number;
  readonly state: string;
  /** Epoch ms. */
  readonly due: number | null;
  readonly updated: number;
  /** JSON */
  readonly body: string;
}

/** A record of a schema version: `version`, `applied_at` (ISO 8601) and whatever else its row has. */
export type VersionRow = Readonly<Record<string, string | number | null>>;

/** All BSON. Milliseconds are all that dates of BSON hold; an event's own instant keeps its microseconds. */
export interface DumpEncoder {
  event(row: EventRow): Uint8Array;
  alert(row: AlertRow): Uint8Array;
  version(row: VersionRow): Uint8Array;
  metadata(collection: string): CollectionMetadata;
}
