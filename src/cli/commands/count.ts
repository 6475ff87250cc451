/** `count [SELECTOR]`: how many events match. */
import { Command } from "commander";
import type { Io } from "../io.ts";
import { addStoreFlags, commandConfig, openStore } from "../open-store.ts";
import { addSelectionFlags, selection } from "../selection.ts";

const EXAMPLES = `
Examples:
  madsci-events count
  madsci-events count --level error --from 24h
  madsci-events count '{"event_data.plate": "P-17"}'`;

export function countCommand(io: Io): Command {
  const command = new Command("count")
    .summary("count events")
    .description("Prints how many events match; archived ones count only with --include-archived.")
    .addHelpText("after", EXAMPLES);
  addStoreFlags(addSelectionFlags(command));
  return command.action((selector: string | undefined) => count(selector, command, io));
}

async function count(argument: string | undefined, command: Command, io: Io): Promise<void> {
  const config = commandConfig(command, io);
  const condition = await selection(argument, command.opts(), io);
  await using store = await openStore(config, io, { readOnly: true });
  await io.out.write(`${await store.count(condition)}\n`);
}
