/** How alerts are printed: tables for people, JSON for the rest. */
import { userInfo } from "node:os";
import type { Command } from "commander";
import type { Incident, Silence } from "../alert/incident.ts";
import type { Notification } from "../alert/notification.ts";
import { booleanOption } from "./flags.ts";
import type { Io } from "./io.ts";
import { rowsText } from "./rows.ts";
import { weeklyText } from "./weekly.ts";

export interface Table {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Printed where there are no rows. */
  readonly none: string;
}

export function addJsonFlag(command: Command): Command {
  return command.addOption(booleanOption("json", "as JSON"));
}

/** Prints the value as JSON where that is asked for, else the table. */
export async function printTable(command: Command, io: Io, { value, table }: { value: unknown; table: Table }) {
  if (wantsJson(command)) return void (await io.out.write(jsonText(value)));
  const { titles, rows, none } = table;
  await io.out.write(rows.length === 0 ? `${none}\n` : rowsText(titles, rows, io.columns));
}

export function wantsJson(command: Command): boolean {
  return command.opts<{ json?: string }>().json === "true";
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

export function incidentTable(incidents: readonly Incident[], none = "no incidents"): Table {
  const titles = ["ID", "STATE", "SEVERITY", "RULE", "EVENTS", "LAST", "NOTES", "GROUP"];
  return { titles, none, rows: incidents.map(incidentCells) };
}

function incidentCells(incident: Incident): string[] {
  const { incident_id, state, severity, rule, total, last_at } = incident;
  return [incident_id, state, severity, rule, String(total), last_at, notesOf(incident), labelsText(incident)];
}

function notesOf({ silenced_by, inhibited_by, flapping, storm, assignee, acknowledged_by }: Incident): string {
  const notes = [
    silenced_by !== null && "silenced",
    inhibited_by !== null && "inhibited",
    flapping && "flapping",
    storm && "storm",
    acknowledged_by !== null && `by ${acknowledged_by}`,
    assignee !== null && `for ${assignee}`,
  ];
  return notes.filter((note) => note !== false).join(", ") || "-";
}

function labelsText({ labels }: Incident): string {
  return (
    Object.entries(labels)
      .filter(([, value]) => value !== null)
      .map(([path, value]) => `${path}=${value}`)
      .join(" ") || "-"
  );
}

export function silenceTable(silences: readonly Silence[]): Table {
  const titles = ["ID", "FROM", "TO", "WEEKLY", "AUTHOR", "COMMENT", "SELECTOR"];
  const rows = silences.map((one) => [
    one.silence_id,
    one.starts_at,
    one.ends_at,
    one.weekly === null ? "-" : weeklyText(one.weekly),
    one.author,
    one.comment,
    JSON.stringify(one.selector),
  ]);
  return { titles, none: "no silences", rows };
}

export function notificationTable(notifications: readonly Notification[], none: string): Table {
  const titles = ["ID", "STATE", "CHANNEL", "RECIPIENT", "ABOUT", "CREATED", "ATTEMPTS", "LAST ERROR"];
  const rows = notifications.map((one) => [
    one.notification_id,
    one.state,
    one.channel,
    one.recipient,
    `${one.occasion} ${one.notice.incident.rule}`,
    one.created_at,
    String(one.attempts),
    one.last_error ?? "-",
  ]);
  return { titles, none, rows };
}

/** Who does it, where nobody is named: the user of this computer. */
export function userName({ env }: Pick<Io, "env">): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER || env.USERNAME || "command line"; // a container without users
  }
}
