/**
 * `export FILE|- [SELECTOR]`: events into a file, the oldest first. The file has its name only when it is complete; one
 * that was interrupted goes on with `--resume`.
 */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { EventStoreError } from "../../errors.ts";
import { localZone, zoneReader } from "../../event/zone.ts";
import type { Access } from "../access.ts";
import { addGrepFlag, type Choice, choiceOf, NO_TIME_LIMIT_MS } from "../choice.ts";
import { sqliteFile } from "../database-url.ts";
import { usageError } from "../exit.ts";
import { ExportFile } from "../export-file.ts";
import {
  type Dump,
  documents,
  dumpFile,
  EXPORT_FORMATS,
  type ExportFormat,
  ndjson,
  writeBeside,
} from "../export-format.ts";
import { type ExportRunOptions, exportToFile, exportToStdout } from "../export-run.ts";
import { booleanOption } from "../flags.ts";
import type { Io } from "../io.ts";
import { addAccessFlags, openAccess } from "../open-access.ts";
import { commandConfig, openStore } from "../open-store.ts";
import { addSelectionFlags } from "../selection.ts";
import { firstSignal } from "../shutdown.ts";
import { StoreAccess } from "../store-access.ts";

const EXAMPLES = `
Examples:
  madsci-events export lab.ndjson.gz --gzip --include-archived     everything
  madsci-events export bad.ndjson --level error --since 7d
  madsci-events export - --type node_error | jq .event_data
  madsci-events export dump --to-format mongodump                  for mongorestore: dump/madsci_events/events.bson

madsci-events import reads all of these. Archived events are left out unless --include-archived is set. A SQLite file may have a server meanwhile. Events that arrive during the export
are in it where their time is not past yet.`;

export function exportCommand(io: Io): Command {
  const command = new Command("export")
    .summary("write events to a file")
    .description("Writes the events that match to a file, the oldest first.")
    .argument("<file>", "file to write, folder of a dump, or - for stdout");
  addGrepFlag(addSelectionFlags(command))
    .addOption(new Option("--to-format <format>", "what to write").choices(EXPORT_FORMATS).default("ndjson"))
    .addOption(booleanOption("gzip", "pack it"))
    .addOption(booleanOption("resume", "go on with an export that was interrupted"))
    .addOption(booleanOption("force", "replace a file that is there"))
    .addHelpText("after", EXAMPLES);
  return addAccessFlags(command).action((file: string, selector: string | undefined) =>
    exportEvents(file, selector, { command, io }),
  );
}

interface Context {
  readonly command: Command;
  readonly io: Io;
}

interface ExportFlags {
  readonly toFormat: ExportFormat;
  readonly gzip?: string;
  readonly resume?: string;
  readonly force?: string;
  readonly server?: string;
}

async function exportEvents(name: string, selector: string | undefined, context: Context): Promise<void> {
  const { command, io } = context;
  const flags = command.opts<ExportFlags>();
  if (name === "-" && flags.toFormat === "mongodump") throw usageError("a dump is a folder; name one instead of -");
  if (name === "-" && flags.resume === "true") throw usageError("--resume needs a file; stdout starts over");
  const choice = await choiceOf(selector, command, io);
  const source = await sourceOf(context);
  await using access = source.access;
  let isStopped = false;
  const zone = zoneReader(access.zone ?? localZone());
  const encode = flags.toFormat === "ndjson" ? ndjson : await documents(zone);
  const options = { io, encode, accepts: choice.accepts, isStopped: () => isStopped };
  void firstSignal().then(() => {
    isStopped = true;
  });
  if (name === "-") {
    const count = await exportToStdout(search(access, choice, undefined), flags.gzip === "true", options);
    io.err(summary(count, "stdout", choice));
  } else await toFile({ name, selector, choice, options, source }, context);
}

interface Source {
  readonly access: Access;
  /** Names a dump's folder and file have. */
  readonly database: string;
  readonly collection: string;
  /** Where they lie; undefined behind a server and in other engines. */
  readonly file?: string | undefined;
}

async function sourceOf({ command, io }: Context): Promise<Source> {
  const names = { database: "madsci_events", collection: "events" };
  if (command.opts<ExportFlags>().server !== undefined)
    return { ...names, access: await openAccess(command, io, { readOnly: true }) };
  const config = commandConfig(command, io);
  const { mongo_db_url, database_name, collection_name, naive_timezone } = config.settings;
  const inUrl = /^mongodb(?:\+srv)?:\/\/[^/?]*\/([^?]+)/.exec(mongo_db_url)?.[1];
  const database =
    inUrl !== undefined && !config.origins.has("database_name") ? decodeURIComponent(inUrl) : database_name;
  const store = await openStore(config, io, { readOnly: true });
  const file = sqliteFile(mongo_db_url);
  return { access: new StoreAccess(store, naive_timezone ?? undefined), database, collection: collection_name, file };
}

function search(access: Access, { condition }: Choice, cursor: string | undefined) {
  return access.find({ ...condition, order: "oldest", cursor, timeoutMs: NO_TIME_LIMIT_MS });
}

interface Task {
  readonly name: string;
  readonly selector: string | undefined;
  readonly choice: Choice;
  readonly options: ExportRunOptions;
  readonly source: Source;
}

async function toFile({ name, selector, choice, options, source }: Task, { command, io }: Context): Promise<void> {
  const { toFormat, gzip, resume, force, ...rest } = command.opts<ExportFlags>();
  const isPacked = gzip === "true";
  const dump = toFormat === "mongodump" ? dumpOf(resolve(io.cwd, name), source, isPacked) : undefined;
  const file = await ExportFile.open({
    path: dump === undefined ? resolve(io.cwd, name) : dumpFile(dump),
    name,
    isPacked,
    isForced: force === "true",
    isResumed: resume === "true",
    database: source.file,
    request: createHash("sha256")
      .update(JSON.stringify([selector, toFormat, isPacked, rest]))
      .digest("hex"),
  });
  if (file.events > 0) io.err(`${name}: going on after ${file.events} event(s)`);
  let isDone = false;
  try {
    if (!(await exportToFile(search(source.access, choice, file.cursor), file, options)))
      throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", "stopped before the end");
    if (dump !== undefined) await writeBeside(dump, new Date());
    await file.finish();
    isDone = true;
  } finally {
    if (!isDone) io.err(`${name} is not complete; ${await file.leave()}`);
  }
  io.err(summary(file.events, name, choice));
}

function dumpOf(out: string, { database, collection }: Source, isPacked: boolean): Dump {
  const folder = join(out, database);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw usageError(`${folder} cannot be made (${(cause as NodeJS.ErrnoException).code})`, cause);
  }
  return { folder, collection, isPacked };
}

function summary(count: number, name: string, { condition }: Choice): string {
  const isWhole = condition.includeArchived === true || JSON.stringify(condition.selector).includes('"archived');
  return `madsci-events: ${count} event(s) written to ${name}${isWhole ? "" : ", without archived ones"}`;
}
