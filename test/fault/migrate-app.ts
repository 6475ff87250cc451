/**
 * A migrator made to be killed: brings a database up to date with a real backup, and dies at one of its steps by SIGKILL.
 *
 * The last argument is a plan as JSON. Writes one JSON object a line: { step } before each step, { report } at the end.
 */
import { writeSync } from "node:fs";
import { openDumpSource } from "../../src/backend/open-dump.ts";
import { openDumpTarget } from "../../src/backend/open-dump-target.ts";
import { openSchemaRecords } from "../../src/backend/open-schema.ts";
import { makeBackup } from "../../src/backup/make.ts";
import { restoreBackup } from "../../src/backup/restore.ts";
import { openScratch } from "../../src/backup/scratch.ts";
import { zoneReader } from "../../src/event/zone.ts";
import { migrate } from "../../src/schema/migrate.ts";
import { packagedSchema } from "../../src/schema/schema-file.ts";

export interface MigratePlan {
  readonly url: string;
  readonly database: string;
  readonly dir: string;
  /** Dies at this step, counted from 0. */
  readonly dieAt?: number;
  readonly ttlMs: number;
}

const { url, database, dir, dieAt, ttlMs } = JSON.parse(String(process.argv.at(-1))) as MigratePlan;
const tell = (what: object) => writeSync(1, `${JSON.stringify(what)}\n`);
const warn = (message: string) => tell({ warning: message });
const zone = zoneReader("UTC");

let steps = 0;
function onStep(step: string): void {
  tell({ step });
  if (steps++ === dieAt) process.kill(process.pid, "SIGKILL");
}

const records = await openSchemaRecords(url, { database, zone, warn, readOnly: false, waitMs: 60_000 });
const report = await migrate({
  records,
  schema: packagedSchema(),
  backup: {
    tool: { make: makeBackup, restore: restoreBackup },
    dir,
    source: () => openDumpSource(url, { database, warn }),
    target: () => openDumpTarget(url, { database, warn }),
    scratch: () => openScratch(url, { database, warn }),
  },
  owner: `process ${process.pid}`,
  zone,
  now: () => new Date(),
  warn,
  share: 1,
  batch: 50,
  ttlMs,
  onStep,
});
tell({ report });
await records.close();
