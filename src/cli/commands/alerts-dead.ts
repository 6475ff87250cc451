/** `alerts dead list|retry|discard`: messages that could not be delivered, until a person has decided about them. */
import { Command } from "commander";
import type { Notification } from "../../alert/notification.ts";
import { addJsonFlag, jsonText, notificationTable, printTable, wantsJson } from "../alert-rows.ts";
import type { Alerts } from "../alerts-access.ts";
import { CommandFailure, counted, usageError } from "../exit.ts";
import { booleanOption } from "../flags.ts";
import { type Io, warn } from "../io.ts";
import { addAccessFlags } from "../open-access.ts";
import { openAlerts } from "../open-alerts.ts";

const EXAMPLES = `
Examples:
  madsci-events alerts dead list
  madsci-events alerts dead retry --all
  madsci-events alerts dead discard ID`;

/** A page of the list, and how many `--all` takes at most in one run. */
const PAGE = 1000;
const MOST = 100_000;

export function deadCommand(io: Io): Command {
  const command = new Command("dead")
    .summary("look after messages that could not be delivered")
    .description("Shows, tries again or discards messages that could not be delivered.")
    .addHelpText("after", EXAMPLES);
  const retry = actionCommand(
    { name: "retry", done: "will be tried again", act: (alerts, id) => alerts.retry(id) },
    io,
  );
  const discard = actionCommand({ name: "discard", done: "discarded", act: (alerts, id) => alerts.discard(id) }, io);
  for (const inner of [listCommand(io), retry, discard]) command.addCommand(inner);
  return command;
}

function listCommand(io: Io): Command {
  const command = addJsonFlag(new Command("list").summary("list them").description("Lists them, the newest first."));
  return addAccessFlags(command).action(async () => {
    await using alerts = await openAlerts(command, io, { readOnly: true });
    const { items, cursor } = await alerts.notifications({ states: ["dead"], limit: PAGE });
    await printTable(command, io, { value: items, table: notificationTable(items, "nothing is dead") });
    if (cursor !== null) io.err(`only the newest ${PAGE}; there are more`);
  });
}

interface Action {
  readonly name: "retry" | "discard";
  /** Ends the sentence `2 messages …`. */
  readonly done: string;
  readonly act: (alerts: Alerts, id: string) => Promise<Notification | undefined>;
}

function actionCommand(action: Action, io: Io): Command {
  const texts = { retry: "Tries messages again, from the first attempt.", discard: "Gives messages up for good." };
  const command = new Command(action.name)
    .summary(action.name === "retry" ? "try them again" : "give them up")
    .description(texts[action.name])
    .argument("[ids...]", "the messages' ids, as list shows them")
    .addOption(booleanOption("all", "every one of them"));
  return addAccessFlags(addJsonFlag(command)).action((ids: string[]) => run(ids, action, command, io));
}

async function run(ids: readonly string[], { name, done, act }: Action, command: Command, io: Io): Promise<void> {
  const all = command.opts<{ all?: string }>().all === "true";
  if (all === ids.length > 0) throw usageError(`dead ${name} needs either ids or --all`);
  await using alerts = await openAlerts(command, io, { readOnly: false });
  const changed: Notification[] = [];
  const missing: string[] = [];
  const before = name === "discard" && !all ? await discardedIds(alerts) : new Set<string>();
  for (const id of all ? await deadIds(alerts) : ids) {
    const notification = await act(alerts, id);
    if (before.has(id)) warn(io, `the message ${id} had been discarded already`);
    else if (notification !== undefined) changed.push(notification);
    else if (!all) missing.push(id);
  }
  if (wantsJson(command)) await io.out.write(jsonText(changed));
  else await io.out.write(`${counted(changed.length, "message")} ${done}\n`);
  if (missing.length === 0) return;
  throw new CommandFailure(`there is no message with the id ${missing.map((id) => JSON.stringify(id)).join(", ")}`);
}

/** Of the newest. */
async function discardedIds(alerts: Alerts): Promise<ReadonlySet<string>> {
  const { items } = await alerts.notifications({ states: ["discarded"], limit: PAGE });
  return new Set(items.map(({ notification_id }) => notification_id));
}

/** Read in full before the first is changed: what is changed leaves the list. */
async function deadIds(alerts: Alerts): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page = { states: ["dead"], limit: PAGE, ...(cursor !== null && { cursor }) } as const;
    const answer: Awaited<ReturnType<Alerts["notifications"]>> = await alerts.notifications(page);
    ids.push(...answer.items.map(({ notification_id }) => notification_id));
    cursor = answer.cursor;
  } while (cursor !== null && ids.length < MOST);
  return ids;
}
