/**
 * Flags: every spelling a user may try → the one the parser knows.
 *
 * `--flag_name` is `--flag-name`; a boolean stands alone, as `--no-flag`, or with a word behind it; settings have flags
 * of their own. What stays unknown is an error with a suggestion, never ignored.
 */
import { type Command, type CommanderError, Option } from "commander";
import { nearestWithin } from "../event/nearest.ts";
import { parseBool } from "../event/parse.ts";
import type { FlagValues } from "./config.ts";
import { usageError } from "./exit.ts";
import { flagNames, ROWS, type Setting } from "./settings.ts";

const BOOLEAN_WORD = /^(true|false|1|0|yes|no|on|off)$/i;

/** Other names of a flag, from the settings table. */
const ALIASES = new Map(
  ROWS.flatMap(([name, setting]) => {
    const [shown = name, ...others] = flagNames(name, setting);
    return others.map((other) => [other, shown] as const);
  }),
);

/** A flag that is on or off. @param letter its short form, where it has one */
export function booleanOption(name: string, description: string, letter?: string): Option {
  const short = letter === undefined ? "" : `-${letter}, `;
  return new Option(`${short}--${name} [bool]`, description);
}

/** Collects the values of a flag that may be given more than once. */
export function repeated(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** Refuses two values for one flag, where neither may win by chance. Call it when the command has all its flags. */
export function onceEach(command: Command): Command {
  for (const option of command.options) {
    const parse = option.parseArg;
    option.argParser((value: string, before: unknown) => {
      if (before === undefined || before === value) return parse ? parse.call(option, value, undefined) : value;
      throw usageError(`--${option.name()} is given twice, with two values; give one of them`);
    });
  }
  return command;
}

/** The number a flag holds. @throws EventStoreError `EVT_INVALID_OPTION` */
export function wholeNumberFlag(flag: string, text: string): number;
export function wholeNumberFlag(flag: string, text: string | undefined): number | undefined;
export function wholeNumberFlag(flag: string, text: string | undefined): number | undefined {
  if (text === undefined || /^\d{1,15}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw usageError(`--${flag} takes a whole number, 0 or more`);
}

/** Adds the flags of these settings; those not in `shown` stay out of the help. */
export function addSettingFlags(command: Command, names: readonly string[], shown: ReadonlySet<string>): void {
  for (const [name, setting] of ROWS.filter(([name]) => names.includes(name))) {
    const option = settingOption(name, setting);
    command.addOption(shown.has(name) ? option : option.hideHelp());
  }
}

function settingOption(name: string, setting: Setting<unknown>): Option {
  const [flag = name] = flagNames(name, setting);
  const { description } = setting;
  return isBoolean(setting) ? booleanOption(flag, description) : new Option(`--${flag} <value>`, description);
}

function isBoolean(setting: Setting<unknown>): boolean {
  return typeof setting.default === "boolean";
}

/** What the parsed flags say about settings, by setting name. */
export function settingFlags(command: Command): FlagValues {
  const values = command.opts();
  const named = ROWS.map(([name, setting]) => [name, values[camelCase(flagNames(name, setting)[0] ?? name)]]);
  return Object.fromEntries([...named, ["email_alerts", values.emailAlerts]]);
}

function camelCase(flag: string): string {
  return flag.replace(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
}

/** Rewrites arguments so that each flag is `--its-name=value`; unknown ones pass through for the parser to refuse. */
export function normaliseArguments(argv: readonly string[], program: Command): string[] {
  const options = optionsOf(addressed(argv, program));
  const booleans = new Set(options.filter((option) => option.optional).map((option) => option.name()));
  const valued = new Set(options.filter((option) => option.required).map((option) => option.name()));
  const short = new Map(options.flatMap((option) => (option.short ? [[option.short, option.long ?? ""]] : [])));
  const out: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const token = short.get(argv[i] as string) ?? (argv[i] as string);
    if (token === "--") return [...out, ...argv.slice(i)];
    const flag = splitFlag(token);
    const next = argv[i + 1];
    if (!flag) out.push(token);
    else if (booleans.has(flag.name)) {
      const word = flag.value ?? (next !== undefined && BOOLEAN_WORD.test(next) ? argv[++i] : "true");
      out.push(`--${flag.name}=${booleanWord(flag.name, word as string)}`);
    } else if (flag.value === undefined && booleans.has(flag.name.replace(/^no-/, ""))) {
      out.push(`--${flag.name.slice(3)}=false`);
    } else if (valued.has(flag.name) && flag.value === undefined && next !== undefined && !next.startsWith("--")) {
      out.push(`--${flag.name}=${argv[++i]}`);
    } else out.push(flag.value === undefined ? `--${flag.name}` : `--${flag.name}=${flag.value}`);
  }
  return out;
}

/** The command the first words name: one flag may be a switch in one command and take a word in another. */
function addressed(argv: readonly string[], program: Command): Command {
  const [word, ...rest] = argv;
  const inner = program.commands.find((one) => word !== undefined && [one.name(), ...one.aliases()].includes(word));
  return inner === undefined ? program : addressed(rest, inner);
}

/** Its own and those of the commands below it. */
function optionsOf(command: Command): readonly Option[] {
  return [...command.options, ...command.commands.flatMap((one) => optionsOf(one))];
}

function splitFlag(token: string): { name: string; value: string | undefined } | undefined {
  const match = /^--([^=]+)(?:=([\s\S]*))?$/.exec(token);
  if (!match) return undefined;
  const name = (match[1] as string).replaceAll("_", "-");
  return { name: ALIASES.get(name) ?? name, value: match[2] };
}

function booleanWord(name: string, word: string): boolean {
  const value = parseBool(word);
  if (value === undefined) throw usageError(`--${name} takes true or false, not another word`);
  return value;
}

/** The parser's complaint in our words, with the nearest known name. */
export function explainParserError(error: CommanderError, command: Command): Error {
  const named = /'([^']*)'/.exec(error.message)?.[1]?.replace(/=(true|false)$/, "") ?? "";
  const help = `see ${pathOf(command)} --help`;
  const names = command.commands.map((each) => each.name());
  if (error.code === "commander.unknownOption") {
    const flags = command.options.flatMap((option) => [
      `--${option.name()}`,
      ...(option.optional ? [`--no-${option.name()}`] : []),
    ]);
    return usageError(`unknown flag ${named}${suggestion(named, [...flags, "--help"])}; ${help}`);
  }
  if (error.code === "commander.unknownCommand") {
    return usageError(`unknown command "${named}"${suggestion(named, names)}; commands are ${names.join(", ")}`);
  }
  if (error.code === "commander.help")
    return usageError(`${pathOf(command)} needs one of ${names.join(", ")}; ${help}`);
  return usageError(`${error.message.replace(/^error: /, "")}; ${help}`);
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

function suggestion(word: string, candidates: readonly string[]): string {
  const nearest = nearestWithin(word, candidates, Math.max(2, Math.floor(word.length / 3)));
  return nearest === undefined ? "" : ` (did you mean ${nearest}?)`;
}
