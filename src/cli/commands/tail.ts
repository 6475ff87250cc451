/** `tail [SELECTOR]`: the last events that match, then each one as it arrives, until Ctrl-C. */
import { Command, Option } from "commander";
import { addGrepFlag, choiceOf } from "../choice.ts";
import { usageError } from "../exit.ts";
import { booleanOption, wholeNumberFlag } from "../flags.ts";
import { follow, MAX_LINES } from "../follow.ts";
import { addFormatFlags, formatOptions } from "../format-flags.ts";
import type { Io } from "../io.ts";
import { addAccessFlags, openAccess } from "../open-access.ts";
import { addConditionFlags } from "../selection.ts";
import { untilSignal } from "../shutdown.ts";

const EXAMPLES = `
Examples:
  madsci-events tail
  madsci-events tail --level warning --since 10m
  madsci-events tail '{"event_data.plate": "P-17"}' -n 50 --server http://lab:8001
  madsci-events tail --json | jq --unbuffered .event_data.message

In the order in which events arrive. Ctrl-C ends it with exit code 0, and tells the --cursor to go on from.`;

export function tailCommand(io: Io): Command {
  const command = new Command("tail")
    .summary("follow events as they arrive")
    .description("Prints the last events that match, then each one that arrives.");
  addConditionFlags(command, ["where", "level", "type", "node"])
    .option("--since <time>", "first all events since then: 10m, 2h, 7d, or a time")
    .addOption(new Option("--from <time>", "the same as --since").hideHelp())
    .option("-n, --lines <n>", "first the last so many events; default 10")
    .option("--cursor <cursor>", "go on where an earlier tail ended")
    .addOption(booleanOption("include-archived", "archived ones among the first events"))
    .addHelpText("after", EXAMPLES);
  addFormatFlags(addGrepFlag(command));
  return addAccessFlags(command).action((selector: string | undefined) => tail(selector, command, io));
}

interface Flags {
  readonly lines?: string;
  readonly cursor?: string;
  readonly since?: string;
  readonly from?: string;
  readonly color?: string;
}

async function tail(argument: string | undefined, command: Command, io: Io): Promise<void> {
  const flags = command.opts<Flags>();
  const lines = wholeNumberFlag("lines", flags.lines);
  if (lines !== undefined && lines > MAX_LINES)
    throw usageError(`--lines takes at most ${MAX_LINES}; use --since, or query for what is past`);
  const stray = (["since", "from", "lines"] as const).find((name) => flags[name] !== undefined);
  if (flags.cursor !== undefined && stray !== undefined)
    throw usageError(`--cursor and --${stray} exclude each other; leave one of them out`);
  const choice = await choiceOf(argument, command, io);
  formatOptions(command, io); // refuses before anything is opened
  await using access = await openAccess(command, io, { readOnly: true });
  const format = formatOptions(command, io, { zone: access.zone });
  await follow(access, { choice, lines, cursor: flags.cursor, format, color: flags.color, signal: untilSignal() }, io);
}
