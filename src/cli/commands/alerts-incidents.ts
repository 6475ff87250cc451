/** `alerts incidents`: what is going on, newest first. */
import { Command } from "commander";
import type { IncidentState } from "../../alert/incident.ts";
import { addJsonFlag, incidentTable, printTable } from "../alert-rows.ts";
import { usageError } from "../exit.ts";
import { wholeNumberFlag } from "../flags.ts";
import type { Io } from "../io.ts";
import { addAccessFlags } from "../open-access.ts";
import { openAlerts } from "../open-alerts.ts";

const STATES = ["pending", "firing", "acknowledged", "resolved", "closed"] as const satisfies readonly IncidentState[];
const LIVE = ["pending", "firing", "acknowledged"] as const;
const MOST = 1000;

interface Flags {
  readonly state?: string;
  readonly rule?: string;
  readonly limit?: string;
}

export function incidentsCommand(io: Io): Command {
  const command = new Command("incidents")
    .summary("list incidents")
    .description("Lists incidents, those that changed last first.")
    .option("--state <states>", `separated by commas: ${STATES.join(", ")}, or all; default: ${LIVE.join(",")}`)
    .option("--rule <id>", "only those of this rule")
    .option("--limit <n>", `most incidents, up to ${MOST}; default 100`);
  return addAccessFlags(addJsonFlag(command)).action(() => incidents(command, io));
}

async function incidents(command: Command, io: Io): Promise<void> {
  const { state, rule, limit } = command.opts<Flags>();
  const most = wholeNumberFlag("limit", limit) ?? 100;
  if (most < 1 || most > MOST) throw usageError(`--limit takes a whole number from 1 to ${MOST}`);
  const states = statesOf(state);
  await using alerts = await openAlerts(command, io, { readOnly: true });
  const { items, cursor } = await alerts.incidents({ states, limit: most, ...(rule !== undefined && { rule }) });
  await printTable(command, io, { value: items, table: incidentTable(items) });
  if (cursor !== null) io.err(`only the newest ${items.length}; there are more, raise --limit or narrow with --state`);
}

function statesOf(text: string | undefined): readonly IncidentState[] {
  if (text === undefined) return LIVE;
  const words = text.split(",").map((word) => word.trim().toLowerCase());
  if (words.includes("all")) return STATES;
  const unknown = words.find((word) => !(STATES as readonly string[]).includes(word));
  if (unknown !== undefined) throw usageError(`--state takes ${STATES.join(", ")} or all, separated by commas`);
  return words as IncidentState[];
}
