/** Writing: one transaction per batch; an id that is there already is compared with what was stored first. */
import { isDeepStrictEqual } from "node:util";
import type { StoredEvent } from "../../event/event.ts";
import type { Instant } from "../../event/instant.ts";
import { type Json, parseJson } from "../../event/json.ts";
import type { PreparedEvent } from "../../event/parse.ts";
import type { Marks } from "../alert-records.ts";
import type { AppendOutcome } from "../backend.ts";
import { activityText } from "./activity-text.ts";
import type { Connection } from "./connection.ts";
import { countUpTo, lastSeq } from "./counted.ts";
import { eventsOf, ROW_SQL } from "./document.ts";
import { writeMarks } from "./marks.ts";

const INSERT = `insert into events (seq, ts, received, head, data, activity) values (?, ?, ?, ?, ?, ?)
  on conflict do nothing`;
export const STORED: AppendOutcome = Object.freeze({ status: "stored" });

/** What is written of an event. */
export type WrittenEvent = Pick<PreparedEvent, "instant" | "head" | "data" | "timeDefaulted"> & {
  readonly event: { readonly _id: string };
  /** See activity-text.ts. */
  readonly activity: string | null;
};

export function writtenOf({ event, instant, head, data, timeDefaulted }: PreparedEvent): WrittenEvent {
  return { event, instant, head, data, timeDefaulted, activity: activityText(event) };
}

/** What arrives at once. */
export interface Batch {
  readonly events: readonly WrittenEvent[];
  readonly received: Instant;
  readonly marks?: readonly (Marks | undefined)[] | undefined;
}

export function appendBatch(writer: Connection, { events, received, marks }: Batch): AppendOutcome[] {
  return writer.transaction(() => {
    let seq = lastSeq(writer) + 1;
    const outcomes = events.map((prepared, at) => {
      const { instant, head, data, activity } = prepared;
      const stored = writer.run(INSERT, [seq, instant, received, head, data, activity]) > 0;
      if (!stored) return compareWithFirst(writer, prepared);
      const its = marks?.[at];
      if (its) writeMarks(writer, seq, its);
      seq++;
      return STORED;
    });
    countUpTo(writer);
    return outcomes;
  });
}

function compareWithFirst(writer: Connection, prepared: WrittenEvent): AppendOutcome {
  const id = prepared.event._id;
  const texts = writer.get<Texts>("select head, data from events where id = ?", [id]);
  const existing = readEvent(writer, id);
  if (!texts || !existing) throw new TypeError("an insert met a conflict but the event is not there");
  return { status: isSame(texts, prepared) ? "duplicate" : "conflict", existing };
}

type Texts = Pick<WrittenEvent, "head" | "data">;

function isSame(first: Texts, prepared: WrittenEvent): boolean {
  return isSameHead(first.head, prepared) && isSameData(first.data, prepared.data);
}

function isSameHead(first: string, prepared: WrittenEvent): boolean {
  if (first === prepared.head) return true;
  const comparable = (json: string) => {
    const fields = parseJson(json) as Record<string, Json>;
    if (prepared.timeDefaulted) delete fields.event_timestamp;
    return fields;
  };
  return isDeepStrictEqual(comparable(first), comparable(prepared.head));
}

/** The order of keys says nothing. */
function isSameData(first: string, second: string): boolean {
  return first === second || isDeepStrictEqual(parseJson(first), parseJson(second));
}

/** The event with this id. */
export function readEvent(connection: Connection, id: string): StoredEvent | undefined {
  if (id.includes("\0") || !id.isWellFormed()) return undefined;
  const row = connection.get<{ row: string }>(`select ${ROW_SQL} as row from events where id = ?`, [id]);
  return eventsOf(row?.row)[0];
}
