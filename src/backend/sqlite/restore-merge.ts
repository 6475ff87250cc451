/** What a restore leaves as it is: copied from the old file into the new one before they change places. */
import type { Connection } from "./connection.ts";
import type { SqlValue } from "./driver.ts";
import { ALERT, columnsOf, EVENTS, VERSIONS } from "./restore-rows.ts";

/** @param staged names of the collections the new file has of its own */
export function keepOthers(writer: Connection, file: string, staged: readonly string[]): void {
  writer.run("attach ? as old", [file]);
  try {
    writer.transaction(() => copyOthers(writer, new Set(staged)));
  } finally {
    writer.exec("detach old");
  }
}

function copyOthers(writer: Connection, staged: ReadonlySet<string>): void {
  const there = new Set(writer.all<{ name: string }>("select name from old.sqlite_schema").map(({ name }) => name));
  if (!there.has("events")) return;
  if (!staged.has(EVENTS)) {
    writer.exec("delete from counted");
    for (const table of ["events", "counted", "alert_marks"]) if (there.has(table)) copy(writer, table);
  }
  if (!staged.has(VERSIONS)) copy(writer, "schema_versions");
  if (!there.has("alert_records")) return;
  const kinds = [...staged].filter((name) => name.startsWith(ALERT)).map((name) => name.slice(ALERT.length));
  copy(writer, "alert_records", "where kind not in (select value from json_each(?))", [JSON.stringify(kinds)]);
}

function copy(writer: Connection, table: string, where = "", values: readonly SqlValue[] = []): void {
  const old = new Set(columnsOf(writer, table, "old"));
  const columns = columnsOf(writer, table)
    .filter((name) => old.has(name))
    .join(", ");
  writer.run(`insert into main.${table} (${columns}) select ${columns} from old.${table} ${where}`, values);
}
