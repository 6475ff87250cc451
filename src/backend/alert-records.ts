/**
 * What alerting keeps in the same database as the events: marks and records.
 *
 * A mark says "this event has yet to be looked at" by one lane. It is written with its event in one atomic unit, so a
 * mark exists exactly when its event was stored (and was not there before), and goes when the lane has dealt with it.
 *
 * A record is a small JSON document with a version. Every change names the version it was made from, so of two writers
 * with the same idea one is told no; there is no other lock.
 */
import { EventStoreError } from "../errors.ts";
import type { StoredEvent } from "../event/event.ts";
import type { Json } from "../event/json.ts";

/** Who deals with marks: `rules` (the engine's incidents) or a hook by its name. Letters, digits, `-`, `_`; at most 64. */
export type Lane = string;

const LANE = /^[A-Za-z0-9_-]{1,64}$/;

/** The lane itself. @throws EventStoreError `EVT_INVALID_OPTION` for a text that can be none. */
export function checkedLane(lane: Lane): Lane {
  if (LANE.test(lane)) return lane;
  const fix = "use 1 to 64 letters, digits, - and _";
  throw new EventStoreError("EVT_INVALID_OPTION", `lane: ${JSON.stringify(lane)} is no name of a lane; ${fix}`);
}

/** What is written with an event: for each lane that wants it, the ids of what matched. */
export type Marks = Readonly<Record<Lane, readonly string[]>>;

/** @throws EventStoreError `EVT_INVALID_OPTION` as {@link checkedLane} */
export function checkMarks(marks: readonly (Marks | undefined)[] | undefined): void {
  for (const its of marks ?? []) for (const lane of Object.keys(its ?? {})) checkedLane(lane);
}

/** An event that waits for a lane. */
export interface MarkedEvent {
  readonly event: StoredEvent;
  /** Ids of what matched when it arrived. */
  readonly matched: readonly string[];
}

export interface MarksWaiting {
  readonly count: number;
  /** Arrival of the oldest, epoch ms; null where none waits. */
  readonly oldestMs: number | null;
}

export type RecordKind = "groups" | "incidents" | "notifications" | "silences" | "state";

export interface AlertRecord {
  readonly _id: string;
  /** 1 for a new record; each change adds one. */
  readonly version: number;
  /** A word lists can be narrowed by, e.g. `firing`. */
  readonly state: string;
  /** When somebody must look at it next, epoch ms; null for never. */
  readonly dueMs: number | null;
  /** Last change that people would call one, epoch ms; orders lists. */
  readonly updatedMs: number;
  readonly body: { readonly [field: string]: Json };
}

export interface ListRecords {
  readonly states?: readonly string[];
  /** Ids that begin with this text. */
  readonly prefix?: string;
  /** Behind this place of an earlier list. */
  readonly after?: Pick<AlertRecord, "updatedMs" | "_id">;
  readonly limit: number;
}

/** Rejects as Backend does, and with `EVT_INVALID_OPTION` for a name that can be no lane. */
export interface AlertRecords {
  /**
   * Waiting events of a lane, those that arrived first first. A mark whose event is gone is removed and not returned.
   * Fewer than `limit` where they are large, but never none while any waits.
   */
  marked(lane: Lane, limit: number): Promise<MarkedEvent[]>;
  /** The lane is done with these. */
  unmark(lane: Lane, ids: readonly string[]): Promise<void>;
  /** How many wait; exact up to 100 000, then that number. */
  waiting(lane: Lane): Promise<MarksWaiting>;
  /** The records with these ids that exist, in any order. */
  read(kind: RecordKind, ids: readonly string[]): Promise<AlertRecord[]>;
  /**
   * Writes each record whose stored version is `version - 1` (1: must not exist yet); says for each whether it did.
   * Durable when it resolves. Each record is written or not by itself. Ids of one call are distinct.
   */
  write(kind: RecordKind, records: readonly AlertRecord[]): Promise<boolean[]>;
  /** Records whose time has come (`dueMs` ≤ `atMs`), the longest overdue first. */
  due(kind: RecordKind, atMs: number, limit: number): Promise<AlertRecord[]>;
  /** Earliest `dueMs` of the kind; null for none. */
  nextDue(kind: RecordKind): Promise<number | null>;
  /** Newest `updatedMs` first, ties by descending id. */
  list(kind: RecordKind, query: ListRecords): Promise<AlertRecord[]>;
  /** Exact number, of these states where given. */
  count(kind: RecordKind, states?: readonly string[]): Promise<number>;
  /** Removes the record if it still has this version. */
  remove(kind: RecordKind, id: string, version: number): Promise<boolean>;
}
