/**
 * Lease: of all processes on one database, one leads.
 *
 *   waiting ─(nobody renewed for a whole ttl, or the leader let go)─► leading ─(a renewal failed, or came too late)─► waiting
 *
 * Nobody compares clocks: a lease is a record whose version grows with each renewal, and whoever has seen the same version
 * for a ttl of its own stopwatch may take it. The version at which it was taken is the fence: a former leader that wakes
 * up has a smaller one, and what it still wants to write is refused.
 *
 * A leader stops to trust itself before the others do: `mayLead` is asked before everything that reaches the outside.
 */
import type { AlertRecord, AlertRecords } from "./alert-records.ts";

/** Where leases rest; of alerting's records only this is needed. */
export type LeaseRecords = Pick<AlertRecords, "read" | "write">;

/** Epoch milliseconds to store, and a stopwatch that never jumps. */
export interface LeaseClock {
  now(): number;
  elapsed(): number;
}

export interface LeaseOptions {
  /** Text unique to this holder. */
  readonly owner: string;
  readonly ttlMs: number;
  readonly renewMs: number;
}

/** Part of the ttl after which an unrenewed leader keeps its hands still. */
const TRUST = 2 / 3;

export class Lease {
  readonly #records: LeaseRecords;
  readonly #id: string;
  readonly #clock: LeaseClock;
  readonly #options: LeaseOptions;
  /** The record as this process wrote or saw it last, and when that was. */
  #held: AlertRecord | undefined;
  #renewedMs = 0;
  #seen: { readonly version: number; readonly sinceMs: number } | undefined;
  #fence = 0;

  constructor(records: LeaseRecords, name: string, clock: LeaseClock, options: LeaseOptions) {
    this.#records = records;
    this.#id = `lease:${name}`;
    this.#clock = clock;
    this.#options = options;
  }

  /** Grows with each change of leader. */
  get fence(): number {
    return this.#fence;
  }

  /** True while nobody else can be leading. */
  mayLead(): boolean {
    return this.#held !== undefined && this.#clock.elapsed() - this.#renewedMs < this.#options.ttlMs * TRUST;
  }

  /** Renews, or tries to take; true when this process leads now. Rejects when the database does not answer. */
  async keep(): Promise<boolean> {
    return this.#held ? this.#renew(this.#held) : this.#tryToTake();
  }

  /** True when the lease is still this process's in the database: asked before each batch of work. */
  async confirm(): Promise<boolean> {
    if (!this.mayLead()) return false;
    if (this.#clock.elapsed() - this.#renewedMs >= this.#options.renewMs) return this.keep();
    const [record] = await this.#records.read("state", [this.#id]);
    if (record?.version === this.#held?.version) return this.mayLead();
    this.#lose();
    return false;
  }

  /** Lets the next one in at once. */
  async release(): Promise<void> {
    const held = this.#held;
    this.#lose();
    if (held) await this.#records.write("state", [this.#next(held.version, null)]).catch(() => {});
  }

  async #renew(held: AlertRecord): Promise<boolean> {
    const startedMs = this.#clock.elapsed();
    const next = this.#next(held.version, this.#options.owner);
    const [kept] = await this.#records.write("state", [next]);
    if (!kept) {
      this.#lose();
      return false;
    }
    [this.#held, this.#renewedMs] = [next, startedMs];
    return true;
  }

  async #tryToTake(): Promise<boolean> {
    const [record] = await this.#records.read("state", [this.#id]);
    const startedMs = this.#clock.elapsed();
    const version = record?.version ?? 0;
    if (this.#seen?.version !== version) this.#seen = { version, sinceMs: startedMs };
    const free = !record || record.body.owner === null || startedMs - this.#seen.sinceMs >= this.#options.ttlMs;
    if (!free) return false;
    const next = this.#next(version, this.#options.owner);
    const [taken] = await this.#records.write("state", [next]);
    if (!taken) return false;
    [this.#held, this.#renewedMs, this.#fence] = [next, startedMs, next.version];
    return true;
  }

  #lose(): void {
    this.#held = undefined;
    this.#seen = undefined;
  }

  #next(version: number, owner: string | null): AlertRecord {
    const body = { owner };
    return { _id: this.#id, version: version + 1, state: "lease", dueMs: null, updatedMs: this.#clock.now(), body };
  }
}
