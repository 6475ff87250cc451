/** `init`: writes a commented `event.settings.yaml`, and never over one that is there. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { redactUrl } from "../../backend/open.ts";
import { addressOf, urlOf } from "../address.ts";
import { checked } from "../config.ts";
import { CommandFailure, usageError } from "../exit.ts";
import { addSettingFlags, booleanOption, settingFlags } from "../flags.ts";
import type { Io } from "../io.ts";
import { flagNames, ROWS, type Settings } from "../settings.ts";

const EXAMPLES = `
Examples:
  madsci-events init
  madsci-events init --name "Lab 3 events" --port 8001 --url sqlite:/var/lib/lab/events.db
  madsci-events init --stdout --url mongodb://localhost:27017

Every setting may be given as a flag, as with serve; the others stand in the file as comments, with their defaults.`;

const FILE = "event.settings.yaml";
const SHOWN = new Set(["server_url", "mongo_db_url"]);
/** What a lab sets; these stand in the file even where they have their defaults. */
const ALWAYS = ["server_url", "mongo_db_url"];

export function initCommand(io: Io): Command {
  const command = new Command("init")
    .summary("write a settings file")
    .description(`Writes ${FILE}: every setting, explained, with its default.`)
    .option("--dir <directory>", "where to write it; default: here")
    .option("--name <name>", "name of this manager (manager_name)")
    .option("--port <port>", "port of server_url");
  addSettingFlags(
    command,
    ROWS.map(([name]) => name),
    SHOWN,
  );
  command
    .addOption(booleanOption("stdout", "print it instead"))
    .addOption(booleanOption("force", "overwrite the file that is there"))
    .addHelpText("after", EXAMPLES);
  return command.action(() => init(command, io));
}

interface Flags {
  readonly dir?: string;
  readonly name?: string;
  readonly port?: string;
  readonly stdout?: string;
  readonly force?: string;
}

async function init(command: Command, io: Io): Promise<void> {
  const flags = command.opts<Flags>();
  const { settingsYaml } = await import("../settings-yaml.ts");
  const given = givenValues(command, flags);
  const text = settingsYaml(given);
  if (flags.stdout === "true") return void (await io.out.write(text));
  const folder = resolve(io.cwd, flags.dir ?? ".");
  const path = join(folder, FILE);
  if (existsSync(path) && flags.force !== "true")
    throw usageError(`${path} is there already; change it, choose another --dir, or overwrite it with --force`);
  write(folder, text, redactUrl(String(given.mongo_db_url)) !== given.mongo_db_url);
  await io.out.write(`${path} is written\n`);
  io.err("next: look it over, then madsci-events doctor and madsci-events serve");
}

/** @throws EventStoreError `EVT_INVALID_OPTION` naming the setting */
function givenValues(command: Command, { name, port }: Flags): Record<string, unknown> {
  const flags = settingFlags(command);
  const given: Record<string, unknown> = {};
  for (const [setting, row] of ROWS) {
    const value = setting === "manager_name" ? (name ?? flags[setting]) : flags[setting];
    if (value !== undefined)
      given[setting] = checked(setting, row, { value, origin: `--${flagNames(setting, row)[0]}` });
    else if (ALWAYS.includes(setting)) given[setting] = row.default;
  }
  if (flags.email_alerts !== undefined) throw usageError("--email-alerts is not for init; write them into the file");
  const { server_url } = given as unknown as Settings;
  return port === undefined ? given : { ...given, server_url: urlOf(addressOf(server_url, { port })) };
}

/** @param isSecret whether the file holds a password: then it is for its owner only */
function write(folder: string, text: string, isSecret: boolean): void {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, FILE), text, { mode: isSecret ? 0o600 : 0o644 });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "error";
    throw new CommandFailure(`${join(folder, FILE)} cannot be written (${code})`, { cause });
  }
}
