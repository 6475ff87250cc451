/**
 * Plan: what the arguments of an import stand for, as files in the order in which they are read.
 *
 * A folder is a dump (its `.bson` files, or those of the databases in it: the collection of events is taken, all else is
 * left out) or holds log files, of which the oldest come first.
 */
import { readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { EventStoreError } from "../errors.ts";
import { usageError } from "./exit.ts";

export interface Planned {
  /** Undefined for stdin. */
  readonly path: string | undefined;
  /** For people. */
  readonly name: string;
}

const DUMP = /^(.+)\.bson(?:\.gz)?$/;
const LOG = /\.(?:log|ndjson|jsonl)(?:\.\d+|\.\d{4}-\d\d-\d\d[\w.-]*)?(?:\.gz)?$/;

/** @param collection of a dump; the settings' one by default @throws EventStoreError `EVT_INVALID_OPTION` */
export function planned(names: readonly string[], cwd: string, collection: string): Planned[] {
  const files = names.flatMap((name) =>
    name === "-" ? [{ path: undefined, name }] : plannedOne(name, cwd, collection),
  );
  if (files.length > 1 && files.some(({ path }) => path === undefined))
    throw usageError("- (stdin) cannot be combined with files");
  return files;
}

function plannedOne(name: string, cwd: string, collection: string): Planned[] {
  const path = resolve(cwd, name);
  try {
    return statSync(path).isDirectory() ? filesIn(path, name, collection) : [{ path, name }];
  } catch (error) {
    if (error instanceof EventStoreError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw usageError(code === "ENOENT" ? `${name} does not exist` : `${name} cannot be read (${code})`);
  }
}

function filesIn(folder: string, name: string, collection: string): Planned[] {
  const dumps = [folder, ...foldersIn(folder)].flatMap((one) => namesIn(one).map((file) => join(one, file)));
  const found = dumps.filter((path) => DUMP.test(basename(path)));
  if (found.length > 0) return [{ ...dumpOf(found, { folder, name, collection }) }];
  const logs = namesIn(folder).filter((file) => LOG.test(file));
  if (logs.length === 0) throw usageError(`${name} holds neither a dump (*.bson) nor log files (*.log, *.ndjson)`);
  const aged = logs.map((file) => ({ file, ageMs: statSync(join(folder, file)).mtimeMs }));
  aged.sort((a, b) => a.ageMs - b.ageMs || rotation(b.file) - rotation(a.file) || (a.file < b.file ? -1 : 1));
  return aged.map(({ file }) => ({ path: join(folder, file), name: join(name, file) }));
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
  return entries.flatMap((entry) => (entry.isDirectory() ? [] : [entry.name])).sort();
}

function foldersIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [join(folder, entry.name)] : []));
}
