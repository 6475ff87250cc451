/** `backup restore`: adds what is missing, or (`--drop`) puts the backup in the place of what is there. */
import { Command, Option } from "commander";
import { redactUrl } from "../../backend/open.ts";
import { describeBackup } from "../../backup/catalogue.ts";
import { type OtherDatabase, shown } from "../../backup/damage.ts";
import { checkDatabase } from "../../backup/names.ts";
import { restoreBackup } from "../../backup/restore.ts";
import type { RestoreReport } from "../../backup/types.ts";
import { refuseNewer } from "../../schema/plan.ts";
import { forgetOld } from "../../schema/recover.ts";
import { addBackupFlags, type BackupPlace, backupPath, backupPlace, namesFlag, needDatabase } from "../backup-flags.ts";
import { backupProgress, factsText, failingAs } from "../backup-report.ts";
import { counted, usageError } from "../exit.ts";
import { booleanOption } from "../flags.ts";
import { type Io, warn } from "../io.ts";
import { type Place, placeOf } from "../migrate-place.ts";
import { replacing } from "../replacing.ts";
import { untilSignal } from "../shutdown.ts";

const EXAMPLES = `
Examples:
  madsci-events backup restore madsci_events_backup_…                      adds what is missing
  madsci-events backup restore madsci_events_backup_… --into other         into another database
  madsci-events backup restore madsci_events_backup_… --drop               replaces what is there
  madsci-events backup restore dump/madsci_events --url mongodb://localhost:27017

Without --drop nothing is changed or deleted: documents whose id is there are skipped. With --drop the backup is restored
beside what is there, counted, and takes its place. A server may keep running, except with an SQLite file.`;

export function backupRestoreCommand(io: Io): Command {
  const command = new Command("restore")
    .summary("restore a backup")
    .description("Restores a backup: ours, MADSci's, or what mongodump wrote.")
    .argument("<backup>", "its path, or its name in the folder of backups")
    .option("--into <database>", "another database than the backup's (MongoDB)")
    .addOption(new Option("--target-database <database>", "the same").hideHelp())
    .addOption(booleanOption("drop", "replace what is there"))
    .option("--collections <names>", "only these, separated by commas")
    .addHelpText("after", EXAMPLES);
  return addBackupFlags(command).action((given: string) => restore(command, given, io));
}

interface Flags {
  readonly into?: string;
  readonly targetDatabase?: string;
  readonly drop?: string;
  readonly collections?: string;
}

async function restore(command: Command, given: string, io: Io): Promise<void> {
  const flags = command.opts<Flags>();
  const drop = flags.drop === "true";
  const collections = namesFlag("collections", flags.collections);
  const around = backupPlace(command, io);
  const into = intoOf(flags, around);
  const path = backupPath(given, around, io);
  // A file that is lost comes back where it was, without anything being named.
  if (!(await isOfFile(path))) needDatabase(around);
  const place = into === undefined ? around.place : placeOf(around.config, into, io);
  const signal = untilSignal();
  const onOther = (other: OtherDatabase) => fixOf(other, around.database, into);
  await failingAs("Restore failed", { io, signal, onOther }, async () => {
    const isElsewhere = into !== undefined;
    const request = { path, drop, collections, signal, isElsewhere };
    const report = await restored(request, { ...around, place }, io);
    io.progress?.("");
    await io.out.write(factsText("Restore completed successfully", factsOf(path, place, report)));
  });
}

interface Request {
  readonly path: string;
  readonly drop: boolean;
  readonly collections: readonly string[] | undefined;
  readonly signal: AbortSignal;
  /** True where the target need not have the backup's name. */
  readonly isElsewhere: boolean;
}

async function restored(request: Request, { place, database }: BackupPlace, io: Io): Promise<RestoreReport> {
  const { path, isElsewhere, ...options } = request;
  const say = (message: string) => warn(io, message);
  const isMongo = place.url.startsWith("mongodb");
  if (!options.drop) await assertNotNewer(place);
  return replacing(place, { isWanted: isMongo && options.drop, io, signal: options.signal }, async (records) => {
    const target = await place.backup.target();
    try {
      // --database x --into x says twice where to, and nothing of where from.
      const from = database === target.database ? undefined : database;
      const expectDatabase = isMongo && !isElsewhere ? target.database : isElsewhere ? from : undefined;
      const onProgress = backupProgress(io);
      const report = await restoreBackup(path, { ...options, target, expectDatabase, warn: say, onProgress });
      if (options.collections === undefined) await forgetOld(records, report, say);
      else await records?.forgetSteps();
      return report;
    } finally {
      await target.close();
    }
  });
}

function fixOf({ found, expected }: OtherDatabase, database: string | undefined, into: string | undefined): string {
  const [here, there] = [shown(expected), shown(found)];
  if (into !== undefined) return `to restore it into ${shown(into)}, leave out --database or say --database ${there}`;
  const back = database === undefined ? `--into ${there}` : `--database ${there}`;
  return `to restore it into ${here}, add --into ${here}; into ${there}, ${back}`;
}

/** What an older program adds, a newer one may not be able to read. */
async function assertNotNewer(place: Place): Promise<void> {
  const records = await place.open(true);
  try {
    refuseNewer(await records.facts());
  } finally {
    await records.close();
  }
}

function intoOf({ into, targetDatabase }: Flags, { place }: BackupPlace): string | undefined {
  if (into !== undefined && targetDatabase !== undefined && into !== targetDatabase)
    throw usageError("--into and --target-database name two databases; give one of them");
  const name = into ?? targetDatabase;
  if (name === "") throw usageError("--into needs the name of a database");
  if (name !== undefined && !place.url.startsWith("mongodb"))
    throw usageError("--into names a database of a MongoDB server; for another file use --url sqlite:PATH");
  return name === undefined ? undefined : checkDatabase(name);
}

async function isOfFile(path: string): Promise<boolean> {
  const backup = await describeBackup(path).catch(() => undefined);
  return backup?.metadata.engine === "sqlite";
}

function factsOf(path: string, { url, database }: Place, { collections }: RestoreReport): Record<string, string> {
  const lines = Object.entries(collections).map(([name, { inserted, skipped }]) => {
    const there = skipped === 0 ? "" : `, ${skipped} there already`;
    return [name, `${counted(inserted, "document")}${there}`] as const;
  });
  const isNamed = database !== undefined && url.startsWith("mongodb");
  const into = isNamed ? `${database} at ${redactUrl(url)}` : redactUrl(url);
  return { from: path, into, ...Object.fromEntries(lines) };
}
