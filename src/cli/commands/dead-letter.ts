/** `dead-letter ls|replay|discard`: events no store would take, until a person has decided about them. */
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { defaultSpoolDir } from "../../../transports/options.ts";
import { levelName } from "../../event/levels.ts";
import { CommandFailure, usageError } from "../exit.ts";
import { booleanOption } from "../flags.ts";
import type { Io } from "../io.ts";
import { type Letter, letterFiles, letterJson, lettersIn, removeSettled, settleLetter } from "../letter-files.ts";
import { replayLetters } from "../letter-replay.ts";
import { rowsText } from "../rows.ts";
import { addShipFlags, LINK_FLAGS } from "../ship-flags.ts";
import { shipSettings } from "../ship-options.ts";
import { addGiveUpFlag, giveUpMs } from "./spool.ts";

const EXAMPLES = `
Examples:
  madsci-events dead-letter ls
  madsci-events dead-letter replay --url http://lab:8001
  madsci-events dead-letter discard --id 01JYKZDPANTNRYXF5TQKRJS0F2

Without DIR: the folder dlq among the spools of the working folder's name, as ship and the transport use it.`;

const REPLAY_FLAGS = LINK_FLAGS.filter(({ flag }) => !flag.startsWith("dead-letter"));
const TITLES = ["ID", "TIME", "LEVEL", "TYPE", "REASON", "MESSAGE"];
const REASON_CHARS = 50;

export function deadLetterCommand(io: Io): Command {
  const command = new Command("dead-letter")
    .summary("look after events no store would take")
    .description("Shows, sends again or discards events that no store would take.")
    .addHelpText("after", EXAMPLES);
  for (const inner of [lsCommand(io), replayCommand(io), discardCommand(io)]) command.addCommand(inner);
  return command;
}

function lsCommand(io: Io): Command {
  const command = about("ls", "list dead letters", "Lists dead letters, the oldest first.");
  command.addOption(booleanOption("json", "the whole letters, one a line"));
  return command.action((dir: string | undefined) => list(folderOf(dir, io), command.opts().json === "true", io));
}

function replayCommand(io: Io): Command {
  const command = about("replay", "send them again", "Sends dead letters again under their own ids. Stored ones go.");
  addIdFlag(addShipFlags(command, REPLAY_FLAGS));
  addGiveUpFlag(command);
  return command.action((dir: string | undefined) => {
    const folder = folderOf(dir, io);
    const settings = shipSettings(command, REPLAY_FLAGS, { io, fixed: { "spool.mode": "off" } });
    return replayLetters(folder, chosen(folder, idsOf(command)), { ...settings, giveUpMs: giveUpMs(command), io });
  });
}

function discardCommand(io: Io): Command {
  const command = about("discard", "remove them", "Removes dead letters for good.");
  addIdFlag(command).addOption(booleanOption("all", "every one of them"));
  return command.action(async (dir: string | undefined) => {
    const ids = idsOf(command);
    const all = command.opts().all === "true";
    const isChosen = ids !== undefined;
    if (all === isChosen) throw usageError("discard needs either --id ID (repeatable) or --all");
    await discard(folderOf(dir, io), ids, io);
  });
}

function about(name: string, summary: string, description: string): Command {
  return new Command(name).summary(summary).description(description).argument("[dir]", "folder of dead letters");
}

function addIdFlag(command: Command): Command {
  const collect = (value: string, before: readonly string[] = []) => [...before, value];
  return command.option("--id <id>", "only this one, as ls shows it; repeatable", collect);
}

function idsOf(command: Command): ReadonlySet<string> | undefined {
  const ids = command.opts<{ id?: readonly string[] }>().id;
  return ids === undefined ? undefined : new Set(ids);
}

/** @throws EventStoreError `EVT_INVALID_OPTION` when a given one does not exist */
function folderOf(given: string | undefined, io: Io): string {
  if (given === undefined) return join(defaultSpoolDir(), "dlq");
  const folder = resolve(io.cwd, given);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw usageError(`there is no folder ${given}; name a folder of dead letters`);
}

/** The letters with these ids, or all. @throws CommandFailure when there is none for an id */
function chosen(folder: string, ids: ReadonlySet<string> | undefined): Letter[] {
  const letters = letterFiles(folder).flatMap((file) => lettersIn(folder, file));
  if (ids === undefined) return letters;
  const known = new Set(letters.map(({ id }) => id));
  const unknown = [...ids].find((id) => !known.has(id));
  if (unknown !== undefined) throw new CommandFailure(`there is no dead letter with the id ${unknown} in ${folder}`);
  return letters.filter(({ id }) => ids.has(id));
}

async function list(folder: string, json: boolean, io: Io): Promise<void> {
  const letters = chosen(folder, undefined);
  if (json) return void (await io.out.write(letters.map((letter) => `${letterJson(letter)}\n`).join("")));
  if (letters.length === 0) return void (await io.out.write(`no dead letters in ${folder}\n`));
  await io.out.write(rowsText(TITLES, letters.map(cellsOf), io.columns));
}

function cellsOf({ id, reason, letter }: Letter): string[] {
  const { event, line, at } = letter;
  const { message } = (event?.event_data ?? {}) as { message?: unknown };
  const level = event?.log_level === undefined ? "-" : levelName(Number(event.log_level) as never);
  const excerpt = typeof message === "string" ? message : (line ?? "");
  return [id, at, level, String(event?.event_type ?? "-"), reason.slice(0, REASON_CHARS), excerpt.slice(0, 200)];
}

async function discard(folder: string, ids: ReadonlySet<string> | undefined, io: Io): Promise<void> {
  const letters = chosen(folder, ids);
  for (const letter of letters) settleLetter(folder, letter, { done: "discarded" });
  if (letters.length > 0) await removeSettled(folder);
  io.err(`madsci-events: ${letters.length} dead letter(s) discarded`);
}
