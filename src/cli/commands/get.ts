/** `get ID`: one event, archived or not. Exit 1 when there is none. */
import { Command, Option } from "commander";
import { CommandFailure } from "../exit.ts";
import { type Format, writeEvents } from "../format.ts";
import type { Io } from "../io.ts";
import { addStoreFlags, commandConfig, openStore } from "../open-store.ts";

export function getCommand(io: Io): Command {
  const format = new Option("--format <format>", "how to print it")
    .choices(["json", "ndjson", "table"])
    .default("json");
  const command = new Command("get")
    .summary("print one event")
    .description("Prints the event with this id. Exit code 1 when there is none.")
    .argument("<id>", "the event's _id")
    .addOption(format)
    .addHelpText(
      "after",
      "\nExamples:\n  madsci-events get 01JYKZDPANTNRYXF5TQKRJS0F2\n  madsci-events get ID --format ndjson | jq .event_data",
    );
  return addStoreFlags(command).action((id: string) => get(id, command, io));
}

async function get(id: string, command: Command, io: Io): Promise<void> {
  await using store = await openStore(commandConfig(command, io), io, { readOnly: true });
  const event = await store.get(id);
  if (!event) throw new CommandFailure(`there is no event with the id ${JSON.stringify(id)}`);
  await writeEvents([[event]], { format: command.opts().format as Format, single: true }, io);
}
