/** Which events a command is about: selector argument and condition flags → one condition for the store. */
import { type Command, Option } from "commander";
import { canonicalType } from "../event/event-types.ts";
import { isUlid } from "../event/id.ts";
import { parseJson } from "../event/json.ts";
import { levelByName } from "../event/levels.ts";
import type { Selector } from "../event/selector/selector.ts";
import { parseTimestamp } from "../event/timestamp.ts";
import type { CountOptions } from "../store/query.ts";
import { usageError } from "./exit.ts";
import { booleanOption, repeated } from "./flags.ts";
import { type Io, readAll } from "./io.ts";
import { timeArgument } from "./time.ts";

const MAX_SELECTOR_BYTES = 1_048_576;

/** The condition flags as the parser gives them. */
export interface SelectionFlags {
  readonly where?: readonly string[];
  readonly from?: string;
  readonly since?: string;
  readonly to?: string;
  readonly until?: string;
  readonly level?: string;
  readonly type?: string;
  readonly node?: string;
  readonly includeArchived?: string;
}

/** Condition flags that more than one command has, in the order help shows them. */
const FLAGS = {
  where: new Option("--where <selector>", "one more condition; may be repeated").argParser(repeated),
  from: new Option("--from <time>", "not before: any notation, or 10m, 2h, 7d; = --since"),
  since: new Option("--since <time>", "the same as --from").hideHelp(),
  to: new Option("--to <time>", "not after this time; = --until"),
  until: new Option("--until <time>", "the same as --to").hideHelp(),
  level: new Option("--level <level>", "this log level or higher: name or number"),
  type: new Option("--type <types>", "event types, separated by commas"),
  node: new Option("--node <id>", "node id, or its last characters"),
} as const;

export function addSelectionFlags(command: Command): Command {
  addConditionFlags(command, Object.keys(FLAGS) as FlagName[]);
  return command.addOption(booleanOption("include-archived", "archived events too"));
}

type FlagName = keyof typeof FLAGS;

/** The selector argument, and some of the flags. */
export function addConditionFlags(command: Command, names: readonly FlagName[]): Command {
  command.argument("[selector]", "condition in MongoDB syntax, as JSON; -: from stdin");
  for (const name of names) command.addOption(FLAGS[name]);
  return command;
}

/** @throws EventStoreError `EVT_INVALID_SELECTOR` or `EVT_INVALID_OPTION`. */
export async function selection(
  argument: string | undefined,
  flags: SelectionFlags,
  io: Io,
): Promise<Pick<CountOptions, "selector" | "from" | "to" | "includeArchived">> {
  const now = new Date();
  const given = argument === undefined ? {} : readSelector(argument === "-" ? await selectorFromStdin(io) : argument);
  const more = (flags.where ?? []).map(readSelector);
  const parts = [given, ...more, levelSelector(flags.level), typeSelector(flags.type), nodeSelector(flags.node)];
  const used = parts.filter((part): part is Selector => part !== undefined && !isEmpty(part));
  return {
    selector: used.length > 1 ? { $and: used } : used.length === 1 ? used[0] : {},
    from: timeOf(flags, ["from", "since"], now),
    to: timeOf(flags, ["to", "until"], now),
    includeArchived: flags.includeArchived === "true" ? true : undefined,
  };
}

type TimeFlags = Pick<SelectionFlags, "from" | "since" | "to" | "until">;

/** The time of a flag that has two names. @throws EventStoreError `EVT_INVALID_OPTION` */
export function timeOf(flags: TimeFlags, names: readonly ["from" | "to", "since" | "until"], now: Date) {
  const [typed, second] = names.filter((name) => flags[name] !== undefined);
  if (second !== undefined) throw usageError(`--${typed} and --${second} are the same; give one of them`);
  const time = typed === undefined ? undefined : timeArgument(flags[typed], now);
  if (typeof time !== "string") return time;
  const problem = parseTimestamp(time, (wallMs) => wallMs);
  if (typeof problem !== "string") return time;
  const why = problem === "input is too short" ? "" : ` (${problem})`;
  throw usageError(`--${typed} takes a time such as 10m, 2h, 7d or 2026-11-25T10:00${why}`);
}

function isEmpty(part: unknown): boolean {
  return typeof part === "object" && part !== null && !Array.isArray(part) && Object.keys(part).length === 0;
}

async function selectorFromStdin(io: Io): Promise<string> {
  const text = await readAll(io.stdin, MAX_SELECTOR_BYTES);
  if (text === undefined) throw usageError(`the selector on stdin is larger than ${MAX_SELECTOR_BYTES} bytes`);
  return text;
}

function readSelector(text: string): Selector {
  try {
    return parseJson(text) as Selector;
  } catch (cause) {
    throw usageError(`the selector is not valid JSON; write it like '{"log_level": {"$gte": 40}}'`, cause);
  }
}

function levelSelector(level: string | undefined): Selector | undefined {
  if (level === undefined) return undefined;
  const number = levelByName(level) ?? (/^\d+$/.test(level.trim()) ? Number(level) : undefined);
  if (number === undefined) throw usageError("--level takes a number, or debug, info, warning, error or critical");
  return { log_level: { $gte: number } };
}

function typeSelector(types: string | undefined): Selector | undefined {
  if (types === undefined) return undefined;
  const given = types.split(",").map((type) => type.trim());
  if (given.includes(""))
    throw usageError("--type takes event types, separated by commas, such as node_error,log_error");
  const names = given.map(canonicalType);
  return { event_type: names.length === 1 ? names[0] : { $in: names } };
}

function nodeSelector(node: string | undefined): Selector | undefined {
  if (node === undefined) return undefined;
  const id = node.trim().toUpperCase();
  if (!/^[0-9A-Z]+$/.test(id)) throw usageError("--node takes a node id, or its last characters");
  return { "source.node_id": isUlid(id) ? id : { $regex: `${id}$` } };
}
