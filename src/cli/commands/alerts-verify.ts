/** `alerts verify`: can each channel work? Name, connection, encryption, login; nothing is sent. */
import { Command } from "commander";
import { addJsonFlag, printTable } from "../alert-rows.ts";
import { CommandFailure, counted } from "../exit.ts";
import type { Io } from "../io.ts";
import { addAccessFlags } from "../open-access.ts";
import { commandSetup, serverAlerts } from "../open-alerts.ts";
import { PlanChannels } from "../plan-channels.ts";

export function verifyCommand(io: Io): Command {
  const command = new Command("verify")
    .summary("check channels without sending")
    .description("Checks each channel: name, connection, encryption, login. Sends nothing. Exit code 1 on trouble.")
    .option("--channel <name>", "only this one");
  return addAccessFlags(addJsonFlag(command)).action(() => verify(command, io));
}

async function verify(command: Command, io: Io): Promise<void> {
  await using channels = (await serverAlerts(command)) ?? new PlanChannels(commandSetup(command, io).setup.plan);
  const found = await channels.verify(command.opts<{ channel?: string }>().channel);
  const rows = found.map(({ channel, problem }) => [channel, problem ?? "works"]);
  const table = { titles: ["CHANNEL", "FOUND"], rows, none: "there are no channels" };
  await printTable(command, io, { value: found, table });
  const bad = found.filter(({ problem }) => problem !== null).length;
  if (bad > 0) throw new CommandFailure(`${bad} of ${counted(found.length, "channel")} cannot work, see above`);
}
