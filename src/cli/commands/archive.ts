/**
 * `archive [SELECTOR]`: hides events from default results, after a person or `--yes` has agreed to their number.
 *
 * In steps by id, so that exactly what was looked at is archived, whatever arrives meanwhile. Doing it again is safe.
 */
import { Command } from "commander";
import type { Access } from "../access.ts";
import { addGrepFlag, type Choice, choiceOf, chosenPages, countChosen } from "../choice.ts";
import { confirmed } from "../confirm.ts";
import { counted, usageError } from "../exit.ts";
import { booleanOption, repeated } from "../flags.ts";
import type { Io } from "../io.ts";
import { addAccessFlags, openAccess } from "../open-access.ts";
import { addConditionFlags } from "../selection.ts";

const EXAMPLES = `
Examples:
  madsci-events archive --until 90d --dry-run
  madsci-events archive '{"event_type": "test"}' --yes
  madsci-events archive --id 01JYKZDPANTNRYXF5TQKRJS0F2 --yes

Archived events stay until purge; query and count see them with --include-archived.
While a server has an SQLite file open, ask that server: --server URL.`;

const STEP = 1000;

export function archiveCommand(io: Io): Command {
  const command = new Command("archive")
    .summary("hide events from default results")
    .description("Archives the events that match; at least one condition is needed.");
  addGrepFlag(addConditionFlags(command, ["where", "from", "since", "to", "until", "level", "type", "node"]))
    .option("--id <id>", "this event instead; repeatable", repeated)
    .addOption(booleanOption("yes", "do it without asking"))
    .addOption(booleanOption("dry-run", "print the number and change nothing"))
    .addHelpText("after", EXAMPLES);
  return addAccessFlags(command).action((selector: string | undefined) => archive(selector, command, io));
}

interface Flags {
  readonly id?: readonly string[];
  readonly yes?: string;
  readonly dryRun?: string;
}

async function archive(argument: string | undefined, command: Command, io: Io): Promise<void> {
  const { id, yes, dryRun } = command.opts<Flags>();
  const chosen = await chosenIn(argument, id, command, io);
  await using access = await openAccess(command, io, { readOnly: dryRun === "true" });
  const found = await countChosen(access, chosen);
  if (dryRun === "true") return void (await io.out.write(`${counted(found, "event")} would be archived\n`));
  if (found > 0) await confirmed({ what: `archive ${counted(found, "event")}`, yes: yes === "true" }, io);
  await io.out.write(`${counted(found === 0 ? 0 : await archiveChosen(access, chosen, io), "event")} archived\n`);
}

/** Only what is not archived yet. */
async function chosenIn(
  argument: string | undefined,
  ids: readonly string[] | undefined,
  command: Command,
  io: Io,
): Promise<Choice> {
  const choice = await choiceOf(argument, command, io);
  const { selector, from, to } = choice.condition;
  const isBounded = Object.keys(selector ?? {}).length > 0 || from !== undefined || to !== undefined;
  const isConditional = isBounded || choice.accepts !== undefined;
  if (ids === undefined && !isConditional)
    throw usageError("archive needs a condition or --id; --until now stands for everything so far");
  if (ids !== undefined && (isConditional || argument !== undefined))
    throw usageError("--id and conditions exclude each other; give one of them");
  const byId = ids === undefined ? selector : { _id: { $in: checkedIds(ids) } };
  return { ...choice, condition: { ...choice.condition, selector: byId, includeArchived: false } };
}

function checkedIds(ids: readonly string[]): readonly string[] {
  if (ids.length <= STEP && !ids.includes("")) return ids;
  throw usageError(`--id takes an id, up to ${STEP} times`);
}

async function archiveChosen(access: Access, choice: Choice, io: Io): Promise<number> {
  let archived = 0;
  let waiting: string[] = [];
  const step = async () => {
    archived += await access.archive(waiting);
    waiting = [];
    io.progress?.(`${archived} archived`);
  };
  for await (const events of chosenPages(access, choice)) {
    for (const { _id } of events) if (waiting.push(_id) === STEP) await step();
  }
  if (waiting.length > 0) await step();
  io.progress?.("");
  return archived;
}
