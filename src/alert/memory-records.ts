/**
 * MemoryRecords: what alerting keeps, in this process only. For simulations, which must not touch the database they
 * replay, and for tests of alerting without a store.
 *
 * Same promises as a database's (see AlertRecords), except that nothing survives the process and nothing bounds it but
 * what its user puts in. Records are kept as given, frozen: whoever hands one over must not change its body afterwards.
 */
import type {
  AlertRecord,
  AlertRecords,
  Lane,
  ListRecords,
  MarkedEvent,
  Marks,
  MarksWaiting,
  RecordKind,
} from "../backend/alert-records.ts";
import type { StoredEvent } from "../event/event.ts";
import { DueQueue } from "./due-queue.ts";

/** As a database's count of marks: exact up to here. */
const COUNTED_MARKS = 100_000;

/** One kind: records by id, and their order by time. */
class Shelf {
  readonly records = new Map<string, AlertRecord>();
  readonly due = new DueQueue(({ id, version, dueMs }) => {
    const record = this.records.get(id);
    return record?.version === version && record.dueMs === dueMs;
  });
  #newestFirst: readonly AlertRecord[] | null = null;

  put(record: AlertRecord): boolean {
    if ((this.records.get(record._id)?.version ?? 0) !== record.version - 1) return false;
    Object.freeze(record.body);
    this.records.set(record._id, Object.freeze({ ...record }));
    if (record.dueMs !== null) this.due.push({ dueMs: record.dueMs, id: record._id, version: record.version });
    this.#newestFirst = null;
    return true;
  }

  remove(id: string, version: number): boolean {
    if (this.records.get(id)?.version !== version) return false;
    this.#newestFirst = null;
    return this.records.delete(id);
  }

  newestFirst(): readonly AlertRecord[] {
    this.#newestFirst ??= [...this.records.values()].sort((a, b) => (isBehind(a, b) ? 1 : -1));
    return this.#newestFirst;
  }
}

export class MemoryRecords implements AlertRecords {
  readonly #shelves = new Map<RecordKind, Shelf>();
  readonly #events = new Map<string, StoredEvent>();
  /** Per lane, ids of events in the order of arrival. */
  readonly #marks = new Map<Lane, Map<string, readonly string[]>>();

  /** Keeps the event and marks it, as a store does in one unit; an event that is there already is left alone. */
  add(event: StoredEvent, marks: Marks): void {
    if (this.#events.has(event._id)) return;
    this.#events.set(event._id, event);
    for (const [lane, matched] of Object.entries(marks)) {
      if (matched.length > 0) this.#lane(lane).set(event._id, matched);
    }
  }

  /** The event is gone (purged); its marks stay behind. */
  drop(id: string): void {
    this.#events.delete(id);
  }

  event(id: string): StoredEvent | undefined {
    return this.#events.get(id);
  }

  async marked(lane: Lane, limit: number): Promise<MarkedEvent[]> {
    const found: MarkedEvent[] = [];
    const marks = this.#lane(lane);
    for (const [id, matched] of marks) {
      if (found.length >= limit) break;
      const event = this.#events.get(id);
      if (event === undefined) marks.delete(id);
      else found.push({ event, matched });
    }
    return found;
  }

  async unmark(lane: Lane, ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#lane(lane).delete(id);
  }

  async waiting(lane: Lane): Promise<MarksWaiting> {
    const marks = this.#lane(lane);
    const [oldest] = marks.keys();
    const receivedAt = oldest === undefined ? null : (this.#events.get(oldest)?.received_at ?? null);
    return {
      count: Math.min(marks.size, COUNTED_MARKS),
      oldestMs: receivedAt === null ? null : Date.parse(receivedAt),
    };
  }

  async read(kind: RecordKind, ids: readonly string[]): Promise<AlertRecord[]> {
    const { records } = this.#shelf(kind);
    return [...new Set(ids)].flatMap((id) => records.get(id) ?? []);
  }

  async write(kind: RecordKind, records: readonly AlertRecord[]): Promise<boolean[]> {
    const shelf = this.#shelf(kind);
    return records.map((record) => shelf.put(record));
  }

  async due(kind: RecordKind, atMs: number, limit: number): Promise<AlertRecord[]> {
    const { due, records } = this.#shelf(kind);
    return due.first(atMs, limit).map(({ id }) => records.get(id)!);
  }

  async nextDue(kind: RecordKind): Promise<number | null> {
    return this.#shelf(kind).due.nextMs();
  }

  async list(kind: RecordKind, query: ListRecords): Promise<AlertRecord[]> {
    const found: AlertRecord[] = [];
    for (const record of this.#shelf(kind).newestFirst()) {
      if (found.length >= query.limit) break;
      if (isListed(record, query)) found.push(record);
    }
    return found;
  }

  async count(kind: RecordKind, states?: readonly string[]): Promise<number> {
    const { records } = this.#shelf(kind);
    if (states === undefined) return records.size;
    let counted = 0;
    for (const { state } of records.values()) if (states.includes(state)) counted += 1;
    return counted;
  }

  async remove(kind: RecordKind, id: string, version: number): Promise<boolean> {
    return this.#shelf(kind).remove(id, version);
  }

  #shelf(kind: RecordKind): Shelf {
    return made(this.#shelves, kind, () => new Shelf());
  }

  #lane(lane: Lane): Map<string, readonly string[]> {
    return made(this.#marks, lane, () => new Map());
  }
}

function isListed(record: AlertRecord, { states, prefix, after }: ListRecords): boolean {
  if (states !== undefined && !states.includes(record.state)) return false;
  if (prefix !== undefined && !record._id.startsWith(prefix)) return false;
  return after === undefined || isBehind(record, after);
}

type Place = Pick<AlertRecord, "updatedMs" | "_id">;

/** In a list, `record` comes later than `other`. */
function isBehind(record: Place, other: Place): boolean {
  return record.updatedMs !== other.updatedMs ? record.updatedMs < other.updatedMs : record._id < other._id;
}

function made<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}
