/**
 * One migrator at a time: work under the database's lease, renewed in the background.
 *
 *   waiting ─(the lease is free, or its holder silent for a ttl)─► working ─(done, failed)─► released
 *                                                                     └─(a renewal failed or came too late)─► lost: stops
 *
 * In an SQLite file whoever has opened it to change it is alone already.
 */
import { setTimeout as pause } from "node:timers/promises";
import { Lease, type LeaseRecords } from "../backend/lease.ts";
import { EventStoreError } from "../errors.ts";

export interface ExclusiveOptions {
  readonly state: LeaseRecords | undefined;
  /** What the lease is for. */
  readonly name: string;
  /** Text unique to this process. */
  readonly owner: string;
  readonly signal?: AbortSignal | undefined;
  /** Told once when another process is at work. */
  readonly onWaiting?: (() => void) | undefined;
  /** How long a silent holder keeps it. @default 15_000 */
  readonly ttlMs?: number | undefined;
}

/** What the work is given. */
export interface Held {
  /** @throws EventStoreError when another process may have taken over, or the signal fired */
  check(): void;
  /** True when the end was not this process's own. */
  readonly lost: boolean;
}

const DEFAULT_TTL_MS = 15_000;
const RENEWALS_PER_TTL = 5;

/** The lease of whoever changes a whole database: migrations, and restores that replace it. */
export const WHOLE = "migrate";

/** Waits for its turn, works, and lets the next one in whatever comes of it. */
export async function exclusively<Result>(
  options: ExclusiveOptions,
  work: (held: Held) => Promise<Result>,
): Promise<Result> {
  const { state, signal } = options;
  if (!state) return work({ check: () => signal?.throwIfAborted(), lost: false });
  const holder = new Holder(state, options);
  await holder.take();
  try {
    return await work(holder);
  } finally {
    await holder.release();
  }
}

class Holder implements Held {
  readonly #lease: Lease;
  readonly #options: ExclusiveOptions;
  readonly #renewMs: number;
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<unknown> = Promise.resolve();
  #isLost = false;

  constructor(state: LeaseRecords, options: ExclusiveOptions) {
    const { ttlMs = DEFAULT_TTL_MS, owner, name } = options;
    this.#options = options;
    this.#renewMs = ttlMs / RENEWALS_PER_TTL;
    const clock = { now: () => Date.now(), elapsed: () => performance.now() };
    this.#lease = new Lease(state, name, clock, { owner, ttlMs, renewMs: this.#renewMs });
  }

  get lost(): boolean {
    return this.#isLost || !this.#lease.mayLead();
  }

  check(): void {
    this.#options.signal?.throwIfAborted();
    if (!this.lost) return;
    const message = "this process did not answer for so long that another one may have taken over; run it again";
    throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", message);
  }

  async take(): Promise<void> {
    for (let tries = 0; !(await this.#lease.keep()); tries++) {
      if (tries === 0) this.#options.onWaiting?.();
      await pause(this.#renewMs * (0.2 + Math.random() * 0.2), undefined, { signal: this.#options.signal });
    }
    this.#timer = setInterval(() => {
      this.#renewing = this.#renewing.then(() => this.#renew()).catch(() => {});
    }, this.#renewMs);
  }

  /** What is lost is never taken again: another process has worked meanwhile, and this one knows nothing of it. */
  async #renew(): Promise<void> {
    if (!this.#isLost) this.#isLost = !(await this.#lease.keep());
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing;
    await this.#lease.release();
  }
}
