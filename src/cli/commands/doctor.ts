/**
 * `doctor`: looks at everything an event store needs and says what is wrong and what mends it. Changes nothing.
 *
 * One line for each thing looked at. A check that breaks is a failed one, and the others go on.
 */
import { existsSync } from "node:fs";
import { Command } from "commander";
import { addressOf } from "../address.ts";
import { type Check, failed, type State } from "../check.ts";
import { alertChecks } from "../check-alerts.ts";
import { databaseChecks } from "../check-events.ts";
import { diskChecks, fileChecks, integrityCheck } from "../check-file.ts";
import { nodeCheck, packageChecks } from "../check-program.ts";
import { portCheck, serverChecks } from "../check-server.ts";
import { settingsChecks } from "../check-settings.ts";
import { spoolChecks } from "../check-spools.ts";
import type { Config } from "../config.ts";
import { sqliteFile } from "../database-url.ts";
import { CommandFailure, counted, oneLine, usageError } from "../exit.ts";
import { booleanOption, settingFlags } from "../flags.ts";
import type { Io } from "../io.ts";
import { addAccessFlags } from "../open-access.ts";
import { openStore } from "../open-store.ts";
import { colorOption, type Paint, paintFor, type Style } from "../paint.ts";
import { spoolRoot } from "../spool-folder.ts";
import { StoreAccess } from "../store-access.ts";
import { printable } from "../table.ts";

const EXAMPLES = `
Examples:
  madsci-events doctor
  madsci-events doctor --full
  madsci-events doctor --server http://lab:8001 --json

Changes nothing. Exit code 1 when something fails; a warning is no failure.`;

export function doctorCommand(io: Io): Command {
  const command = new Command("doctor")
    .summary("check settings, database, alerts, disk, spools, server")
    .description("Checks what an event store needs, and says how to mend what is wrong.")
    .addOption(booleanOption("full", "read every index of an SQLite file, whatever its size"))
    .option("--spool-dir <folder>", "folder of spools; default: that of ship and the transport here")
    .addOption(booleanOption("json", "as JSON"))
    .addOption(colorOption())
    .addHelpText("after", EXAMPLES);
  return addAccessFlags(command).action(() => doctor(command, io));
}

interface Flags {
  readonly full?: string;
  readonly json?: string;
  readonly color?: string;
  readonly server?: string;
  readonly settingsDir?: string;
  readonly spoolDir?: string;
}

async function doctor(command: Command, io: Io): Promise<void> {
  const flags = command.opts<Flags>();
  if (flags.server !== undefined && !/^https?:\/\/./i.test(flags.server))
    throw usageError("--server takes the URL of a server, like http://lab:8001");
  spoolRoot(flags.spoolDir, io); // refuses before anything is looked at
  const checks: Check[] = [];
  const print = printerFor(flags, io);
  for await (const check of allChecks(command, flags, io)) {
    checks.push(check);
    await print(check);
  }
  const failures = checks.filter(({ state }) => state === "fail").length;
  const warnings = checks.filter(({ state }) => state === "warn").length;
  if (flags.json === "true")
    await io.out.write(`${JSON.stringify({ ok: failures === 0, failures, warnings, checks }, null, 2)}\n`);
  if (failures > 0) throw new CommandFailure(`${failures} of ${counted(checks.length, "check")} failed, see above`);
  if (flags.json !== "true")
    await io.out.write(warnings === 0 ? "all is well\n" : `works, with ${counted(warnings, "warning")}\n`);
}

async function* allChecks(command: Command, flags: Flags, io: Io): AsyncGenerator<Check, void> {
  yield nodeCheck(process.versions.node);
  const input = { flags: settingFlags(command), env: io.env, cwd: io.cwd, settingsDir: flags.settingsDir };
  const { checks, config } = settingsChecks(input);
  yield* checks;
  yield* packageChecks(config?.settings.mongo_db_url);
  if (config) yield* databaseSteps(config, flags, io);
  if (config) yield* await guarded("alerts", () => alertChecks(config, io));
  const spools = spoolRoot(flags.spoolDir, io);
  yield* await guarded("spools", () => spoolChecks(spools));
  const file = config && sqliteFile(config.settings.mongo_db_url);
  yield* await guarded("disk", () => diskChecks([spools, ...(file === undefined ? [] : [file])]));
  if (flags.server !== undefined) yield* await serverChecks(flags.server);
  if (config) yield* await guarded("port", async () => [await portCheck(addressOf(config.settings.server_url, {}))]);
}

async function* databaseSteps(config: Config, { full }: Flags, io: Io): AsyncGenerator<Check, void> {
  const url = config.settings.mongo_db_url;
  const file = sqliteFile(url);
  const isThere = file === undefined || existsSync(file);
  const quiet: Io = { ...io, err: () => {} };
  const open = async () => new StoreAccess(await openStore(config, quiet, { readOnly: true }), undefined);
  if (isThere) yield* await databaseChecks(url, open);
  if (file === undefined) return;
  yield* await guarded("writing", () => fileChecks(file));
  if (isThere) yield* await guarded("integrity", async () => [await integrityCheck(file, { full: full === "true" })]);
}

/** What was checked; a check that breaks has failed. */
async function guarded(name: string, work: () => Promise<Check[]> | Check[]): Promise<Check[]> {
  try {
    return await work();
  } catch (error) {
    return [failed(name, oneLine(error instanceof Error ? error.message : String(error)), "see DEBUG=madsci-events")];
  }
}

const STYLES = { ok: "green", warn: "yellow", fail: "red" } as const satisfies Record<State, Style>;
const NAME_WIDTH = 9;

function printerFor({ json, color }: Flags, io: Io): (check: Check) => Promise<unknown> {
  if (json === "true") return async () => {};
  const paint = paintFor(color, io.terminal, io);
  return (check) => io.out.write(`${lineOf(check, paint)}\n`);
}

function lineOf({ name, state, detail, fix }: Check, paint: Paint): string {
  const head = `${paint(STYLES[state], state.padEnd(4))}  ${name.padEnd(NAME_WIDTH)}  ${printable(detail)}`;
  return fix === undefined ? head : `${head} → ${printable(fix)}`;
}
