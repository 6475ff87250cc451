/**
 * Target: a batch of events → the store, and those that were archived → its archive, with the time they had there.
 *
 * Parsed when handed over, so that the next batch is made ready while this one is written. A database that does not answer
 * is tried again for a while; ids make that safe.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { EventStoreError } from "../errors.ts";
import type { PreparedEvent } from "../event/parse.ts";
import type { AppendResult } from "../store/append-result.ts";
import type { EventStore } from "../store/store.ts";
import type { ImportItem } from "./import-item.ts";

/** Longest a database may be away, in ms. */
const PATIENCE_MS = 15_000;
const PAUSE_MS = 500;

export interface Put {
  readonly results: readonly AppendResult[];
  /** Events archived by this. */
  readonly archived: number;
}

export class ImportTarget {
  readonly #store: EventStore;
  readonly #now = new Date();
  readonly #isStopped: () => boolean;

  /** @param isStopped told when nobody wants to wait any more */
  constructor(store: EventStore, isStopped: () => boolean) {
    this.#store = store;
    this.#isStopped = isStopped;
  }

  /** @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` when the database stays away */
  async put(items: readonly ImportItem[]): Promise<Put> {
    const parsed = items.map(({ value }) => (value instanceof EventStoreError ? value : this.#store.parse(value)));
    const results = await this.#patiently(() =>
      this.#store.appendParsed(parsed as (PreparedEvent | EventStoreError)[]),
    );
    return { results, archived: await this.#archive(items, results) };
  }

  async has(id: string): Promise<boolean> {
    return (await this.#store.get(id)) !== undefined;
  }

  async #archive(items: readonly ImportItem[], results: readonly AppendResult[]): Promise<number> {
    const byTime = new Map<string | undefined, string[]>();
    results.forEach((result, i) => {
      const { archived } = items[i] as ImportItem;
      if (archived === undefined || (result.status !== "stored" && result.status !== "duplicate")) return;
      if (result.event.archived) return;
      const ids = byTime.get(archived.at);
      if (ids === undefined) byTime.set(archived.at, [result.id]);
      else ids.push(result.id);
    });
    let count = 0;
    for (const [at, ids] of byTime)
      count += await this.#patiently(() => this.#store.archive({ ids, at: at ?? this.#now }));
    return count;
  }

  async #patiently<T>(run: () => Promise<T>): Promise<T> {
    const untilMs = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await run();
      } catch (error) {
        const isAway = error instanceof EventStoreError && error.retryable;
        if (!isAway || this.#isStopped() || performance.now() > untilMs) throw error;
        await sleep(PAUSE_MS);
      }
    }
  }
}
