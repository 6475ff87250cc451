/** `report VERB`: what the events say about the use of the lab. Each verb is a file of its own. */
import { Command } from "commander";
import type { Io } from "../io.ts";
import { periodsCommand } from "./report-periods.ts";
import { sessionsCommand } from "./report-sessions.ts";
import { usersCommand } from "./report-users.ts";

const EXAMPLES = `
Examples:
  madsci-events report sessions --from 7d
  madsci-events report periods --from 2025-06-01 --to 2025-07-01 --by week --tz Europe/Berlin
  madsci-events report users --from 30d --format csv > users.csv
  madsci-events report periods --by month --server http://lab:8001 --json | jq .key_metrics

Without --from and --to a report covers all events. Its JSON and CSV are what the routes /utilization/… answer.`;

export function reportCommand(io: Io): Command {
  const command = new Command("report")
    .summary("use of the lab: sessions, periods, users")
    .description("Tells how much the lab was used: by session, by hour, day, week or month, and by user.")
    .addHelpText("after", EXAMPLES);
  for (const inner of [sessionsCommand(io), periodsCommand(io), usersCommand(io)]) command.addCommand(inner);
  return command;
}
