/** `get ID...`: events by id. */
import { Command } from "commander";
import type { StoredEvent } from "../../event/event.ts";
import type { Access } from "../access.ts";
import { CommandFailure } from "../exit.ts";
import { writeEvents } from "../format.ts";
import { addFormatFlags, formatOptions } from "../format-flags.ts";
import type { Io } from "../io.ts";
import { addAccessFlags, openAccess } from "../open-access.ts";

const EXAMPLES = `
Examples:
  madsci-events get 01JYKZDPANTNRYXF5TQKRJS0F2
  madsci-events get ID ID --format table
  madsci-events get ID --json | jq .event_data`;

export function getCommand(io: Io): Command {
  const command = new Command("get")
    .summary("print events by id")
    .description("Prints the events with these ids, archived or not. Exit code 1 when one is missing.")
    .argument("<ids...>", "the events' _id")
    .addHelpText("after", EXAMPLES);
  addFormatFlags(command, "json");
  return addAccessFlags(command).action((ids: string[]) => get(ids, command, io));
}

async function get(ids: readonly string[], command: Command, io: Io): Promise<void> {
  formatOptions(command, io); // refuses before anything is opened
  await using access = await openAccess(command, io, { readOnly: true });
  const format = formatOptions(command, io, { fallback: "json", zone: access.zone });
  const missing: string[] = [];
  const pages = eventsOf(access, ids, (id) => missing.push(id));
  await writeEvents(pages, { ...format, single: ids.length === 1 || format.format !== "table" }, io);
  if (missing.length === 0) return;
  const named = missing.map((id) => JSON.stringify(id)).join(", ");
  throw new CommandFailure(`there is no event with the id ${named}`);
}

async function* eventsOf(
  access: Access,
  ids: readonly string[],
  onMissing: (id: string) => void,
): AsyncGenerator<readonly StoredEvent[], void> {
  for (const id of ids) {
    const event = await access.get(id);
    if (event === undefined) onMissing(id);
    else yield [event];
  }
}
