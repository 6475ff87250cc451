/**
 * Source: what a report reads, as pages of activities.
 *
 * A store tells its span and reads only what a report needs; anything that can be iterated in order of time will do as well:
 * activities, whole events, or pages of either. Such a source is kept in memory where no window is given, since its span is
 * known only at its end.
 */
import { EventStoreError } from "../errors.ts";
import { type Activity, LONGEST_OPEN } from "../event/activity.ts";
import type { Event } from "../event/event.ts";
import type { Instant } from "../event/instant.ts";
import { parseTimestamp } from "../event/timestamp.ts";
import type { ResolvedOptions } from "./options.ts";
import { givenWindow, type ReportWindow, type Span, spannedWindow } from "./window.ts";

/** A store by its shape: `EventStore` is one. @since 0.1.0 */
export interface ActivityStore {
  /** Pages in order of instant, then id, with what has to be known from before `from`; what is from `to` on is outside. */
  activities(options: {
    readonly from?: Instant;
    readonly to?: Instant;
    /** How far beyond `to` it may go on, in microseconds, for a reader that stops when it knows enough. */
    readonly ahead?: Instant;
    readonly includeArchived?: boolean;
    readonly signal?: AbortSignal;
  }): AsyncIterable<readonly Activity[]>;
  span(): Promise<Span | undefined>;
}

type Item = Activity | Event;
type Items = Item | readonly Item[];

/** @since 0.1.0 */
export type ReportSource = ActivityStore | AsyncIterable<Items> | Iterable<Items>;

export interface OpenSource extends ReportWindow {
  readonly pages: AsyncIterable<readonly Activity[]>;
  /** Those of one instant are in order of their ids. */
  readonly ordered: boolean;
  /** Events so far whose timestamp could not be read. */
  unreadable(): number;
}

const PAGE = 256;

/** @throws EventStoreError `EVT_INVALID_OPTION` for a source that is none, and for a bad window. */
export async function openSource(source: ReportSource, options: ResolvedOptions): Promise<OpenSource> {
  const given = givenWindow(options);
  if (isStore(source)) {
    const window = given ?? spannedWindow(await source.span(), options.now());
    const { includeArchived, signal } = options;
    const pages = source.activities({ ...window, ahead: LONGEST_OPEN, includeArchived, ...(signal && { signal }) });
    return { ...window, pages, ordered: true, unreadable: () => 0 };
  }
  const reader = new ItemReader(source, options);
  return given ? reader.within(given) : reader.whole();
}

function isStore(source: ReportSource): source is ActivityStore {
  if (typeof source === "object" && source !== null) {
    if ("activities" in source) return true;
    if (Symbol.asyncIterator in source || Symbol.iterator in source) return false;
  }
  throw new EventStoreError("EVT_INVALID_OPTION", "a report reads a store, or events that can be iterated");
}

class ItemReader {
  readonly #items: AsyncIterable<Items> | Iterable<Items>;
  readonly #options: ResolvedOptions;
  #unreadable = 0;

  constructor(items: AsyncIterable<Items> | Iterable<Items>, options: ResolvedOptions) {
    this.#items = items;
    this.#options = options;
  }

  within(window: ReportWindow): OpenSource {
    return { ...window, pages: this.#pages(), ordered: false, unreadable: () => this.#unreadable };
  }

  async whole(): Promise<OpenSource> {
    const kept: (readonly Activity[])[] = [];
    let span: Span | undefined;
    for await (const page of this.#pages()) {
      kept.push(page);
      for (const { instant } of page) span = widened(span, instant);
    }
    const pages = (async function* () {
      yield* kept;
    })();
    return { ...spannedWindow(span, this.#options.now()), pages, ordered: false, unreadable: () => this.#unreadable };
  }

  async *#pages(): AsyncGenerator<readonly Activity[]> {
    let page: Activity[] = [];
    for await (const items of this.#items) {
      this.#options.signal?.throwIfAborted();
      for (const item of Array.isArray(items) ? (items as readonly Item[]) : [items as Item]) this.#take(item, page);
      if (page.length < PAGE) continue;
      yield page;
      page = [];
    }
    yield page;
  }

  #take(item: Item, page: Activity[]): void {
    if ("archived" in item && item.archived && !this.#options.includeArchived) return;
    if ("instant" in item) {
      page.push(item);
      return;
    }
    const { _id, event_type, log_level, source, event_data } = item;
    const read = parseTimestamp(item.event_timestamp, this.#options.zone);
    if (typeof read === "string") this.#unreadable++;
    else page.push({ _id, event_type, log_level, source, event_data, instant: read.instant });
  }
}

function widened(span: Span | undefined, instant: Instant): Span {
  if (span === undefined) return { first: instant, last: instant };
  return { first: instant < span.first ? instant : span.first, last: instant > span.last ? instant : span.last };
}
