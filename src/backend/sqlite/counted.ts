/**
 * How many events there are, without scanning them: the number up to a row, written down now and then, plus the few
 * rows behind it.
 */
import type { Connection } from "./connection.ts";

/** Rows counted afresh by a reader, at most (and one batch more). */
const MAX_BEHIND = 10_000;

const BEHIND = "select base, up_to, (select ifnull(max(seq), 0) from events) as newest from counted";
const SINCE = "select base + (select count(*) from events where seq > up_to) as n from counted";

export function countedEvents(connection: Connection): number {
  return connection.get<{ n: number }>(SINCE)?.n ?? 0;
}

/** Called within each transaction that adds events. */
export function countUpTo(writer: Connection): void {
  const state = writer.get<{ up_to: number; newest: number }>(BEHIND);
  if (state && state.newest - state.up_to > MAX_BEHIND) mark(writer, countedEvents(writer));
}

/** Called within each transaction that removes events, with the number before. */
export function countRemoved(writer: Connection, before: number, removed: number): void {
  mark(writer, before - removed);
}

function mark(writer: Connection, count: number): void {
  writer.run("update counted set base = ?, up_to = (select ifnull(max(seq), 0) from events)", [count]);
}
