/** What the tests of tails share. */
import { onTestFinished } from "vitest";
import type { EventInput } from "../../src/event/event.ts";
import type { TailItem } from "../../src/event/tail-item.ts";
import type { EventStoreOptions } from "../../src/store/options.ts";
import { EventStore } from "../../src/store/store.ts";

export async function opened(url: string, options: EventStoreOptions = {}): Promise<EventStore> {
  const store = await EventStore.open(url, { naiveTimezone: "UTC", onWarning: () => {}, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** Events with ids in order, one second apart. */
export function series(count: number, from = 0): (EventInput & { readonly _id: string })[] {
  const startMs = Date.UTC(2025, 0, 1);
  return Array.from({ length: count }, (_, i) => ({
    _id: `e${String(from + i).padStart(6, "0")}`,
    event_timestamp: new Date(startMs + (from + i) * 1000),
  }));
}

/** An item in a word: the id of its event, or what it tells. */
export function described(item: TailItem | undefined): string {
  if (item === undefined) return "end";
  if (item.kind === "event") return item.event._id;
  return item.kind === "gap" ? `gap ${item.dropped} ${item.reason}` : item.kind;
}

type Items = AsyncIterable<TailItem> | AsyncIterator<TailItem>;

/** The next items, or as many as there are until the end; `whenLive` runs when the tail has caught up. */
export async function take(items: Items, count: number, whenLive?: () => Promise<unknown>): Promise<string[]> {
  return (await takeItems(items, count, whenLive)).map(described);
}

export type EventItem = Extract<TailItem, { kind: "event" }>;

/** The next events. Ends a tail it has been given, not an iterator. */
export async function takeEvents(items: Items, count: number, whenLive?: () => Promise<unknown>): Promise<EventItem[]> {
  const isEvent = (item: TailItem) => item.kind === "event";
  return (await takeItems(items, count, whenLive, isEvent)) as EventItem[];
}

async function takeItems(
  items: Items,
  count: number,
  whenLive?: () => Promise<unknown>,
  wanted: (item: TailItem) => boolean = () => true,
): Promise<TailItem[]> {
  const isTail = Symbol.asyncIterator in items && !("next" in items);
  const iterator = isTail ? items[Symbol.asyncIterator]() : (items as AsyncIterator<TailItem>);
  const taken: TailItem[] = [];
  while (taken.length < count) {
    const { done, value } = await iterator.next();
    if (done) break;
    if (value.kind === "live") await whenLive?.();
    if (wanted(value)) taken.push(value);
  }
  if (isTail) await iterator.return?.();
  return taken;
}
