/** AlertHost: what alerting needs of a store. `EventStore.alertHost` is one; alerting itself knows no store. */
import type { AlertRecords, Lane } from "../backend/alert-records.ts";
import type { Event, StoredEvent } from "../event/event.ts";
import type { ZoneReader } from "../event/zone.ts";

/** Ids of what an event matches; none leaves it unmarked. Runs between request and answer: it must be quick and not throw. */
export type Marker = (event: Event) => readonly string[];

export interface AlertHost {
  readonly records: AlertRecords;
  /** Zone of naive timestamps, by name and as a function. */
  readonly naiveTimezone: string;
  readonly zone: ZoneReader;
  /** True where only this process can write (an SQLite file): no lease is needed. */
  readonly alone: boolean;
  /**
   * From now on every event this store appends is marked for the lane with what `marker` says; `wake` is called after
   * marked events have become durable. The answer ends it. @throws EventStoreError `EVT_INVALID_OPTION` for a lane in use.
   */
  addLane(lane: Lane, marker: Marker, wake: () => void): () => void;
  get(id: string): Promise<StoredEvent | undefined>;
  /** Counters of the store since it was opened, for rules of kind `ledger`. */
  counters(): Readonly<Record<string, number>>;
}
