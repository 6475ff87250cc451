/** `count [SELECTOR]`: how many events match. */
import { Command } from "commander";
import { addGrepFlag, choiceOf, countChosen } from "../choice.ts";
import type { Io } from "../io.ts";
import { addAccessFlags, openAccess } from "../open-access.ts";
import { addSelectionFlags } from "../selection.ts";

const EXAMPLES = `
Examples:
  madsci-events count
  madsci-events count --level error --since 24h
  madsci-events count '{"event_data.plate": "P-17"}' --server http://lab:8001`;

export function countCommand(io: Io): Command {
  const command = new Command("count")
    .summary("count events")
    .description("Prints how many events match; archived ones count only with --include-archived.")
    .addHelpText("after", EXAMPLES);
  addAccessFlags(addGrepFlag(addSelectionFlags(command)));
  return command.action((selector: string | undefined) => count(selector, command, io));
}

async function count(argument: string | undefined, command: Command, io: Io): Promise<void> {
  const choice = await choiceOf(argument, command, io);
  await using access = await openAccess(command, io, { readOnly: true });
  await io.out.write(`${await countChosen(access, choice)}\n`);
}
