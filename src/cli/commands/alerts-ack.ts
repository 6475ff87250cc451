/** `alerts ack ID`: somebody takes care of it, so nobody is told again. */
import { Command } from "commander";
import { addJsonFlag, incidentTable, printTable, userName } from "../alert-rows.ts";
import { CommandFailure } from "../exit.ts";
import type { Io } from "../io.ts";
import { addAccessFlags } from "../open-access.ts";
import { openAlerts } from "../open-alerts.ts";
import { spanFlag } from "../span-flag.ts";

interface Flags {
  readonly by?: string;
  readonly comment?: string;
  readonly for?: string;
}

export function ackCommand(io: Io): Command {
  const command = new Command("ack")
    .summary("acknowledge an incident")
    .description("Acknowledges an incident: no repeats and no escalation, unless it gets worse.")
    .argument("<id>", "the incident's id, as incidents shows it")
    .option("--by <name>", "who; default: your user name")
    .option("--comment <text>", "kept with the incident")
    .option("--for <span>", "only for so long, as 30m or 4h");
  return addAccessFlags(addJsonFlag(command)).action((id: string) => acknowledge(id, command, io));
}

async function acknowledge(id: string, command: Command, io: Io): Promise<void> {
  const { by = userName(io), comment, for: span } = command.opts<Flags>();
  const ms = spanFlag("for", span);
  await using alerts = await openAlerts(command, io, { readOnly: false });
  const incident = await alerts.acknowledge(id, {
    by,
    ...(comment !== undefined && { comment }),
    ...(ms !== undefined && { expires_at: new Date(Date.now() + ms).toISOString() }),
  });
  if (incident === undefined) throw new CommandFailure(`there is no incident with the id ${JSON.stringify(id)}`);
  await printTable(command, io, { value: incident, table: incidentTable([incident]) });
}
