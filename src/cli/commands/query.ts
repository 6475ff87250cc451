/** `query [SELECTOR]`: matching events, newest first unless asked otherwise. */
import { Command, Option } from "commander";
import { usageError } from "../exit.ts";
import { FORMATS, type Format, writeEvents } from "../format.ts";
import type { Io } from "../io.ts";
import { addStoreFlags, commandConfig, openStore } from "../open-store.ts";
import { addSelectionFlags, selection } from "../selection.ts";

const EXAMPLES = `
Examples:
  madsci-events query --level warning --from 2h
  madsci-events query '{"event_data.plate": "P-17"}' --order oldest --limit 0
  madsci-events query --type node_error --fields event_timestamp,event_data --format ndjson | jq .

With more events than --limit, the last line on stderr has the --cursor that continues.`;

/** The longest a timer can run; the user ends a long search with Ctrl-C. */
const NO_TIME_LIMIT_MS = 2_147_483_647;

export function queryCommand(io: Io): Command {
  const command = new Command("query").summary("search events").description("Prints the events that match.");
  addSelectionFlags(command)
    .option("--limit <n>", "most events to print; 0 for all", "100")
    .addOption(new Option("--order <order>", "by event time").choices(["newest", "oldest"]).default("newest"))
    .option("--fields <names>", "only these fields, separated by commas")
    .option("--cursor <cursor>", "continue where an earlier query stopped")
    .addOption(new Option("--format <format>", "default: table on a terminal, else ndjson").choices(FORMATS))
    .addHelpText("after", EXAMPLES);
  return addStoreFlags(command).action((selector: string | undefined) => query(selector, command, io));
}

interface QueryFlags {
  readonly limit: string;
  readonly order: "newest" | "oldest";
  readonly fields?: string;
  readonly cursor?: string;
  readonly format?: Format;
}

async function query(argument: string | undefined, command: Command, io: Io): Promise<void> {
  const flags = command.opts<QueryFlags>();
  const limit = wholeNumber("limit", flags.limit);
  const fields = flags.fields?.split(",").map((field) => field.trim());
  const config = commandConfig(command, io);
  const condition = await selection(argument, command.opts(), io);
  await using store = await openStore(config, io, { readOnly: true });
  const { order, cursor } = flags;
  const page = { limit: limit === 0 ? undefined : limit, order, cursor, fields, timeoutMs: NO_TIME_LIMIT_MS };
  const found = store.find({ ...condition, ...page });
  const written = await writeEvents(found.pages(), { format: flags.format ?? defaultFormat(io), fields }, io);
  if (written === limit && limit > 0 && found.cursor !== undefined && !io.out.gone)
    io.err(`more may follow: repeat the query with --cursor ${found.cursor}`);
}

function defaultFormat(io: Io): Format {
  return io.terminal ? "table" : "ndjson";
}

function wholeNumber(flag: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw usageError(`--${flag} takes a whole number, 0 or more`);
}
