/** `alerts test`: one message through one channel, now, past all limits; or the mail as a file, to look at. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import type { Delivery } from "../../alert/notification.ts";
import type { StoredEvent } from "../../event/event.ts";
import { addJsonFlag, jsonText, printTable, wantsJson } from "../alert-rows.ts";
import type { AlertSetup } from "../alert-setup.ts";
import type { Config } from "../config.ts";
import { CommandFailure, usageError } from "../exit.ts";
import { type Io, warn } from "../io.ts";
import { addAccessFlags } from "../open-access.ts";
import { commandSetup, serverAlerts } from "../open-alerts.ts";
import { openStore } from "../open-store.ts";
import { type ChannelSent, PlanChannels } from "../plan-channels.ts";
import { renderedTest } from "../test-render.ts";

const EXAMPLES = `
Examples:
  madsci-events alerts test --channel mail-ops
  madsci-events alerts test --channel mail-ops --to me@lab.example.org --event 01JYKZDPANTNRYXF5TQKRJS0F2
  madsci-events alerts test --channel mail-ops --render mail.eml      writes the mail, sends nothing

Exit code 1 when it could not be delivered.`;

interface Flags {
  readonly channel?: string;
  readonly to?: string;
  readonly event?: string;
  readonly render?: string;
}

export function testCommand(io: Io): Command {
  const command = new Command("test")
    .summary("send a test message")
    .description("Sends one message through a channel now, past all limits.")
    .option("--channel <name>", "the channel, as in the settings")
    .option("--to <address>", "instead of the channel's recipients; with --server one of them")
    .option("--event <id>", "about this stored event")
    .option("--render <file.eml>", "write the mail to a file instead of sending it")
    .addHelpText("after", EXAMPLES);
  return addAccessFlags(addJsonFlag(command)).action(() => test(command, io));
}

async function test(command: Command, io: Io): Promise<void> {
  const { channel, to, event, render } = command.opts<Flags>();
  if (channel === undefined) throw usageError("--channel is missing: the name of a channel, as in the settings");
  await using server = await serverAlerts(command);
  if (server !== undefined) {
    if (event !== undefined || render !== undefined)
      throw usageError("--event and --render work with the settings here, not with --server");
    return printSent(command, io, await server.test(channel, to));
  }
  const { config, setup } = commandSetup(command, io);
  const about = event === undefined ? undefined : await eventWith(event, config, io);
  if (render !== undefined) return renderTo(render, { setup, channel, to, about }, { command, io });
  await using channels = new PlanChannels(setup.plan);
  await printSent(command, io, await channels.test(channel, to, about));
}

async function eventWith(id: string, config: Config, io: Io): Promise<StoredEvent> {
  await using store = await openStore(config, io, { readOnly: true });
  const event = await store.get(id);
  if (event === undefined) throw new CommandFailure(`there is no event with the id ${JSON.stringify(id)}`);
  return event;
}

interface Rendering {
  readonly setup: AlertSetup;
  readonly channel: string;
  readonly to: string | undefined;
  readonly about: StoredEvent | undefined;
}

async function renderTo(file: string, { setup, channel, to, about }: Rendering, out: { command: Command; io: Io }) {
  const { command, io } = out;
  const path = resolve(io.cwd, file);
  const { raw, troubles } = await renderedTest(setup.plan, { channel, to, event: about });
  for (const trouble of troubles) warn(io, trouble);
  try {
    writeFileSync(path, raw, { flag: "wx" });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") throw usageError(`${path} is there already; choose another name`);
    throw new CommandFailure(`${path} cannot be written (${code ?? "error"})`, { cause });
  }
  await io.out.write(
    wantsJson(command) ? jsonText({ file: path, bytes: raw.length, troubles }) : `${path} is written\n`,
  );
}

async function printSent(command: Command, io: Io, sent: readonly ChannelSent[]): Promise<void> {
  const rows = sent.map(({ recipient, delivery }) => [recipient, wordsFor(delivery)]);
  const table = { titles: ["RECIPIENT", "RESULT"], rows, none: "the channel has no recipients" };
  await printTable(command, io, { value: sent, table });
  if (sent.length === 0 || sent.some(({ delivery }) => delivery.status !== "sent"))
    throw new CommandFailure("the test message did not reach everybody, see above");
}

function wordsFor(delivery: Delivery): string {
  if (delivery.status === "sent") return delivery.detail === undefined ? "sent" : `sent (${delivery.detail})`;
  return delivery.status === "retry" ? `not now: ${delivery.reason}` : `refused: ${delivery.reason}`;
}
