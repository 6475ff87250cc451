/** `query [SELECTOR]`: matching events, newest first unless asked otherwise. With `--follow` it is `tail`. */
import { Command, Option } from "commander";
import type { Access } from "../access.ts";
import { addGrepFlag, type Choice, choiceOf, chosenPages, NO_TIME_LIMIT_MS } from "../choice.ts";
import { usageError } from "../exit.ts";
import { booleanOption, wholeNumberFlag } from "../flags.ts";
import { follow } from "../follow.ts";
import { type FormatOptions, writeEvents } from "../format.ts";
import { addFormatFlags, formatOptions } from "../format-flags.ts";
import type { Io } from "../io.ts";
import { addAccessFlags, openAccess } from "../open-access.ts";
import { addSelectionFlags } from "../selection.ts";
import { untilSignal } from "../shutdown.ts";

const EXAMPLES = `
Examples:
  madsci-events query --level warning --since 2h
  madsci-events query '{"event_data.plate": "P-17"}' --order oldest --limit 0
  madsci-events query --type node_error --grep clot --json | jq .event_data
  madsci-events query --level error --follow

With more events than --limit, the last line on stderr has the --cursor that continues.`;

export function queryCommand(io: Io): Command {
  const command = new Command("query").summary("search events").description("Prints the events that match.");
  addGrepFlag(addSelectionFlags(command))
    .option("--limit <n>", "most events; 0 for all; default 100")
    .addOption(new Option("--order <order>", "default: newest").choices(["newest", "oldest"]))
    .option("--fields <names>", "only these fields, separated by commas")
    .option("--cursor <cursor>", "continue where an earlier query stopped")
    .addOption(booleanOption("follow", "then go on with what arrives (tail)", "f"))
    .addHelpText("after", EXAMPLES);
  addFormatFlags(command);
  return addAccessFlags(command).action((selector: string | undefined) => query(selector, command, io));
}

interface QueryFlags {
  readonly limit?: string;
  readonly order?: "newest" | "oldest";
  readonly fields?: string;
  readonly cursor?: string;
  readonly follow?: string;
  readonly to?: string;
  readonly until?: string;
  readonly color?: string;
}

async function query(argument: string | undefined, command: Command, io: Io): Promise<void> {
  const flags = command.opts<QueryFlags>();
  const limit = wholeNumberFlag("limit", flags.limit);
  if (flags.follow === "true") checkFollow(flags, limit);
  const choice = await choiceOf(argument, command, io);
  formatOptions(command, io); // refuses before anything is opened
  await using access = await openAccess(command, io, { readOnly: true });
  const format = formatOptions(command, io, { zone: access.zone });
  if (flags.follow === "true")
    return await follow(access, { choice, lines: limit, format, color: flags.color, signal: untilSignal() }, io);
  await printFound(access, { choice, flags, limit: limit ?? 100, format }, io);
}

/** What makes no sense for events that are still to come. */
function checkFollow(flags: QueryFlags, limit: number | undefined): void {
  const stray = (["order", "cursor", "to", "until", "fields"] as const).find((name) => flags[name] !== undefined);
  if (stray === "cursor")
    throw usageError("--cursor of a query cannot be followed; tail --cursor goes on behind what a tail has shown");
  if (stray !== undefined) throw usageError(`--follow and --${stray} exclude each other; leave one of them out`);
  if (limit === 0)
    throw usageError("--limit 0 with --follow means no past events; say tail --lines 0, or give a number");
}

interface Print {
  readonly choice: Choice;
  readonly flags: QueryFlags;
  readonly limit: number;
  readonly format: FormatOptions;
}

async function printFound(access: Access, { choice, flags, limit, format }: Print, io: Io): Promise<void> {
  const page = {
    limit: limit === 0 ? undefined : limit,
    order: flags.order ?? "newest",
    fields: format.fields,
  } as const;
  if (choice.accepts !== undefined) return printAccepted(access, { choice, flags, limit, format }, io);
  const { cursor } = flags;
  const found = access.find({ ...choice.condition, ...page, cursor, timeoutMs: NO_TIME_LIMIT_MS });
  const written = await writeEvents(found.pages(), format, io);
  if (written === limit && limit > 0 && found.cursor !== undefined && !io.out.gone)
    io.err(`more may follow: repeat the query with --cursor ${found.cursor}`);
}

/** With `--grep` a page of the store and a page for the user differ, so there is no cursor between them. */
async function printAccepted(access: Access, { choice, flags, limit, format }: Print, io: Io): Promise<void> {
  if (flags.cursor !== undefined) throw usageError("--grep and --cursor exclude each other; leave one of them out");
  const page = { limit: limit === 0 ? undefined : limit, order: flags.order ?? "newest" } as const;
  const written = await writeEvents(chosenPages(access, choice, page), format, io);
  if (written === limit && limit > 0 && !io.out.gone)
    io.err("more may follow: repeat the query with a higher --limit, or narrow it with --from and --to");
}
