/**
 * One restore at a time per database, across processes: whoever holds the lease may remove what dead restores left behind.
 *
 * The lease rests in collections of its own, which go when the restore ends.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { EventStoreError } from "../../errors.ts";
import { Lease, type LeaseRecords } from "../lease.ts";
import type { Connection } from "./driver.ts";
import { type RecordDocument, readRecords, writeRecords } from "./records.ts";
import type { Room } from "./room.ts";
import { type TurnDocument, Turns } from "./turns.ts";

export const LEASE_COLLECTIONS = ["__restoring_lease", "__restoring_turns"] as const;

const TTL_MS = 15_000;
/** Parts of the ttl. */
const RENEWALS = 5;
const LOOK_MS = 100;

export class RestoreLease {
  readonly #lease: Lease;
  readonly #ttlMs: number;
  readonly #database: string;
  #renewing: NodeJS.Timeout | undefined;
  #isLost = false;
  #renewal: Promise<boolean> | undefined;

  constructor(connection: Connection, ttlMs = TTL_MS) {
    this.#ttlMs = ttlMs;
    this.#database = connection.db.databaseName;
    const clock = { now: () => Date.now(), elapsed: () => performance.now() };
    const options = { owner: randomUUID(), ttlMs, renewMs: ttlMs / RENEWALS };
    this.#lease = new Lease(recordsIn(connection), "restore", clock, options);
  }

  /** Waits for a restore that died, not for one that lives. @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` */
  async take(): Promise<void> {
    const untilMs = performance.now() + this.#ttlMs * 1.5;
    while (!(await this.#lease.keep())) {
      if (performance.now() > untilMs) throw this.#taken("is under way");
      await sleep(Math.min(LOOK_MS, this.#ttlMs / RENEWALS));
    }
    this.#renewing = setInterval(() => {
      // A renewal that fails is noticed by `assertHeld`.
      this.#renew().catch(() => {});
    }, this.#ttlMs / RENEWALS).unref();
  }

  /** A holder that was held up goes on where nobody took its place. @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` */
  async assertHeld(): Promise<void> {
    if (this.#isLost || (!this.#lease.mayLead() && !(await this.#renew()))) throw this.#taken("has taken over");
  }

  /** One at a time: two would take the lease from each other. What is lost is never taken again. */
  #renew(): Promise<boolean> {
    if (this.#isLost) return Promise.resolve(false);
    this.#renewal ??= this.#keep().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #keep(): Promise<boolean> {
    const isKept = await this.#lease.keep();
    this.#isLost = !isKept;
    return isKept;
  }

  /**
   * Stops renewing; the caller removes the collections while nobody else can have the lease. A renewal under way ends first:
   * cut off, it would leave its turn behind, and the next restore wait for that.
   */
  async end(): Promise<void> {
    clearInterval(this.#renewing);
    await this.#renewal?.catch(() => {});
  }

  #taken(what: string): EventStoreError {
    const message = `another restore into the database ${this.#database} ${what}; run this one again when it has ended`;
    return new EventStoreError("EVT_BACKEND_UNAVAILABLE", message);
  }
}

function recordsIn(connection: Connection): LeaseRecords {
  const [leases, turns] = LEASE_COLLECTIONS;
  const options = { readPreference: "primary", writeConcern: { w: "majority" } } as const;
  const records = connection.db.collection<RecordDocument>(leases, options);
  const inTurn = new Turns(connection, connection.db.collection<TurnDocument>(turns, options));
  const room = { connection } as Room;
  return {
    read: (_kind, ids) => readRecords(room, records, ids),
    write: (_kind, changes) => inTurn.run("lease", () => writeRecords(room, records, changes)),
  };
}
