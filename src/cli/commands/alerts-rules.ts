/** `alerts rules`: the rules in force and how they are doing, or the built-in ones as a file to edit. */
import { createRequire } from "node:module";
import { Command } from "commander";
import type { RuleView } from "../../alert/desk.ts";
import { LAB_PACK } from "../../alert/lab-pack.ts";
import { addJsonFlag, jsonText, printTable, type Table, wantsJson } from "../alert-rows.ts";
import { booleanOption } from "../flags.ts";
import type { Io } from "../io.ts";
import { addAccessFlags } from "../open-access.ts";
import { openAlerts } from "../open-alerts.ts";

/** Loaded on demand, as settings-files.ts does. */
const load = createRequire(import.meta.url);
const HEAD = `# The built-in rules of alerting. They are in force without standing in a file. To change one, write a rule with its id
# and only the fields that differ, like { id: node-error, enabled: false }; labPack: false drops them all.
`;

export function rulesCommand(io: Io): Command {
  const command = new Command("rules")
    .summary("list rules")
    .description("Lists the rules in force: what they are about, who is told, how often they fired.")
    .addOption(booleanOption("print-pack", "print the built-in rules as YAML instead"));
  return addAccessFlags(addJsonFlag(command)).action(() => rules(command, io));
}

async function rules(command: Command, io: Io): Promise<void> {
  if (command.opts<{ printPack?: string }>().printPack === "true") return printPack(command, io);
  await using alerts = await openAlerts(command, io, { readOnly: true });
  const found = await alerts.rules();
  await printTable(command, io, { value: found, table: ruleTable(found) });
}

async function printPack(command: Command, io: Io): Promise<void> {
  if (wantsJson(command)) return void (await io.out.write(jsonText({ rules: LAB_PACK })));
  const { stringify } = load("yaml") as typeof import("yaml");
  await io.out.write(HEAD + stringify({ rules: LAB_PACK }, { lineWidth: 120, aliasDuplicateObjects: false }));
}

function ruleTable(rules: readonly RuleView[]): Table {
  const titles = ["ID", "KIND", "ON", "SEVERITY", "EVENTS", "LIVE", "RECEIVERS", "DESCRIPTION"];
  const rows = rules.map((rule) => [
    rule.id,
    rule.kind,
    rule.enabled ? "yes" : "no",
    rule.severity,
    String(rule.events),
    String(rule.live_incidents),
    rule.receivers.join(", ") || "-",
    rule.description ?? "-",
  ]);
  return { titles, rows, none: "no rules" };
}
