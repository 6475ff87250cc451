/**
 * `import FILE|FOLDER|-`: events from files into the store. Importing again stores nothing twice, and an import that was
 * stopped, or whose process died, goes on where it was.
 */
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { destinationOf } from "../../../transports/options.ts";
import { EventStoreError } from "../../errors.ts";
import type { Config } from "../config.ts";
import { isDatabaseFile, isSameFile } from "../database-files.ts";
import { sqliteFile } from "../database-url.ts";
import { CommandFailure, oneLine, usageError } from "../exit.ts";
import { booleanOption } from "../flags.ts";
import { Importer } from "../import-files.ts";
import { IMPORT_FORMATS, type ImportFormat } from "../import-item.ts";
import { type Planned, planned } from "../import-plan.ts";
import type { Io } from "../io.ts";
import { addStoreFlags, commandConfig, openStore } from "../open-store.ts";
import { firstSignal } from "../shutdown.ts";

const EXAMPLES = `
Examples:
  madsci-events import events.ndjson.gz
  madsci-events import .madsci/logs                      all log files of MADSci's clients in a folder
  madsci-events import dump/madsci_events --url sqlite:lab.db
  zcat old.ndjson.gz | madsci-events import - --rejects refused.ndjson

What a file holds is told from its content. Lines without an id get one that follows from the file, so importing a file
again, or renamed, packed or rotated, stores nothing twice. Events that were archived stay archived, with their time.
After Ctrl-C, a crash or a lost database the same command goes on where it was; stdin starts over.
A MADSci client that sends its events to a server also writes them to its log file, there without ids: import one or the
other. A SQLite file that a server has open has its one writer: stop that server first.

Exit codes: 0 all are there, 1 some were refused or a file is damaged, 2 usage, 4 not finished (says how far it came).`;

/** A server that looks through everything for ids it may hold (FerretDB 1.x) needs a while. */
const APPEND_TIMEOUT_MS = 60_000;

export function importCommand(io: Io): Command {
  const command = new Command("import")
    .summary("store events from files")
    .description("Stores events from NDJSON, MADSci log files or a mongodump folder.")
    .argument("<files...>", "files, folders, or - for stdin")
    .addOption(
      new Option("--from-format <format>", "what they hold").choices(["auto", ...IMPORT_FORMATS]).default("auto"),
    )
    .option("--collection <name>", "which collection of a dump (default: the name our own has)")
    .option("--rejects <file>", "add what is refused to this file, as NDJSON")
    .addOption(booleanOption("restart", "start over, whatever an earlier import had done"))
    .addHelpText("after", EXAMPLES);
  return addStoreFlags(command).action((files: string[]) => importFiles(files, command, io));
}

interface ImportFlags {
  readonly fromFormat: ImportFormat | "auto";
  readonly collection?: string;
  readonly rejects?: string;
  readonly restart?: string;
}

async function importFiles(files: readonly string[], command: Command, io: Io): Promise<void> {
  const flags = command.opts<ImportFlags>();
  const config = commandConfig(command, io);
  const collection = flags.collection ?? config.settings.collection_name;
  const plan = planned(files, { cwd: io.cwd, collection, tell: (line) => io.err(oneLine(line)) });
  if (flags.rejects !== undefined) assertApart(flags.rejects, { plan, config, io });
  await using store = await openStore(config, io, { writerThread: true, appendTimeoutMs: APPEND_TIMEOUT_MS });
  const importer = new Importer(store, {
    io,
    format: flags.fromFormat === "auto" ? undefined : flags.fromFormat,
    rejects: flags.rejects,
    isRestart: flags.restart === "true",
    destination: placeOf(config),
    naiveTimezone: config.settings.naive_timezone ?? undefined,
  });
  void firstSignal().then(() => importer.stop());
  const { refused, failures, stopped } = await importer.run(plan);
  if (stopped !== undefined) throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", stopped);
  if (failures.length > 0) throw new CommandFailure(failures.join("; "));
  if (refused > 0) throw new CommandFailure(`${refused} of the events were not stored; see above`);
}

interface Known {
  readonly plan: readonly Planned[];
  readonly config: Config;
  readonly io: Io;
}

/** @throws EventStoreError `EVT_INVALID_OPTION` where rejects would be written into a database or an input */
function assertApart(rejects: string, { plan, config, io }: Known): void {
  const path = resolve(io.cwd, rejects);
  if (isDatabaseFile(path, sqliteFile(config.settings.mongo_db_url)))
    throw usageError(`--rejects ${rejects} would be written into a database; name another file`);
  if (plan.some((one) => one.path !== undefined && isSameFile(path, one.path)))
    throw usageError(`--rejects ${rejects} is one of the files to import; name another file`);
}

/** Names the database; undefined for one that does not outlive the process. */
function placeOf({ settings }: Config): string | undefined {
  const { mongo_db_url, database_name, collection_name } = settings;
  if (mongo_db_url === "memory:" || mongo_db_url.endsWith(":memory:")) return undefined;
  return [destinationOf([mongo_db_url]), database_name, collection_name].join(" ");
}
