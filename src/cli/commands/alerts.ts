/** `alerts VERB`: rules, incidents, silences and what could not be delivered. Each verb is a file of its own. */
import { Command } from "commander";
import type { Io } from "../io.ts";
import { ackCommand } from "./alerts-ack.ts";
import { deadCommand } from "./alerts-dead.ts";
import { incidentsCommand } from "./alerts-incidents.ts";
import { lintCommand } from "./alerts-lint.ts";
import { rulesCommand } from "./alerts-rules.ts";
import { silenceCommand } from "./alerts-silence.ts";
import { simulateCommand } from "./alerts-simulate.ts";
import { testCommand } from "./alerts-test.ts";
import { verifyCommand } from "./alerts-verify.ts";
import { whyCommand } from "./alerts-why.ts";

const EXAMPLES = `
Examples:
  madsci-events alerts lint alerts.yaml
  madsci-events alerts verify
  madsci-events alerts test --channel mail-ops --to me@lab.example.org
  madsci-events alerts simulate --rules alerts.yaml --since 7d
  madsci-events alerts incidents --server http://lab:8001
  madsci-events alerts silence add --selector '{"rule":"node-error"}' --for 8h --comment "deck open"

Alerts are on where the settings have alerting (rules, receivers, channels) or email_alerts.`;

export function alertsCommand(io: Io): Command {
  const command = new Command("alerts")
    .summary("rules, incidents, silences, test messages")
    .description("Checks and tries alerts, and looks after incidents, silences and what could not be delivered.")
    .addHelpText("after", EXAMPLES);
  const trying = [lintCommand(io), verifyCommand(io), testCommand(io), simulateCommand(io)];
  const looking = [rulesCommand(io), incidentsCommand(io), whyCommand(io)];
  const acting = [ackCommand(io), silenceCommand(io), deadCommand(io)];
  for (const inner of [...trying, ...looking, ...acting]) command.addCommand(inner);
  return command;
}
