/**
 * The floor for SQLite: events that are JSON text already, a prepared insert, transactions of 1000, the same tables,
 * indexes and sync as ours. Arguments: path, number of events. Prints events per second.
 */
import { writtenOf } from "../../src/backend/sqlite/append.ts";
import { Connection } from "../../src/backend/sqlite/connection.ts";
import { ensureSchema, WRITER_PRAGMAS } from "../../src/backend/sqlite/schema.ts";
import { instantOf } from "../../src/event/instant.ts";
import { parseContext, prepareEvent } from "../../src/event/parse.ts";
import { labEvent } from "./events.ts";

const BATCH = 1000;
const [path = "", count = "0"] = process.argv.slice(2);
const context = parseContext({ naiveTimezone: "UTC" });
const rows = Array.from({ length: Number(count) }, (_, n) => {
  const { instant, head, data, activity } = writtenOf(prepareEvent(labEvent(n), context));
  return [instant, head, data, activity] as const;
});

const connection = await Connection.open(path);
connection.exec(WRITER_PRAGMAS);
ensureSchema(connection, []);
const received = instantOf(new Date());
const startMs = performance.now();
for (let at = 0; at < rows.length; at += BATCH) {
  connection.transaction(() => {
    for (const [instant, head, data, activity] of rows.slice(at, at + BATCH)) {
      connection.run("insert into events (ts, received, head, data, activity) values (?, ?, ?, ?, ?)", [
        instant,
        received,
        head,
        data,
        activity,
      ]);
    }
  });
}
console.log(rows.length / ((performance.now() - startMs) / 1000));
connection.close();
