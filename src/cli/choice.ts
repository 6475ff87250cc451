/**
 * Choice: the events a command is about. What a store can decide is a condition for it; what only `--grep` can tell is
 * asked here, event by event, over what the condition selects.
 */
import type { Command } from "commander";
import type { StoredEvent } from "../event/event.ts";
import type { CountOptions, FindOptions } from "../store/query.ts";
import type { Access } from "./access.ts";
import { type Accepts, grep } from "./grep.ts";
import type { Io } from "./io.ts";
import { type SelectionFlags, selection } from "./selection.ts";

export interface Choice {
  readonly condition: Pick<CountOptions, "selector" | "from" | "to" | "includeArchived">;
  /** Undefined where the condition says it all. */
  readonly accepts: Accepts | undefined;
}

/** The longest a timer can run; the user ends a long search with Ctrl-C. */
export const NO_TIME_LIMIT_MS = 2_147_483_647;

export function addGrepFlag(command: Command): Command {
  return command.option("--grep <text>", "text anywhere in event_data, or /pattern/i");
}

/** @throws EventStoreError `EVT_INVALID_SELECTOR` or `EVT_INVALID_OPTION` */
export async function choiceOf(argument: string | undefined, command: Command, io: Io): Promise<Choice> {
  const flags = command.opts<SelectionFlags & { readonly grep?: string }>();
  const accepts = flags.grep === undefined ? undefined : grep(flags.grep);
  return { condition: await selection(argument, flags, io), accepts };
}

/** Pages of the chosen events; none is empty. */
export async function* chosenPages(
  access: Access,
  { condition, accepts }: Choice,
  page: Pick<FindOptions, "order" | "limit"> = {},
): AsyncGenerator<readonly StoredEvent[], void> {
  const { limit = Number.POSITIVE_INFINITY, order } = page;
  if (accepts === undefined) {
    yield* access.find({ ...condition, ...page, timeoutMs: NO_TIME_LIMIT_MS }).pages();
    return;
  }
  let left = limit;
  for await (const events of access.find({ ...condition, order, timeoutMs: NO_TIME_LIMIT_MS }).pages()) {
    const wanted = events.filter(accepts).slice(0, left);
    left -= wanted.length;
    if (wanted.length > 0) yield wanted;
    if (left === 0) return;
  }
}

export async function countChosen(access: Access, choice: Choice): Promise<number> {
  if (choice.accepts === undefined) return access.count({ ...choice.condition, timeoutMs: NO_TIME_LIMIT_MS });
  let count = 0;
  for await (const events of chosenPages(access, choice)) count += events.length;
  return count;
}
