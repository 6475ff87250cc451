/** From the flags of a command to its open store: configuration, then warnings. */
import { existsSync } from "node:fs";
import type { Command } from "commander";
import type { Source } from "../event/event.ts";
import type { EventStoreOptions } from "../store/options.ts";
import { EventStore } from "../store/store.ts";
import { type Config, loadConfig } from "./config.ts";
import { sqliteFile } from "./database-url.ts";
import { CommandFailure } from "./exit.ts";
import { addSettingFlags, settingFlags } from "./flags.ts";
import { type Io, warn } from "./io.ts";

const STORE_SETTINGS = ["mongo_db_url", "database_name", "collection_name", "naive_timezone", "strict_event_types"];
const SHOWN = new Set(["mongo_db_url"]);

/** The flags that say which store a command works on. */
export function addStoreFlags(command: Command): Command {
  addSettingFlags(command, [...STORE_SETTINGS, "max_event_bytes"], SHOWN);
  return command.option("--settings-dir <directory>", "where the search for settings files starts");
}

/** Reads the configuration of a command and prints its warnings. */
export function commandConfig(command: Command, io: Io): Config {
  const settingsDir = command.opts().settingsDir as string | undefined;
  const config = loadConfig({ flags: settingFlags(command), env: io.env, cwd: io.cwd, settingsDir });
  for (const message of config.warnings) warn(io, message);
  return config;
}

export interface OpenOptions {
  readonly readOnly?: boolean;
  readonly defaultSource?: Source;
  readonly writerThread?: boolean;
  /** Longest an append may take, in ms; for work nobody waits for. */
  readonly appendTimeoutMs?: number;
}

/** Opens the store the configuration names. Reading needs an existing file; writing creates it. */
export function openStore(config: Config, io: Io, options: OpenOptions = {}): Promise<EventStore> {
  const url = config.settings.mongo_db_url;
  const file = sqliteFile(url);
  if (options.readOnly && file !== undefined && !existsSync(file)) throw noDatabase(file);
  return EventStore.open(url, { ...storeOptions(config, io), ...options });
}

function noDatabase(file: string): CommandFailure {
  return new CommandFailure(
    `there is no database at ${file} yet; start madsci-events serve, or name another with --url`,
  );
}

function storeOptions(config: Config, io: Io): EventStoreOptions {
  const { settings } = config;
  return {
    ...placeOptions(config),
    strictEventTypes: settings.strict_event_types,
    limits: { maxBytes: settings.max_event_bytes },
    findTimeoutMs: settings.query_time_limit * 1000,
    onWarning: (message) => warn(io, message),
  };
}

/** What says which events there are: all that another reader of them has to know beside the URL. */
function placeOptions({ settings, origins }: Config) {
  const mongo = settings.mongo_db_url.startsWith("mongodb");
  return {
    naiveTimezone: settings.naive_timezone ?? undefined,
    database: mongo && origins.has("database_name") ? settings.database_name : undefined,
    collection: mongo ? settings.collection_name : undefined,
  } satisfies EventStoreOptions;
}
