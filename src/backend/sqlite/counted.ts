/**
 * How many events there are, without scanning them: the number up to a row, written down now and then, plus the few
 * rows behind it. That row is never below a removed one, so it also keeps `seq` from being given twice.
 */
import type { Connection } from "./connection.ts";

/** Rows counted afresh by a reader, at most (and one batch more). */
const MAX_BEHIND = 10_000;

const BEHIND = "select base, up_to, (select ifnull(max(seq), 0) from events) as newest from counted";
const LAST = "select max(up_to, (select ifnull(max(seq), 0) from events)) as last from counted";
const SINCE = "select base + (select count(*) from events where seq > up_to) as n from counted";

export function countedEvents(connection: Connection): number {
  return connection.get<{ n: number }>(SINCE)?.n ?? 0;
}

/** `seq` of the last event that arrived, also when it has been purged since. */
export function lastSeq(connection: Connection): number {
  return connection.get<{ last: number }>(LAST)?.last ?? 0;
}

/** Called within each transaction that adds events. */
export function countUpTo(writer: Connection): void {
  const state = writer.get<{ up_to: number; newest: number }>(BEHIND);
  if (state && state.newest - state.up_to > MAX_BEHIND) {
    mark(writer, { events: countedEvents(writer), upTo: state.newest });
  }
}

/** Runs within a transaction what removes events and answers how many, and counts them off. */
export function removing(writer: Connection, remove: () => number): number {
  const [events, upTo] = [countedEvents(writer), lastSeq(writer)];
  const removed = remove();
  if (removed > 0) mark(writer, { events: events - removed, upTo });
  return removed;
}

function mark(writer: Connection, { events, upTo }: { readonly events: number; readonly upTo: number }): void {
  writer.run("update counted set base = ?, up_to = ?", [events, upTo]);
}
