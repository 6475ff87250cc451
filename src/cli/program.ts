/** The program: its commands, its help, and how a run becomes an exit code. */
import { Command, CommanderError } from "commander";
import { alertsCommand } from "./commands/alerts.ts";
import { appendCommand } from "./commands/append.ts";
import { archiveCommand } from "./commands/archive.ts";
import { backupCommand } from "./commands/backup.ts";
import { countCommand } from "./commands/count.ts";
import { deadLetterCommand } from "./commands/dead-letter.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { exportCommand } from "./commands/export.ts";
import { getCommand } from "./commands/get.ts";
import { importCommand } from "./commands/import.ts";
import { initCommand } from "./commands/init.ts";
import { migrateCommand } from "./commands/migrate.ts";
import { purgeCommand } from "./commands/purge.ts";
import { queryCommand } from "./commands/query.ts";
import { reportCommand } from "./commands/report.ts";
import { serveCommand } from "./commands/serve.ts";
import { shipCommand } from "./commands/ship.ts";
import { spoolCommand } from "./commands/spool.ts";
import { tailCommand } from "./commands/tail.ts";
import { CommandFailure, debugWanted, describeError, exitCodeOf } from "./exit.ts";
import { explainParserError, normaliseArguments } from "./flags.ts";
import type { Io } from "./io.ts";

const EXAMPLES = `
Examples:
  madsci-events serve                                  a server on http://localhost:8001
  madsci-events tail --level warning --since 10m       what goes wrong, as it happens
  madsci-events query --grep P-17 --since 2h           what happened to that plate
  madsci-events report periods --from 7d --by day      how much the lab was used
  madsci-events append < events.ndjson                 store events from a file
  node app | madsci-events ship --url http://lab:8001  deliver what a program logs

Every setting is a flag, an environment variable (EVENT_<NAME>) and a key in event.settings.yaml.
Exit codes: 0 ok, 1 not found or failed, 2 usage or invalid input, 3 schema mismatch, 4 unavailable.`;

/** Runs one command line and returns its exit code; errors are one line on stderr. */
export async function runCli(argv: readonly string[], version: string, io: Io): Promise<number> {
  try {
    const program = buildProgram(version, io);
    if (argv.length === 0) {
      io.err(program.helpInformation());
      return 2;
    }
    await parsed(program, argv);
    await io.out.flushed();
    return 0;
  } catch (error) {
    io.err(describeError(error, debugWanted(io.env)));
    return error instanceof CommandFailure ? error.exitCode : exitCodeOf(error);
  }
}

/** Runs the command that is named; help and version are no errors. */
async function parsed(program: Command, argv: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(normaliseArguments(argv, program), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
  }
}

function buildProgram(version: string, io: Io): Command {
  const program = new Command("madsci-events")
    .description("Collect, find and report the events of a self-driving lab.")
    .version(version, "-V, --version", "print the version")
    .addHelpText("after", EXAMPLES)
    .helpCommand(false);
  const starting = [serveCommand(version, io), initCommand(io), doctorCommand(io)];
  const looking = [tailCommand(io), queryCommand(io), getCommand(io), countCommand(io), reportCommand(io)];
  const keeping = [importCommand(io), exportCommand(io), archiveCommand(io), purgeCommand(io)];
  const shipping = [shipCommand(io), spoolCommand(io), deadLetterCommand(io)];
  const caring = [migrateCommand(io), backupCommand(io)];
  const rest = [appendCommand(io), ...keeping, ...shipping, ...caring, alertsCommand(io)];
  for (const command of [...starting, ...looking, ...rest]) program.addCommand(command);
  withManners(program, io);
  return program;
}

/** Our words and exit codes instead of the parser's; it never prints an error or exits by itself. */
function withManners(command: Command, io: Io): void {
  command
    .helpOption("-h, --help", "print this help")
    .showSuggestionAfterError(false)
    .configureOutput({ writeOut: (text) => void io.out.write(text), writeErr: () => {} })
    .configureHelp({ showGlobalOptions: false })
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : explainParserError(error, command);
    });
  for (const inner of command.commands) withManners(inner.helpCommand(false), io);
}
