/** `alerts why EVENT_ID`: why an event did, or did not, tell somebody. */
import { Command } from "commander";
import type { Why } from "../../alert/desk.ts";
import { addJsonFlag, incidentTable, jsonText, notificationTable, wantsJson } from "../alert-rows.ts";
import { CommandFailure } from "../exit.ts";
import type { Io } from "../io.ts";
import { addAccessFlags } from "../open-access.ts";
import { openAlerts } from "../open-alerts.ts";
import { rowsText } from "../rows.ts";
import { printable } from "../table.ts";

export function whyCommand(io: Io): Command {
  const command = new Command("why")
    .summary("why an event told somebody, or did not")
    .description("Says which rules an event matched, what incident it is part of, and what became of the messages.")
    .argument("<event-id>", "the event's _id");
  return addAccessFlags(addJsonFlag(command)).action((id: string) => why(id, command, io));
}

async function why(id: string, command: Command, io: Io): Promise<void> {
  await using alerts = await openAlerts(command, io, { readOnly: true });
  const answer = await alerts.why(id);
  if (answer === undefined) throw new CommandFailure(`there is no event with the id ${JSON.stringify(id)}`);
  await io.out.write(wantsJson(command) ? jsonText(answer) : whyText(answer, io.columns));
}

function whyText({ trail, incidents, notifications }: Why, columns: number | undefined): string {
  const tables = [incidentTable(incidents), notificationTable(notifications, "")].filter(({ rows }) => rows.length > 0);
  const lines = trail.map((line) => `${printable(line)}\n`).join("");
  return lines + tables.map(({ titles, rows }) => `\n${rowsText(titles, rows, columns)}`).join("");
}
