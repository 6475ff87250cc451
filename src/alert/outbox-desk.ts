/** What people do with notifications: list them, try a dead one again, give one up. */
import type { AlertRecord, AlertRecords } from "../backend/alert-records.ts";
import { EventStoreError } from "../errors.ts";
import type { ListQuery, Page } from "./desk.ts";
import type { Notification, NotificationState } from "./notification.ts";
import { changed, notificationOf, removalMs } from "./outbox-record.ts";
import { limitOf, pageOf, placeOf } from "./record-page.ts";

/** A record that changes under our hands is read again this often. */
const TRIES = 5;

export async function listNotifications(
  records: AlertRecords,
  query: ListQuery<NotificationState> = {},
): Promise<Page<Notification>> {
  const limit = limitOf(query.limit);
  const after = placeOf(query.cursor);
  const found = await records.list("notifications", { states: query.states, after, limit: limit + 1 });
  return pageOf(found, limit, notificationOf);
}

export async function readNotification(records: AlertRecords, id: string): Promise<Notification | undefined> {
  const [record] = await records.read("notifications", [id]);
  return record && notificationOf(record);
}

/** A dead one begins anew; one between two attempts is tried at once. */
export function retryNotification(records: AlertRecords, id: string, nowMs: number) {
  const again = (record: AlertRecord) => changed(record, { state: "pending", dueMs: nowMs, nowMs }, { attempts: 0 });
  return change(records, id, { from: ["dead", "retry"], verb: "tried again", next: again });
}

/** A dead or waiting one is given up; one that is given up already stays so. */
export function discardNotification(records: AlertRecords, id: string, nowMs: number) {
  const dueMs = removalMs("discarded", nowMs, 0);
  const gone = (record: AlertRecord) =>
    record.state === "discarded" ? null : changed(record, { state: "discarded", dueMs, nowMs });
  return change(records, id, { from: ["dead", "retry", "pending", "discarded"], verb: "discarded", next: gone });
}

interface Change {
  readonly from: readonly string[];
  readonly verb: string;
  /** Null: it is as wanted already. */
  readonly next: (record: AlertRecord) => AlertRecord | null;
}

async function change(
  records: AlertRecords,
  id: string,
  { from, verb, next }: Change,
): Promise<Notification | undefined> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const [record] = await records.read("notifications", [id]);
    if (record === undefined) return undefined;
    if (!from.includes(record.state)) throw cannot(id, record.state, verb);
    const wanted = next(record);
    if (wanted === null) return notificationOf(record);
    const [kept] = await records.write("notifications", [wanted]);
    if (kept) return notificationOf(wanted);
  }
  throw new EventStoreError("EVT_CONFLICT", `id: notification ${id} is being changed by others; try again`);
}

function cannot(id: string, state: string, verb: string): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", `id: notification ${id} is ${state} and cannot be ${verb}`);
}
