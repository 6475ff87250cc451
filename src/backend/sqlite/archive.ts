/** Archiving and purging, in short transactions with turns of the event loop between them. */
import { setImmediate as turn } from "node:timers/promises";
import type { Instant } from "../../event/instant.ts";
import type { Connection } from "./connection.ts";
import { removing } from "./counted.ts";

/** Rows changed in one transaction. */
const STEP = 250;

const ARCHIVE = `update events set archived = ?
  where id in (select value from json_each(?)) and archived is null`;
const UNARCHIVE = `update events set archived = null
  where id in (select value from json_each(?)) and archived is not null`;
const PURGED = `select seq from events indexed by events_archived
  where archived is not null and archived < ? order by archived, id limit ?`;
const PURGE_MARKS = `delete from alert_marks where seq in (${PURGED})`;
const PURGE = `delete from events where seq in (${PURGED})`;

/** How many of these were not archived before. */
export function archiveIds(writer: Connection, ids: readonly string[], at: Instant): Promise<number> {
  return inSteps(ids, (part) => writer.transaction(() => writer.run(ARCHIVE, [at, part])));
}

/** How many of these were archived. */
export function unarchiveIds(writer: Connection, ids: readonly string[]): Promise<number> {
  return inSteps(ids, (part) => writer.transaction(() => writer.run(UNARCHIVE, [part])));
}

async function inSteps(ids: readonly string[], change: (part: string) => number): Promise<number> {
  const known = ids.filter((id) => id.isWellFormed());
  let changed = 0;
  for (let at = 0; at < known.length; at += STEP) {
    if (at > 0) await turn();
    changed += change(JSON.stringify(known.slice(at, at + STEP)));
  }
  return changed;
}

/** Deletes the longest archived first; returns how many. */
export async function purgeArchived(writer: Connection, before: Instant, limit: number): Promise<number> {
  let purged = 0;
  while (purged < limit) {
    const most = Math.min(STEP, limit - purged);
    const removed = purgeStep(writer, before, most);
    purged += removed;
    if (removed < most) return purged;
    await turn();
  }
  return purged;
}

function purgeStep(writer: Connection, before: Instant, most: number): number {
  return writer.transaction(() => {
    writer.run(PURGE_MARKS, [before, most]);
    return removing(writer, () => writer.run(PURGE, [before, most]));
  });
}
