/**
 * Turns: what is said about one incident reaches a recipient in the order in which it was said. While an earlier
 * notification of the same incident, channel and recipient is pending, under way or between two attempts, a later one
 * waits: a pager that hears `resolved` before `firing` would stay open for ever. One that is dead, discarded or folded holds
 * up nothing.
 *
 * Kept here is a hint, from all this process reads and writes: whoever leads reads it anew, and before one waits for
 * another, that other is looked at as it is in the database. When it is full, further ones go as they come.
 *
 * Not for digests, tests and MADSci's own mails: each of them says all by itself.
 */
import type { AlertRecord, AlertRecords } from "../backend/alert-records.ts";
import type { Notification } from "./notification.ts";

/** Unfinished notifications remembered. */
const MOST = 100_000;

/** One that has yet to be sent. */
type Unfinished = Pick<AlertRecord, "_id" | "state" | "dueMs"> & { readonly sequence: number };

export class Turns {
  readonly #unfinished = new Map<string, Map<string, Unfinished>>();
  #size = 0;

  /** A notification as it is in the database now. */
  note(record: AlertRecord): void {
    const key = keyOf(record);
    if (!isUnfinished(record)) this.drop(record);
    if (key === null || !isUnfinished(record)) return;
    const its = this.#unfinished.get(key) ?? new Map<string, Unfinished>();
    if (!its.has(record._id)) {
      if (this.#size >= MOST) return;
      this.#size += 1;
    }
    const { _id, state, dueMs } = record;
    this.#unfinished.set(key, its.set(_id, { _id, state, dueMs, sequence: Number(record.body.sequence) }));
  }

  /** Nobody waits for this one any more. */
  drop(record: Pick<AlertRecord, "_id" | "body">): void {
    const key = keyOf(record);
    const its = key === null ? undefined : this.#unfinished.get(key);
    if (key === null || !its?.delete(record._id)) return;
    this.#size -= 1;
    if (its.size === 0) this.#unfinished.delete(key);
  }

  forget(): void {
    this.#unfinished.clear();
    this.#size = 0;
  }

  /** The one it has to wait for: the first of those said before it. */
  before(record: AlertRecord): Unfinished | undefined {
    const key = keyOf(record);
    let first: Unfinished | undefined;
    for (const one of (key !== null && this.#unfinished.get(key)?.values()) || []) {
      if (one.sequence < Number(record.body.sequence) && one.sequence < (first?.sequence ?? Infinity)) first = one;
    }
    return first;
  }

  /** Looks at those that a page has to wait for; others may have changed them. */
  async look(records: AlertRecords, due: readonly AlertRecord[]): Promise<void> {
    for (const record of due) this.note(record);
    const here = new Set(due.map(({ _id }) => _id));
    const away = new Map<string, AlertRecord>();
    for (const record of due) {
      const first = isUnfinished(record) ? this.before(record) : undefined;
      if (first !== undefined && !here.has(first._id)) away.set(first._id, record);
    }
    if (away.size === 0) return;
    for (const record of await records.read("notifications", [...away.keys()])) {
      this.note(record);
      away.delete(record._id);
    }
    for (const [_id, { body }] of away) this.drop({ _id, body });
  }
}

function isUnfinished({ state }: AlertRecord): boolean {
  return state === "pending" || state === "retry" || state === "sending";
}

/** Null: it goes as it comes. */
function keyOf({ body }: Pick<AlertRecord, "body">): string | null {
  const { incident_id, channel, recipient, occasion, notice } = body as unknown as Notification;
  if (notice.compat || occasion === "digest" || occasion === "test") return null;
  return JSON.stringify([incident_id, channel, recipient]);
}
