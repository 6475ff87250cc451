/**
 * Backend: where events rest. The contract every engine keeps, and nothing else.
 *
 * A backend stores and finds. It does not batch, retry, spool, alert, schedule, validate events or read configuration.
 * The conformance suite (test/conformance) is the precise meaning of this file: the same promises on every engine.
 *
 * Every method rejects with an `EventStoreError`: `EVT_BACKEND_UNAVAILABLE` when the engine cannot answer now (lost,
 * busy, full), `EVT_CLOSED` after close(). A driver's error is its `cause`.
 */
import type { Activity, ActivityType } from "../event/activity.ts";
import type { StoredEvent } from "../event/event.ts";
import type { Instant } from "../event/instant.ts";
import type { PreparedEvent } from "../event/parse.ts";
import type { ParsedSelector } from "../event/selector/selector.ts";
import type { ZoneReader } from "../event/zone.ts";
import type { AlertRecords, Marks } from "./alert-records.ts";
import type { Admit } from "./schema-records.ts";

/** What became of one event of a batch. */
export type AppendOutcome =
  | { readonly status: "stored" }
  /** The id was there with the same content (`duplicate`) or another (`conflict`); `existing` is the first copy. */
  | { readonly status: "duplicate" | "conflict"; readonly existing: StoredEvent };

/** A place in a result order: everything after it is still to come. */
export interface Position {
  readonly instant: Instant;
  readonly id: string;
}

export interface FindQuery {
  readonly selector: ParsedSelector;
  /** Event time bounds, both inclusive. */
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  /** True: archived only. False: others only. Undefined: both. */
  readonly archived?: boolean | undefined;
  /** The instant that orders; ties are ordered by id (by UTF-8 bytes). `archived_at` implies `archived: true`. */
  readonly by: "event_timestamp" | "archived_at";
  readonly order: "newest" | "oldest";
  /** Start behind this position. */
  readonly after?: Position | undefined;
  /** Matching events to leave out first. */
  readonly skip?: number | undefined;
  /** Most events to return. */
  readonly limit?: number | undefined;
  /** Aborted when nobody wants the answer any more or its time is up: stop between two steps by ending quietly. */
  readonly signal?: AbortSignal | undefined;
}

/** One step of a search: the matches found (possibly none) and how far the search has come. */
export interface FindPage {
  readonly events: readonly StoredEvent[];
  /** Continue after this; undefined when the search reached the end (or its limit with nothing behind it known). */
  readonly position: Position | undefined;
}

/** What reports read. */
export interface ActivityQuery {
  /** Inclusive. */
  readonly from?: Instant | undefined;
  /** Exclusive. */
  readonly to?: Instant | undefined;
  /** What the events mean, see ../event/activity.ts. @default all that reports know */
  readonly types?: readonly ActivityType[] | undefined;
  readonly archived?: FindQuery["archived"];
  readonly signal?: AbortSignal | undefined;
}

/** How a search would go; for people, not for programs. @since 0.1.0 */
export interface SearchPlan {
  readonly engine: "sqlite" | "mongo";
  /** The index walked; null where nothing can match, or where the database server chooses. */
  readonly index: string | null;
  /** Stretches of it that are merged into one order; 0 where nothing can match. */
  readonly ranges: number;
  /** Who has the last word on an event: the index alone, SQL, the database server, or the matcher in this process. */
  readonly decided_by: "index" | "sql" | "server" | "matcher";
}

export type CountQuery = Pick<FindQuery, "selector" | "from" | "to" | "archived" | "signal" | "limit">;

/** What to archive: these ids, or the oldest events the selector accepts. */
export type ArchiveTarget = { readonly ids: readonly string[] } | { readonly selector: ParsedSelector };

/** One event and the place of its arrival; everything behind `cursor` arrived later. */
export interface Arrival {
  readonly event: StoredEvent;
  readonly cursor: string;
  /** About how much JSON it is, where the engine knows without effort. */
  readonly bytes?: number;
}

