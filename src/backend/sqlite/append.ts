/** Writing: one transaction per batch; an id that is there already is compared with what was stored first. */
import { isDeepStrictEqual } from "node:util";
import type { StoredEvent } from "../../event/event.ts";
import type { Instant } from "../../event/instant.ts";
import { type Json, parseJson } from "../../event/json.ts";
import type { PreparedEvent } from "../../event/parse.ts";
import type { AppendOutcome } from "../backend.ts";
import type { Connection } from "./connection.ts";
import { countUpTo } from "./counted.ts";
import { eventsOf, ROW_SQL } from "./document.ts";

const INSERT = "insert into events (ts, received, doc) values (?, ?, ?) on conflict do nothing";
const STORED: AppendOutcome = Object.freeze({ status: "stored" });

export function appendBatch(writer: Connection, batch: readonly PreparedEvent[], received: Instant): AppendOutcome[] {
  return writer.transaction(() => {
    const outcomes = batch.map((prepared) => {
      const stored = writer.run(INSERT, [prepared.instant, received, prepared.text]) > 0;
      return stored ? STORED : compareWithFirst(writer, prepared);
    });
    countUpTo(writer);
    return outcomes;
  });
}

function compareWithFirst(writer: Connection, prepared: PreparedEvent): AppendOutcome {
  const id = prepared.event._id;
  const text = writer.get<{ doc: string }>("select doc from events where id = ?", [id])?.doc;
  const existing = readEvent(writer, id);
  if (text === undefined || !existing) throw new TypeError("an insert met a conflict but the event is not there");
  return { status: isSame(text, prepared) ? "duplicate" : "conflict", existing };
}

function isSame(text: string, prepared: PreparedEvent): boolean {
  if (text === prepared.text) return true;
  const comparable = (json: string) => {
    const fields = parseJson(json) as Record<string, Json>;
    if (prepared.timeDefaulted) delete fields.event_timestamp;
    return fields;
  };
  return isDeepStrictEqual(comparable(text), comparable(prepared.text));
}

/** The event with this id. */
export function readEvent(connection: Connection, id: string): StoredEvent | undefined {
  if (id.includes("\0") || !id.isWellFormed()) return undefined;
  const row = connection.get<{ row: string }>(`select ${ROW_SQL} as row from events where id = ?`, [id]);
  return eventsOf(row?.row)[0];
}
