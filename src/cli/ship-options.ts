/**
 * Options of shipping commands: flags over a file of options (`--options`) over the environment, for the address only.
 *
 * The names in the file are those in code; what is wrong with an option is said in the words of the flag that gave it.
 */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { TransportOptions } from "../../transports/options.ts";
import { checkOptions } from "../../transports/shipping.ts";
import { EventStoreError } from "../errors.ts";
import type { ResolvedShipOptions } from "../ship/options.ts";
import { usageError } from "./exit.ts";
import type { Io } from "./io.ts";
import { readOptionsFile } from "./settings-files.ts";
import { flagValue, type ShipFlag } from "./ship-flags.ts";

/** Checked options, as given and as the engine wants them. */
export interface ShipSettings {
  readonly options: TransportOptions;
  readonly resolved: ResolvedShipOptions;
}

type Options = Record<string, unknown>;

/**
 * @param fixed what the command itself decides, by path
 * @throws EventStoreError `EVT_INVALID_OPTION` naming the flag
 */
export function shipSettings(
  command: Command,
  rows: readonly ShipFlag[],
  { io, fixed = {} }: { readonly io: Io; readonly fixed?: Readonly<Record<string, unknown>> },
): ShipSettings {
  const flags = command.opts<Record<string, string | readonly string[] | undefined>>();
  const given = rows.filter(({ flag }) => flags[camelCase(flag)] !== undefined);
  exclude(given, "token", "token-file");
  const file = flags.options as string | undefined;
  const options: Options = file === undefined ? {} : structuredClone(readOptionsFile(resolve(io.cwd, file)));
  if (given.some(({ path }) => path.startsWith("auth."))) {
    delete options.token;
    delete options.auth;
  }
  for (const one of given) put(options, one.path, flagValue(one, flags[camelCase(one.flag)] as string));
  for (const [path, value] of Object.entries(fixed)) put(options, path, value);
  if (typeof flags.mapModule === "string" && !flags.mapModule.startsWith("file:"))
    options.mapModule = resolve(io.cwd, flags.mapModule);
  options.url ??= io.env.EVENT_SERVER_URL || undefined;
  if (options.url === undefined)
    throw usageError("--url is missing: http(s)://…, sqlite:PATH or mongodb://…; or set EVENT_SERVER_URL");
  try {
    return { options: options as unknown as TransportOptions, resolved: checkOptions(options as never) };
  } catch (error) {
    throw error instanceof EventStoreError ? inWordsOfFlags(error, given, file) : error;
  }
}

function exclude(given: readonly ShipFlag[], one: string, other: string): void {
  const has = (name: string) => given.some(({ flag }) => flag === name);
  if (has(one) && has(other)) throw usageError(`--${one} and --${other} exclude each other; give one of them`);
}

/** Sets a value by its path; objects are joined, the new value wins. */
function put(options: Options, path: string, value: unknown): void {
  const keys = path.split(".");
  const last = keys.pop() as string;
  let at = options;
  for (const key of keys) {
    const inner = at[key];
    at[key] = typeof inner === "object" && inner !== null ? inner : {};
    at = at[key] as Options;
  }
  const before = at[last];
  const joins = isObject(before) && isObject(value);
  at[last] = joins ? { ...before, ...value } : value;
}

function isObject(value: unknown): value is Options {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function inWordsOfFlags(error: EventStoreError, given: readonly ShipFlag[], file: string | undefined): EventStoreError {
  const { message } = error;
  const named = [...given]
    .sort((a, b) => b.path.length - a.path.length)
    .find(({ path }) => message.startsWith(path) || message.includes(`"${path}.`) || message.includes(`"${path}"`));
  if (named !== undefined) {
    const says = message.startsWith(`${named.path} `) ? message.slice(named.path.length) : `: ${message}`;
    return usageError(`--${named.flag}${says}`, error);
  }
  return usageError(file === undefined ? message : `--options ${file}: ${message}`, error);
}

function camelCase(flag: string): string {
  return flag.replace(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
}
