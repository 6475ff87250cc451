/**
 * Plan: what the arguments of an import stand for, as files in the order in which they are read.
 *
 * A folder is a dump (its `.bson` files, or those of the databases in it: the collection of events is taken, all else is
 * left out) or holds log files, of which the oldest come first. What else a folder holds is passed over, and told. Pipes
 * are not read here: where an import was cannot be found again in one.
 */
import { type Dirent, readdirSync, statSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { EventStoreError } from "../errors.ts";
import { usageError } from "./exit.ts";

export interface Planned {
  /** Undefined for stdin. */
  readonly path: string | undefined;
  /** For people. */
  readonly name: string;
}

const DUMP = /^(.+)\.bson(?:\.gz)?$/;
/** What mongodump writes. */
const OF_DUMP = /\.(?:bson|metadata\.json)(?:\.gz)?$|^(?:prelude|oplog)\b/;
const LOG = /\.(?:log|ndjson|jsonl)(?:\.\d+|\.\d{4}-\d\d-\d\d[\w.-]*)?(?:\.gz)?$/;

/** What is passed over by name in a line; of more it tells the number. */
const TOLD = 5;

export interface PlanOptions {
  readonly cwd: string;
  /** Of a dump; the settings' one by default. */
  readonly collection: string;
  /** Takes a line about what is passed over. */
  readonly tell: (line: string) => void;
}

/** @throws EventStoreError `EVT_INVALID_OPTION` */
export function planned(names: readonly string[], options: PlanOptions): Planned[] {
  const files = names.flatMap((name) => (name === "-" ? [{ path: undefined, name }] : plannedOne(name, options)));
  if (files.length > 1 && files.some(({ path }) => path === undefined))
    throw usageError("- (stdin) cannot be combined with files");
  return files;
}

function plannedOne(name: string, options: PlanOptions): Planned[] {
  const path = resolve(options.cwd, name);
  try {
    const is = statSync(path);
    if (is.isDirectory()) return filesIn(path, name, options);
    if (is.isFile()) return [{ path, name }];
    throw usageError(`${name} is a pipe or a device, no file; use - and hand it over on stdin: import - < ${name}`);
  } catch (error) {
    if (error instanceof EventStoreError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw usageError(code === "ENOENT" ? `${name} does not exist` : `${name} cannot be read (${code})`);
  }
}

function filesIn(folder: string, name: string, { collection, tell }: PlanOptions): Planned[] {
  const dumps = [folder, ...foldersIn(folder)].flatMap((one) => namesIn(one).map((file) => join(one, file)));
  const found = dumps.filter((path) => DUMP.test(basename(path)));
  if (found.length > 0) {
    const only = dumpOf(found, { folder, name, collection });
    tellPassedOver(
      name,
      dumps.filter((path) => !OF_DUMP.test(basename(path))).map((path) => relative(folder, path)),
      tell,
    );
    return [only];
  }
  const logs = namesIn(folder).filter((file) => LOG.test(file));
  if (logs.length === 0) throw usageError(`${name} holds neither a dump (*.bson) nor log files (*.log, *.ndjson)`);
  const aged = logs.map((file) => ({ file, ageMs: statSync(join(folder, file)).mtimeMs }));
  aged.sort((a, b) => a.ageMs - b.ageMs || rotation(b.file) - rotation(a.file) || (a.file < b.file ? -1 : 1));
  const others = readdirSync(folder, { withFileTypes: true }).filter((entry) => !logs.includes(entry.name));
  tellPassedOver(
    name,
    others.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)),
    tell,
  );
  return aged.map(({ file }) => ({ path: join(folder, file), name: join(name, file) }));
}

function tellPassedOver(name: string, others: readonly string[], tell: PlanOptions["tell"]): void {
  if (others.length === 0) return;
  const named = [...others].sort().slice(0, TOLD).join(", ");
  const more = others.length > TOLD ? ` and ${others.length - TOLD} more` : "";
  tell(`${name}: passed over ${named}${more}; name a file or folder to import it`);
}

/** How often a log file has been rotated. */
function rotation(file: string): number {
  return Number(/\.(\d+)(?:\.gz)?$/.exec(file)?.[1] ?? 0);
}

interface Dump {
  readonly folder: string;
  readonly name: string;
  readonly collection: string;
}

function dumpOf(paths: readonly string[], { folder, name, collection }: Dump): Planned {
  const named = paths.filter((path) => DUMP.exec(basename(path))?.[1] === collection);
  const [only, second] = named;
  const shown = (all: readonly string[]) => all.map((path) => path.slice(folder.length + 1)).join(", ");
  if (only === undefined)
    throw usageError(`${name} holds no collection "${collection}" but ${shown(paths)}; name one with --collection`);
  if (second !== undefined)
    throw usageError(
      `${name} holds more than one collection "${collection}": ${shown(named)}; name one of these files`,
    );
  return { path: only, name: join(name, only.slice(folder.length + 1)) };
}

function namesIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.flatMap((entry) => (isFile(folder, entry) ? [entry.name] : [])).sort();
}

/** Links count as what they lead to. */
function isFile(folder: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isFile();
  return statSync(join(folder, entry.name), { throwIfNoEntry: false })?.isFile() === true;
}

function foldersIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [join(folder, entry.name)] : []));
}
