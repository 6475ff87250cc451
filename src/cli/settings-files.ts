/**
 * Settings files: where MADSci looks for them, in which order, and what they hold.
 *
 * Each file name is searched on its own from the start directory upwards, then in `managers/` and `config/` below it.
 * Not here: what a key means (config.ts).
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { EventStoreError } from "../errors.ts";

export interface SettingsFile {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Parsers are loaded for the files that are there: a start without YAML is 70 ms shorter. */
const load = createRequire(import.meta.url);
const PARSERS = {
  yaml: (text: string): unknown => (load("yaml") as typeof import("yaml")).parse(text),
  toml: (text: string): unknown => (load("smol-toml") as typeof import("smol-toml")).parse(text),
  json: (text: string): unknown => JSON.parse(text),
} as const;
/** Lowest first: a later kind overrides an earlier one, and within a kind a later name. */
const KINDS = ["yaml", "toml", "json"] as const;
const NAMES = ["settings", "event.settings", "events.settings"] as const;
const ENV_FILES = [".env", "event.env", "events.env"] as const;
const MAX_PARENTS = 10;

/** The `.env` files found, lowest precedence first. */
export function readEnvFiles(start: string): SettingsFile[] {
  return found(start, ENV_FILES).map((path) => ({ path, values: parseEnv(read(path)) }));
}

/** The YAML, TOML and JSON settings files found, lowest precedence first. */
export function readSettingsFiles(start: string): SettingsFile[] {
  return KINDS.flatMap((kind) => {
    const names = NAMES.map((name) => `${name}.${kind}`);
    return found(start, names).map((path) => ({ path, values: objectIn(path, kind) }));
  });
}

/** One file of options, by its ending. @throws EventStoreError `EVT_INVALID_OPTION` */
export function readOptionsFile(path: string): Record<string, unknown> {
  const kind = /\.(json|ya?ml|toml)$/i.exec(path)?.[1]?.toLowerCase().replace("yml", "yaml") as keyof typeof PARSERS;
  if (kind !== undefined) return objectIn(path, kind);
  throw new EventStoreError("EVT_INVALID_OPTION", `${path} must end in .json, .yaml or .toml`);
}

/** `.madsci/…` → absolute: the nearest `.madsci` upwards, else beside the nearest `.git`, else in the home directory. */
export function resolveMadsciPath(path: string, start: string): string {
  if (path !== ".madsci" && !path.startsWith(".madsci/")) return path;
  const rest = path.slice(".madsci/".length);
  const directory = nearest(start, ".madsci") ?? nearest(start, ".git") ?? homedir();
  return join(directory, ".madsci", rest);
}

function nearest(start: string, entry: string): string | undefined {
  for (let at = resolve(start); ; at = dirname(at)) {
    if (existsSync(join(at, entry))) return at;
    if (at === dirname(at)) return undefined;
  }
}

function found(start: string, names: readonly string[]): string[] {
  const upward = searchPath(start);
  return names.flatMap((name) => {
    const places = [...upward, join(start, "managers"), join(start, "config")];
    const place = places.find((directory) => existsSync(join(directory, name)));
    return place === undefined ? [] : [join(place, name)];
  });
}

/** The start directory and its parents, up to and with the first that is a project root or the home directory. */
function searchPath(start: string): string[] {
  const directories = [resolve(start)];
  for (let parents = 0; parents < MAX_PARENTS; parents++) {
    const at = directories.at(-1) as string;
    const ends = at === homedir() || existsSync(join(at, ".madsci")) || existsSync(join(at, ".git"));
    if (ends || at === dirname(at)) break;
    directories.push(dirname(at));
  }
  return directories;
}

function objectIn(path: string, kind: keyof typeof PARSERS): Record<string, unknown> {
  const parsed = parsedText(path, kind) ?? {};
  if (typeof parsed === "object" && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  throw new EventStoreError("EVT_INVALID_OPTION", `${path}: expected settings as "name: value", found something else`);
}

function parsedText(path: string, kind: keyof typeof PARSERS): unknown {
  const text = read(path);
  if (text.trim() === "") return {};
  try {
    return PARSERS[kind](text);
  } catch (cause) {
    throw new EventStoreError(
      "EVT_INVALID_OPTION",
      `${path} is not valid ${kind.toUpperCase()}${place(cause)}${why(cause)}`,
      {
        cause,
      },
    );
  }
}

/** What no line is to blame for, in words of ours. */
function why(cause: unknown): string {
  const { message = "" } = cause as { message?: string };
  if (message.startsWith("Maximum call stack")) return ": it is nested too deeply";
  return message.startsWith("Excessive alias count") ? ": its aliases (*name) stand for too much" : "";
}

/** Where a parser stopped, never what stood there: it may be a secret. */
function place(cause: unknown): string {
  const { line, linePos, message } = cause as { line?: number; linePos?: { line: number }[]; message?: string };
  const at = line ?? linePos?.[0]?.line ?? /line (\d+)/.exec(message ?? "")?.[1];
  return at === undefined ? "" : ` (line ${at})`;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "error";
    throw new EventStoreError("EVT_INVALID_OPTION", `${path} cannot be read (${code})`, { cause });
  }
}

/** The directory the search for settings starts in; it has to exist. */
export function startDirectory(given: string | undefined, cwd: string): string {
  const start = given === undefined ? cwd : isAbsolute(given) ? given : join(cwd, given);
  if (existsSync(start)) return start;
  throw new EventStoreError("EVT_INVALID_OPTION", `the settings directory ${start} does not exist`);
}
