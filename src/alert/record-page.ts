/** Pages of records as people ask for them: a limit, a cursor, newest change first. */
import type { AlertRecord } from "../backend/alert-records.ts";
import { EventStoreError } from "../errors.ts";
import type { Page } from "./desk.ts";

const DEFAULT_LIMIT = 100;
const MOST = 1000;
const CURSOR = /^(\d{1,15})-(.{1,200})$/s;

export type Place = Pick<AlertRecord, "updatedMs" | "_id">;

/** @throws EventStoreError `EVT_INVALID_OPTION` */
export function limitOf(limit = DEFAULT_LIMIT): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw new EventStoreError("EVT_INVALID_OPTION", `limit: must be a whole number from 1 to ${MOST}`);
}

/** @throws EventStoreError `EVT_INVALID_OPTION` */
export function placeOf(cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined;
  const [, updatedMs, _id] = CURSOR.exec(cursor) ?? [];
  if (updatedMs !== undefined && _id !== undefined) return { updatedMs: Number(updatedMs), _id };
  throw new EventStoreError("EVT_INVALID_OPTION", "cursor: must be one that an earlier page has given");
}

/** @param found up to one record more than the page holds */
export function pageOf<T>(found: readonly AlertRecord[], limit: number, read: (record: AlertRecord) => T): Page<T> {
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : undefined;
  return { items: items.map(read), cursor: last ? `${last.updatedMs}-${last._id}` : null };
}

/** As a list is ordered. */
export function isBefore(a: Place, b: Place): boolean {
  return a.updatedMs !== b.updatedMs ? a.updatedMs > b.updatedMs : a._id > b._id;
}
