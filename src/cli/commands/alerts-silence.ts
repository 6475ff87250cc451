/** `alerts silence add|list|expire`: incidents that are known and should tell nobody for a while. */
import { Command } from "commander";
import type { SilenceInput } from "../../alert/desk.ts";
import { addJsonFlag, printTable, silenceTable, userName } from "../alert-rows.ts";
import { CommandFailure, usageError } from "../exit.ts";
import { type Io, warn } from "../io.ts";
import { addAccessFlags } from "../open-access.ts";
import { openAlerts } from "../open-alerts.ts";
import { silenceHints } from "../silence-hints.ts";
import { spanFlag } from "../span-flag.ts";
import { readWeekly } from "../weekly.ts";

const EXAMPLES = `
Examples:
  madsci-events alerts silence add --selector '{"rule":"node-error"}' --for 8h --comment "deck open"
  madsci-events alerts silence add --selector '{"labels.source.node_id":"01JY…"}' --for 2d --comment "in repair"
  madsci-events alerts silence add --selector '{"rule":"hot"}' --for 30d --comment night --weekly "daily 22:00-06:00"
  madsci-events alerts silence list
  madsci-events alerts silence expire ID`;

/** As many as are shown at once. */
const MOST = 1000;

interface Flags {
  readonly selector?: string;
  readonly for?: string;
  readonly weekly?: string;
  readonly comment?: string;
  readonly author?: string;
  readonly all?: string;
}

export function silenceCommand(io: Io): Command {
  const command = new Command("silence")
    .summary("keep known incidents quiet")
    .description("Keeps incidents quiet for a while. They still count, and a summary comes when the silence ends.")
    .addHelpText("after", EXAMPLES);
  for (const inner of [addCommand(io), listCommand(io), expireCommand(io)]) command.addCommand(inner);
  return command;
}

function addCommand(io: Io): Command {
  const command = new Command("add")
    .summary("begin a silence")
    .description("Begins a silence now.")
    .option("--selector <json>", "which incidents: rule, severity, labels.*, event_type, source.*")
    .option("--for <span>", "how long, as 30m, 8h or 2d; at most 30d")
    .option("--weekly <hours>", 'only in these hours, like "mon-fri 22:00-06:00 Europe/Berlin"; daily for all days')
    .option("--comment <text>", "why, for the others")
    .option("--author <name>", "who; default: your user name");
  return addAccessFlags(addJsonFlag(command)).action(() => add(command, io));
}

async function add(command: Command, io: Io): Promise<void> {
  const flags = command.opts<Flags>();
  const { selector, for: span, weekly, comment, author = userName(io) } = flags;
  if (selector === undefined || span === undefined || comment === undefined)
    throw usageError("silence add needs --selector, --for and --comment");
  const ms = spanFlag("for", span);
  const given = { selector: readSelector(selector), ...(weekly !== undefined && { weekly: readWeekly(weekly) }) };
  await using alerts = await openAlerts(command, io, { readOnly: false });
  const ends_at = new Date(Date.now() + ms).toISOString();
  const silence = await alerts.silence({ ...given, ends_at, author, comment });
  for (const hint of await silenceHints(silence, alerts)) warn(io, hint);
  await printTable(command, io, { value: silence, table: silenceTable([silence]) });
}

function listCommand(io: Io): Command {
  const command = addJsonFlag(new Command("list").summary("list silences").description("Lists silences.")).option(
    "--all [bool]",
    "those that have ended too",
  );
  return addAccessFlags(command).action(() => list(command, io));
}

async function list(command: Command, io: Io): Promise<void> {
  const { all } = command.opts<Flags>();
  const states = all === "true" ? (["pending", "active", "expired"] as const) : (["pending", "active"] as const);
  await using alerts = await openAlerts(command, io, { readOnly: true });
  const { items } = await alerts.silences({ states, limit: MOST });
  await printTable(command, io, { value: items, table: silenceTable(items) });
}

function expireCommand(io: Io): Command {
  const command = new Command("expire")
    .summary("end a silence")
    .description("Ends a silence now.")
    .argument("<id>", "the silence's id, as list shows it");
  return addAccessFlags(addJsonFlag(command)).action((id: string) => expire(id, command, io));
}

async function expire(id: string, command: Command, io: Io): Promise<void> {
  await using alerts = await openAlerts(command, io, { readOnly: false });
  const { items: ended } = await alerts.silences({ states: ["expired"], limit: MOST });
  const silence = await alerts.expireSilence(id);
  if (silence === undefined) throw new CommandFailure(`there is no silence with the id ${JSON.stringify(id)}`);
  if (ended.some(({ silence_id }) => silence_id === id))
    warn(io, `this silence had ended already, at ${silence.ends_at}`);
  await printTable(command, io, { value: silence, table: silenceTable([silence]) });
}

function readSelector(text: string): SilenceInput["selector"] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as SilenceInput["selector"];
  } catch {}
  throw usageError(`--selector takes a JSON object, like '{"rule":"node-error"}'`);
}
