/** Access: what commands ask of events, wherever these are. */
import type { StoredEvent } from "../event/event.ts";
import type { Selector } from "../event/selector/selector.ts";
import type { TailItem } from "../event/tail-item.ts";
import type { CountOptions, FindOptions } from "../store/query.ts";
import type { TailOptions } from "../store/tail-options.ts";

/** A search under way. */
export interface Found {
  pages(): AsyncIterable<readonly StoredEvent[]>;
  /** Where to go on, once the pages have ended; undefined at the end of everything. */
  readonly cursor: string | undefined;
}

export interface Access extends AsyncDisposable {
  /** Zone in which the events' timestamps without offset are read, where it is known. */
  readonly zone: string | undefined;
  get(id: string): Promise<StoredEvent | undefined>;
  find(options: FindOptions): Found;
  count(options: CountOptions): Promise<number>;
  /** How many were not archived before. */
  archive(ids: readonly string[]): Promise<number>;
  /** Deletes for good what has been archived for at least so long, in ms; returns how many. */
  purge(archivedForMs: number): Promise<number>;
  /** What arrives from now on, or behind a cursor. */
  tail(selector: Selector | undefined, options: TailOptions, onLink: OnLink): Tail;
}

/** What a tail needs to be here: the library's and the client's have it. */
export interface Tail extends AsyncIterable<TailItem>, AsyncDisposable {
  readonly cursor: string | undefined;
}

/** Whether a server answers. */
export type LinkState = "lost" | "back";

/** Told of each change, with the cause in words where a server was lost. */
export type OnLink = (state: LinkState, cause?: string) => void;
