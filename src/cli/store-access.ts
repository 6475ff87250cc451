/** StoreAccess: the events of a store in this process. */
import type { StoredEvent } from "../event/event.ts";
import type { Selector } from "../event/selector/selector.ts";
import type { CountOptions, FindOptions } from "../store/query.ts";
import type { EventStore } from "../store/store.ts";
import type { TailOptions } from "../store/tail-options.ts";
import type { Access, Found, Tail } from "./access.ts";

export class StoreAccess implements Access {
  readonly #store: EventStore;
  readonly zone: string | undefined;

  /** @param zone of its events' timestamps without offset */
  constructor(store: EventStore, zone: string | undefined) {
    this.#store = store;
    this.zone = zone;
  }

  get(id: string): Promise<StoredEvent | undefined> {
    return this.#store.get(id);
  }

  find(options: FindOptions): Found {
    return this.#store.find(options);
  }

  count(options: CountOptions): Promise<number> {
    return this.#store.count(options);
  }

  archive(ids: readonly string[]): Promise<number> {
    return this.#store.archive({ ids });
  }

  purge(archivedForMs: number): Promise<number> {
    return this.#store.purge({ archivedBefore: new Date(Date.now() - archivedForMs) });
  }

  tail(selector: Selector | undefined, options: TailOptions): Tail {
    return this.#store.tail(selector, options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#store.close();
  }
}
