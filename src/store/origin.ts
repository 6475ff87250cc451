/** Origin: where a store was opened, for whoever opens it again in another thread. */
import { resolve } from "node:path";
import { engineOf } from "../backend/open.ts";
import type { EventStoreOptions } from "./options.ts";

/** What says which events there are, in what can be sent to a thread. */
export interface StoreOrigin {
  readonly url: string;
  readonly options: Pick<EventStoreOptions, "naiveTimezone" | "database" | "collection">;
}

const origins = new WeakMap<object, StoreOrigin>();

/** Notes where the store was opened. */
export function withOrigin<Store extends object>(store: Store, url: string, options: EventStoreOptions): Store {
  const { naiveTimezone, database, collection, client } = options;
  const place = client === undefined ? placeOf(url) : undefined;
  if (place !== undefined) origins.set(store, { url: place, options: { naiveTimezone, database, collection } });
  return store;
}

/** Undefined where nobody else can open it: it is in memory, or was opened with a client of the application's. */
export function originOf(store: object): StoreOrigin | undefined {
  return origins.get(store);
}

/** The same place wherever the process goes meanwhile. */
function placeOf(url: string): string | undefined {
  const engine = engineOf(url);
  if (engine.kind === "mongo") return url;
  return engine.path === ":memory:" ? undefined : `sqlite:${resolve(engine.path)}`;
}