/** One step along the arrivals. */
export interface ArrivalPage {
  /** Oldest first; empty where nothing has arrived. */
  readonly arrivals: readonly Arrival[];
  /** Behind all that was looked at; go on from here. */
  readonly cursor: string;
  /**
   * Something that followed `after` cannot be told any more: it is no cursor of this database (then the page is empty
   * and its cursor the present end), or, where the engine can tell, a purge has taken events of this stretch.
   */
  readonly lost: boolean;
  /** Are there more behind it? @default when there are `limit` arrivals */
  readonly more?: boolean;
}

export interface BackendStats {
  /** Documents repaired while reading because another program wrote them in a shape no event has. */
  readonly repaired: number;
  /** Events whose `event_data` the server refused and that rest as JSON text. */
  readonly opaque: number;
}

export interface Backend {
  readonly kind: "sqlite" | "mongo";
  /** Marks and records of alerting; closed with the backend. */
  readonly alerts: AlertRecords;
  /** How many append() calls may be under way at once. */
  readonly concurrentAppends: number;
  /** Events beyond which a batch gains nothing. */
  readonly batchEvents: number;
  /**
   * Durable when it resolves; one outcome per event, in order. An id that comes twice in the batch is stored once.
   * Rejects only when nothing is known to be stored (re-sending is safe, ids make it idempotent).
   * @param received arrival instant to record with each event
   * @param marks what to write with each event of the batch; only those that become `stored` get theirs
   */
  append(
    batch: readonly PreparedEvent[],
    received: Instant,
    marks?: readonly (Marks | undefined)[],
  ): Promise<AppendOutcome[]>;
  get(id: string): Promise<StoredEvent | undefined>;
  /** Pages in order, in bounded memory and bounded steps (no step blocks the event loop for long). */
  find(query: FindQuery): AsyncIterable<FindPage>;
  /**
   * Activities by instant, then id; no page is empty. Of an event's `event_data` at least the paths of its type, as far
   * as they lead anywhere, and all of it where it is no object. Bounded as `find`, in steps of about 2 ms.
   */
  activities(query: ActivityQuery): AsyncIterable<readonly Activity[]>;
  /** How `find` would go about it; reads nothing. */
  explain(query: FindQuery): SearchPlan;
  /**
   * Events (archived ones too) in the order in which they arrived, behind `after`, at most `limit`. Without `after`:
   * none, only the present end as cursor. A cursor is text safe in a URL; any other text is answered as `lost`. An event
   * comes once on the way from one cursor to the end, also while others append.
   */
  arrivals(after: string | undefined, limit: number): Promise<ArrivalPage>;
  /** How often to look for events of other writers, in ms; undefined where nobody else can write. */
  readonly arrivalPollMs: number | undefined;
  /** Exact number of matches, or `limit` when there are at least that many. */
  count(query: CountQuery): Promise<number>;
  /** About how many events there are, without scanning. */
  estimate(): Promise<number>;
  /** Archives at most `limit` of the target's events that are not archived yet; returns how many. */
  archive(target: ArchiveTarget, at: Instant, limit: number): Promise<number>;
  /** Takes these events back from the archive; returns how many were in it. */
  unarchive(ids: readonly string[]): Promise<number>;
  /** Deletes at most `limit` events archived before the instant; returns how many. */
  purge(archivedBefore: Instant, limit: number): Promise<number>;
  /** Resolves when the engine answers now. */
  ping(): Promise<void>;
  stats(): BackendStats;
  /** Safe to call twice. */
  close(): Promise<void>;
}

/** What every engine is opened with. */
export interface BackendOptions {
  /** Zone of naive timestamps in documents that carry no derived instant. */
  readonly zone: ZoneReader;
  readonly readOnly: boolean;
  /** Told once per kind of trouble that does not fail a call (missing capability, unreadable document …). */
  readonly warn: (message: string) => void;
  readonly now: () => Date;
  /** Who decides on the database's version; without it nobody does. */
  readonly admit?: Admit | undefined;
  /** SQLite files only: see EventStoreOptions. A text names the file of the thread's code. */
  readonly writerThread?: boolean | string | undefined;
  /** MongoDB only: see EventStoreOptions. */
  readonly database?: string | undefined;
  readonly collection?: string | undefined;
  readonly client?: unknown;
}
