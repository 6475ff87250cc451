/** `spool ls|cat|verify|drain`: looks after what senders have left on disk. */
import { Command } from "commander";
import { usageError } from "../exit.ts";
import { booleanOption } from "../flags.ts";
import type { Io } from "../io.ts";
import { addShipFlags, LINK_FLAGS } from "../ship-flags.ts";
import { shipSettings } from "../ship-options.ts";
import { printSpools } from "../spool-cat.ts";
import { drainSpools } from "../spool-drain.ts";
import { spoolRoot } from "../spool-folder.ts";
import { listSpools } from "../spool-ls.ts";
import { verifySpools } from "../spool-verify.ts";

const EXAMPLES = `
Examples:
  madsci-events spool ls
  madsci-events spool cat /var/lib/madsci-events/app | jq .event_data
  madsci-events spool verify
  madsci-events spool drain --url http://lab:8001

Without DIR: the spools of the working folder's name in the user's state folder, as ship and the transport use it.`;

const GIVE_UP_MS = "30000";

export function spoolCommand(io: Io): Command {
  const command = new Command("spool")
    .summary("look after lines that wait on disk")
    .description("Shows, checks and sends the lines that wait on disk.")
    .addHelpText("after", EXAMPLES);
  for (const inner of [lsCommand(io), catCommand(io), verifyCommand(io), drainCommand(io)]) command.addCommand(inner);
  return command;
}

function lsCommand(io: Io): Command {
  const command = about("ls", "list the spools", "Lists the spools in a folder: whose, for where, how much waits.");
  command.addOption(booleanOption("json", "as JSON"));
  return command.action((dir: string | undefined) =>
    listSpools(spoolRoot(dir, io), { json: command.opts().json === "true", io }),
  );
}

function catCommand(io: Io): Command {
  const command = about("cat", "print waiting lines", "Prints waiting lines as the events they would be sent as.");
  command.option("--sender <id>", "only those of this sender").addOption(booleanOption("raw", "the lines themselves"));
  return command.action((dir: string | undefined) => {
    const { sender, raw } = command.opts<{ sender?: string; raw?: string }>();
    return printSpools(spoolRoot(dir, io), { sender, raw: raw === "true", io });
  });
}

function verifyCommand(io: Io): Command {
  const command = about("verify", "check every frame", "Checks every frame. Exit code 1 when something is damaged.");
  return command.action((dir: string | undefined) => verifySpools(spoolRoot(dir, io), io));
}

function drainCommand(io: Io): Command {
  const command = about(
    "drain",
    "send what dead processes left",
    "Sends what dead processes left, wherever it should have gone. Exit code 4 when something stays.",
  );
  addShipFlags(command, LINK_FLAGS);
  addGiveUpFlag(command);
  return command.action((dir: string | undefined) => {
    const root = spoolRoot(dir, io);
    const fixed = { "spool.mode": "always", "spool.dir": root };
    const settings = shipSettings(command, LINK_FLAGS, { io, fixed });
    return drainSpools(root, { ...settings, giveUpMs: giveUpMs(command), io });
  });
}

function about(name: string, summary: string, description: string): Command {
  return new Command(name).summary(summary).description(description).argument("[dir]", "folder of spools");
}

export function addGiveUpFlag(command: Command): void {
  command.option("--give-up-ms <n>", "stop after so long without any progress", GIVE_UP_MS);
}

/** @throws EventStoreError `EVT_INVALID_OPTION` */
export function giveUpMs(command: Command): number {
  const given = command.opts<{ giveUpMs: string }>().giveUpMs;
  if (/^[1-9]\d{0,9}$/.test(given)) return Number(given);
  throw usageError("--give-up-ms takes a whole number of at least 1");
}
