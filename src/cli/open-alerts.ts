/** OpenAlerts: from the flags of a command to the alerts it works on, those of a database or behind a server. */
import type { Command } from "commander";
import { type AlertSetup, alertSetup } from "./alert-setup.ts";
import type { Alerts } from "./alerts-access.ts";
import type { Config } from "./config.ts";
import { usageError } from "./exit.ts";
import { type Io, warn } from "./io.ts";
import { serverOf } from "./open-access.ts";
import { commandConfig } from "./open-store.ts";

const OFF = "alerts are off: set alerting or email_alerts in the settings, or name a server with --server";

/** @param options.readOnly true for commands that change nothing. @throws EventStoreError what opening throws */
export async function openAlerts(command: Command, io: Io, options: { readonly readOnly: boolean }): Promise<Alerts> {
  const server = await serverAlerts(command);
  if (server !== undefined) return server;
  const { config, setup } = commandSetup(command, io, { withoutSecrets: true });
  const { openStoreAlerts } = await import("./store-alerts.ts");
  return openStoreAlerts({ config, plan: setup.plan, ...options }, io);
}

/** The alerts behind `--server`; undefined where that is not given. @throws EventStoreError `EVT_INVALID_OPTION` */
export async function serverAlerts(command: Command) {
  const server = serverOf(command);
  if (server === undefined) return undefined;
  const { ServerAlerts } = await import("./server-alerts.ts");
  return new ServerAlerts(server);
}

export interface CommandSetup {
  readonly config: Config;
  readonly setup: AlertSetup;
}

/** What the settings say about alerts. @throws EventStoreError `EVT_INVALID_OPTION` where they are off, or wrong */
export function commandSetup(command: Command, io: Io, how: { readonly withoutSecrets?: boolean } = {}): CommandSetup {
  const config = commandConfig(command, io);
  const setup = alertSetup(config, { env: io.env, ...how });
  if (setup === undefined) throw usageError(OFF);
  for (const message of setup.warnings) warn(io, message);
  return { config, setup };
}
