/**
 * `serve`: the Event Manager. Opens the store, listens, says what to try, and ends cleanly on SIGTERM or SIGINT.
 *
 * A clean end stops accepting, finishes the requests under way and closes the store; after that the exit code is 0.
 */
import { Command, Option } from "commander";
import { redactUrl } from "../../backend/open.ts";
import type { EventStore } from "../../store/store.ts";
import { type Address, type AddressFlags, addressOf, urlOf } from "../address.ts";
import { type AlertSetup, alertSetup } from "../alert-setup.ts";
import { backupLine, type ServedBackups, serveBackups } from "../backup-serve.ts";
import type { Config } from "../config.ts";
import { sqliteFile } from "../database-url.ts";
import { CommandFailure, describeError } from "../exit.ts";
import { addSettingFlags } from "../flags.ts";
import { type Io, warn } from "../io.ts";
import { managerId } from "../manager-id.ts";
import { commandConfig, openStore } from "../open-store.ts";
import { alertsLine, type ServedAlerts, serveAlerts } from "../serve-alerts.ts";
import { announcement, buildServer, doubts, type HttpServer, listen } from "../server.ts";
import { ROWS, type Settings } from "../settings.ts";
import { settingsTable } from "../settings-table.ts";
import { firstSignal, SHUTDOWN_LIMIT_MS, within } from "../shutdown.ts";

const SHOWN = new Set([
  "mongo_db_url",
  "server_url",
  "manager_name",
  "rate_limit_enabled",
  "docs_enabled",
  "cors_origins",
]);

const EXAMPLES = `
Every other setting is a flag too: madsci-events serve --list-settings

Examples:
  madsci-events serve
  madsci-events serve --port 9000 --url sqlite:./lab.db
  madsci-events serve --url mongodb://localhost:27017 --rate-limit-enabled false`;

export function serveCommand(version: string, io: Io): Command {
  const command = new Command("serve")
    .summary("run the server")
    .description("Runs the Event Manager: the REST API of MADSci over an embedded file or MongoDB.")
    .option("--host <host>", "address to listen on (default: that of server_url)")
    .option("--port <port>", "port to listen on; 0 for any free one");
  addSettingFlags(
    command,
    ROWS.map(([name]) => name),
    SHOWN,
  );
  command
    .addOption(new Option("--email-alerts <json>", "e-mail alerts as JSON").hideHelp())
    .option("--settings-dir <directory>", "where the search for settings files starts")
    .option("--list-settings", "print every setting with its flag, variable and default")
    .addHelpText("after", EXAMPLES);
  return command.action(() => serve(command, version, io));
}

async function serve(command: Command, version: string, io: Io): Promise<void> {
  if (command.opts().listSettings) return void (await io.out.write(settingsTable()));
  const config = commandConfig(command, io);
  const address = addressOf(config.settings.server_url, command.opts<AddressFlags>());
  for (const message of doubts(config, address)) warn(io, message);
  const setup = alertSetup(config, io); // refuses before anything is opened
  for (const message of setup?.warnings ?? []) warn(io, message);
  const manager_id = managerId(config.settings, io.cwd, (message) => warn(io, message));
  const stopped = firstSignal();
  const store = await openStore(config, io, { defaultSource: { manager_id }, writerThread: true });
  const running = await startServer(
    store,
    { ...config, settings: { ...config.settings, manager_id } },
    { address, version, setup, io },
  );
  await stopped;
  io.err("stopping when the requests under way are done; a second signal stops at once");
  await stop(running);
}

interface Surroundings {
  readonly address: Address;
  readonly version: string;
  /** Undefined where alerts are off. */
  readonly setup: AlertSetup | undefined;
  readonly io: Io;
}

interface Running {
  readonly server: HttpServer;
  readonly alerts: ServedAlerts | undefined;
  readonly backups: ServedBackups | undefined;
  readonly store: EventStore;
}

/** Listens and says so; a failure closes what was opened. */
async function startServer(store: EventStore, config: Config, around: Surroundings): Promise<Running> {
  const { version, setup, io } = around;
  const { settings: configured } = config;
  let alerts: ServedAlerts | undefined;
  let backups: ServedBackups | undefined;
  let settings: Settings = configured;
  const onError = (error: unknown, request: string) => io.err(`${request}: ${describeError(error, true)}`);
  try {
    alerts = await serveAlerts(store, setup, { io, file: sqliteFile(configured.mongo_db_url) });
    backups = serveBackups(store, config, io);
    const desks = { alerts: alerts?.desk, backups: backups?.desk };
    const server = await buildServer({ store, settings: () => settings, version, ...desks, onError });
    const address = { ...around.address, port: await listen(server, around.address) };
    settings = { ...configured, server_url: urlOf(address) };
    const place = redactUrl(settings.mongo_db_url);
    for (const line of announcement(address, place, settings.docs_enabled)) io.err(line);
    if (setup !== undefined) io.err(alertsLine(setup.plan));
    const line = backupLine(settings, settings.backup_dir);
    if (line !== undefined && backups !== undefined) io.err(line);
    return { server, alerts, backups, store };
  } catch (error) {
    await backups?.close();
    await alerts?.close();
    await store.close();
    throw error;
  }
}

async function stop({ server, alerts, backups, store }: Running): Promise<void> {
  const cleanEnd = async () => {
    await backups?.close();
    await server.close();
    await alerts?.close();
    await store.close();
  };
  if (await within(SHUTDOWN_LIMIT_MS, cleanEnd)) return;
  throw new CommandFailure(`stopped with work still under way after ${SHUTDOWN_LIMIT_MS / 1000} s`);
}
