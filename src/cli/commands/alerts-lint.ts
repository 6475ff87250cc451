/** `alerts lint [FILE]`: everything that is wrong with the rules, receivers and channels, before it matters. */
import { resolve } from "node:path";
import { Command } from "commander";
import { addJsonFlag, jsonText, wantsJson } from "../alert-rows.ts";
import { type Lint, type LintTrouble, lintFile, lintSettings } from "../alerts-lint.ts";
import { counted, usageError } from "../exit.ts";
import type { Io } from "../io.ts";
import { addStoreFlags, commandConfig } from "../open-store.ts";
import { printable } from "../table.ts";

const EXAMPLES = `
Examples:
  madsci-events alerts lint                  what the settings name
  madsci-events alerts lint alerts.yaml      a file, before it is put in place

Exit code 2 when something is wrong; a warning is no error.`;

export function lintCommand(io: Io): Command {
  const command = new Command("lint")
    .summary("check rules, receivers, channels")
    .description("Checks the configuration of alerts: all troubles, with their lines.")
    .argument("[file]", "YAML or JSON file; default: what the settings name")
    .addHelpText("after", EXAMPLES);
  return addStoreFlags(addJsonFlag(command)).action((file: string | undefined) => lint(file, command, io));
}

async function lint(file: string | undefined, command: Command, io: Io): Promise<void> {
  const config = commandConfig(command, io);
  const found = await (file === undefined ? lintSettings(config, io) : lintFile(resolve(io.cwd, file), config, io));
  const errors = found.troubles.filter(({ level }) => level === "error").length;
  if (wantsJson(command))
    await io.out.write(jsonText({ ok: errors === 0, file: found.place ?? null, troubles: found.troubles }));
  else await io.out.write(lintText(found, errors));
  if (errors > 0) throw usageError(`${counted(errors, "error")} in ${found.place}`);
}

function lintText({ place, troubles }: Lint, errors: number): string {
  if (place === undefined) return "no alerting in the settings; name a file\n";
  const lines = troubles.map((trouble) => `${troubleText(place, trouble)}\n`).join("");
  const warnings = counted(troubles.length - errors, "warning");
  const sum = troubles.length === 0 ? "nothing is wrong" : `${counted(errors, "error")}, ${warnings}`;
  return `${lines}${sum}\n`;
}

/** `alerts.yaml:12  error    rules[2].within: must be a span` */
function troubleText(place: string, { level, path, line, message }: LintTrouble): string {
  const at = line === undefined ? place : `${place.replace(/^.* in /, "")}:${line}`;
  return printable(`${at}  ${level.padEnd(7)}  ${path === "" ? "" : `${path}: `}${message}`);
}
