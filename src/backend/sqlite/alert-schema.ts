/**
 * The tables of alerting: marks of events that wait for a lane, and versioned records.
 *
 * Made in every file that is opened for writing, so also in one an earlier version made; such a version ignores them.
 */
import type { Connection } from "./connection.ts";

/** A mark is found by lane in the order of arrival, and by `seq` when its event is purged. */
const ALERT_SQL = `
CREATE TABLE IF NOT EXISTS alert_marks (
  lane TEXT NOT NULL,
  seq INTEGER NOT NULL,
  matched TEXT NOT NULL,
  PRIMARY KEY (lane, seq)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS alert_marks_seq ON alert_marks (seq);
CREATE TABLE IF NOT EXISTS alert_records (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  due INTEGER,
  updated INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (kind, id)
);
CREATE INDEX IF NOT EXISTS alert_records_due ON alert_records (kind, due, id) WHERE due IS NOT NULL;
CREATE INDEX IF NOT EXISTS alert_records_updated ON alert_records (kind, updated, id, state);
CREATE INDEX IF NOT EXISTS alert_records_state ON alert_records (kind, state);
`;

/** An earlier version of this program purges events without their marks; nobody else does. */
const ORPHANS = "delete from alert_marks where not exists (select 1 from events where events.seq = alert_marks.seq)";
const TABLES = "select count(*) as n from sqlite_schema where name in ('alert_marks', 'alert_records')";

/** Within the transaction that prepares a file. */
export function ensureAlerts(writer: Connection): void {
  writer.exec(ALERT_SQL);
  writer.run(ORPHANS);
}

/** False in a file that no version with alerting has written to. */
export function hasAlerts(connection: Connection): boolean {
  return connection.get<{ n: number }>(TABLES)?.n === 2;
}
