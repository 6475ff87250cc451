/** `ship [FILES...]`: delivers log lines, from a pipe as they come or from files. */
import { Command } from "commander";
import { usageError } from "../exit.ts";
import { booleanOption } from "../flags.ts";
import type { Io } from "../io.ts";
import { shipFiles } from "../ship-files.ts";
import { addShipFlags, LINK_FLAGS, MAPPING_FLAGS, QUEUE_FLAGS, spoolSwitch } from "../ship-flags.ts";
import { shipSettings } from "../ship-options.ts";
import { shipStream } from "../ship-stream.ts";

const EXAMPLES = `
Examples:
  node app | madsci-events ship --url http://lab:8001 --tee
  madsci-events ship --url http://lab:8001 app.log app.log.1.gz

A pipe is read eagerly; lines wait on disk. A file is its own durable copy: shipping it twice stores it once.`;

const ROWS = [...LINK_FLAGS, ...MAPPING_FLAGS, ...QUEUE_FLAGS];
/** What only makes sense for a pipe. */
const PIPE_ONLY = ["tee", "spool", "spoolMaxBytes", "fsync", "overflow", "statsFile", "closeMs"];

interface Flags {
  readonly tee?: string;
  readonly spool?: string;
}

export function shipCommand(io: Io): Command {
  const command = new Command("ship")
    .summary("deliver log lines from a pipe or from files")
    .description("Delivers log lines as events: those of standard input, or those of files.")
    .argument("[files...]", "files, also .gz; none or -: standard input")
    .addOption(booleanOption("tee", "pass the input through to standard output"))
    .addOption(spoolSwitch());
  addShipFlags(command, ROWS).addHelpText("after", EXAMPLES);
  return command.action((files: string[]) => ship(files, command, io));
}

async function ship(files: readonly string[], command: Command, io: Io): Promise<void> {
  const flags = command.opts<Flags & Record<string, unknown>>();
  const isPipe = files.length === 0 || (files.length === 1 && files[0] === "-");
  if (!isPipe && files.includes("-"))
    throw usageError("- stands alone: ship files and standard input one after the other");
  checkFlags(flags, isPipe);
  if (!isPipe) {
    const fixed = { "spool.mode": "always" };
    return shipFiles(files, shipSettings(command, ROWS, { io, fixed }), io);
  }
  const fixed = flags.spool === undefined ? {} : { "spool.mode": flags.spool === "true" ? "always" : "off" };
  return shipStream({ ...shipSettings(command, ROWS, { io, fixed }), tee: flags.tee === "true", io });
}

function checkFlags(flags: Flags & Record<string, unknown>, isPipe: boolean): void {
  const given = (name: string) => flags[name] !== undefined && flags[name] !== "false";
  const spelled = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (!isPipe) {
    const stray = PIPE_ONLY.find((name) => flags[name] !== undefined);
    if (stray !== undefined)
      throw usageError(`${spelled(stray)} is for standard input; files need no spool, so leave it out`);
  }
  if (flags.spool === "false") {
    const stray = ["spoolDir", "spoolMaxBytes", "fsync"].find(given);
    if (stray !== undefined) throw usageError(`--no-spool and ${spelled(stray)} exclude each other; give one of them`);
  }
}
