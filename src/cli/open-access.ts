/**
 * OpenAccess: from the flags of a command to the events it works on, in the database the settings name or behind a server.
 *
 * Only `--server` asks a server. EVENT_SERVER_URL says where `serve` listens, and must not turn a look at a file into a
 * look at something else.
 */
import type { Command } from "commander";
import type { Access } from "./access.ts";
import { usageError } from "./exit.ts";
import { settingFlags } from "./flags.ts";
import { type Io, warn } from "./io.ts";
import { addStoreFlags, commandConfig, openStore } from "./open-store.ts";
import { StoreAccess } from "./store-access.ts";

export interface AccessOptions {
  /** True for commands that change nothing. */
  readonly readOnly: boolean;
}

/** The flags that say where the events are. */
export function addAccessFlags(command: Command): Command {
  return addStoreFlags(command).option("--server <url>", "ask this server instead of a database");
}

/** @throws EventStoreError what opening throws; `EVT_INVALID_OPTION` where flags contradict each other */
export async function openAccess(command: Command, io: Io, { readOnly }: AccessOptions): Promise<Access> {
  const server = serverOf(command);
  if (server !== undefined) return serverAccess(server, io);
  const config = commandConfig(command, io);
  const store = await openStore(config, io, { readOnly });
  return new StoreAccess(store, config.settings.naive_timezone ?? undefined);
}

/** The server to ask; undefined where a database is meant. @throws EventStoreError `EVT_INVALID_OPTION` for both at once */
export function serverOf(command: Command): string | undefined {
  const { server } = command.opts<{ server?: string }>();
  if (server !== undefined && Object.values(settingFlags(command)).some((value) => value !== undefined))
    throw usageError("--server and the flags of a database exclude each other; give one of them");
  return server;
}

async function serverAccess(url: string, io: Io): Promise<Access> {
  const { ServerAccess } = await import("./server-access.ts");
  return new ServerAccess(url, (message) => warn(io, message));
}
