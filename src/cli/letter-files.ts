/**
 * Letter files: the dead letters of a folder, and what has become of them.
 *
 * Whoever writes letters may still do so, so their files are never rewritten. What is settled stands in a list of its own
 * beside each (`<file>.done`, one line per letter: its place in the file, and the outcome or a new reason). A file whose
 * letters are all settled goes, with its list, as soon as its writer is known to be gone. A list that is lost only
 * brings settled letters back, and stores know their ids.
 */
import { appendFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseJson, stringifyJson } from "../event/json.ts";
import { type DeadLetter, LETTER_FILE, placesIn } from "../ship/dead-letters.ts";
import { ADOPTED } from "../ship/spool/adopt.ts";
import { nodeFileSystem } from "../ship/spool/file-system.ts";
import { isOwned } from "../ship/spool/owner.ts";
import { ulidsIn } from "./spool-folder.ts";

/** A letter that is not settled. */
export interface Letter {
  /** Id of its event; of one without, its file and place. */
  readonly id: string;
  readonly file: string;
  /** Where it begins in the file. */
  readonly offset: number;
  readonly letter: DeadLetter;
  /** The latest. */
  readonly reason: string;
}

interface Note {
  readonly offset: number;
  readonly done?: "sent" | "discarded";
  readonly reason?: string;
}

/** Longest a writer that shows no sign of life may still be there. */
const GONE_AFTER_MS = 600_000;

/** Names of the files of letters, the oldest first. */
export function letterFiles(folder: string): string[] {
  return listed(folder)
    .filter((name) => LETTER_FILE.test(name))
    .sort();
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** What waits in one file, in order; whatever is no letter is left out. */
export function lettersIn(folder: string, file: string): Letter[] {
  const notes = notesOf(folder, file);
  return [...placesIn(contentOf(join(folder, file)))].flatMap(({ offset, text }) => {
    const note = notes.get(offset);
    const letter = note?.done === undefined ? letterOf(text) : undefined;
    if (letter === undefined) return [];
    const id = typeof letter.event?._id === "string" ? letter.event._id : `${file}:${offset}`;
    return [{ id, file, offset, letter, reason: note?.reason ?? String(letter.reason) }];
  });
}

/** Writes down what has become of a letter. @throws what the file system throws */
export function settleLetter(folder: string, { file, offset }: Letter, outcome: Omit<Note, "offset">): void {
  appendFileSync(listOf(folder, file), `${JSON.stringify({ offset, ...outcome })}\n`, { mode: 0o600 });
}

/** Removes the files in which nothing waits any more, as far as their writers are gone. */
export async function removeSettled(folder: string): Promise<void> {
  for (const file of letterFiles(folder)) {
    if (isSettled(folder, file) && (await isWriterGone(folder, file))) remove(folder, file);
  }
  for (const name of listNames(folder)) if (!existsSync(join(folder, name.slice(0, -5)))) rmSync(join(folder, name));
}

function isSettled(folder: string, file: string): boolean {
  const notes = notesOf(folder, file);
  return [...placesIn(contentOf(join(folder, file)))].every(({ offset }) => notes.get(offset)?.done !== undefined);
}

/** Out of the way first: a letter that came at the last moment brings the file back. */
function remove(folder: string, file: string): void {
  const path = join(folder, file);
  const aside = `${path}.gone`;
  const before = statSync(path).size;
  renameSync(path, aside);
  if (statSync(aside).size === before) {
    rmSync(aside);
    rmSync(listOf(folder, file), { force: true });
  } else renameSync(aside, path);
}

/** A writer with a spool shows there whether it lives; another one by what it last wrote. */
async function isWriterGone(folder: string, file: string): Promise<boolean> {
  const sender = file.slice(0, 26);
  const root = dirname(folder);
  const own = join(root, sender);
  if (existsSync(own)) return !(await isOwned(nodeFileSystem, own));
  if (ulidsIn(root).some((one) => existsSync(join(one, ADOPTED, sender)))) return true;
  return Date.now() - statSync(join(folder, file)).mtimeMs > GONE_AFTER_MS;
}

function listOf(folder: string, file: string): string {
  return join(folder, `${file}.done`);
}

function listNames(folder: string): string[] {
  return listed(folder).filter((name) => name.endsWith(".ndjson.done"));
}

function notesOf(folder: string, file: string): ReadonlyMap<number, Note> {
  const notes = new Map<number, Note>();
  for (const { text } of placesIn(contentOf(listOf(folder, file)))) {
    const note = jsonOf(text) as Partial<Note> | undefined;
    if (typeof note?.offset === "number" && notes.get(note.offset)?.done === undefined)
      notes.set(note.offset, note as Note);
  }
  return notes;
}

/** Nothing of a file that is not there. */
function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

function letterOf(text: string): DeadLetter | undefined {
  const value = jsonOf(text);
  return typeof value === "object" && value !== null ? (value as DeadLetter) : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** A letter as it is printed. */
export function letterJson({ id, file, reason, letter }: Letter): string {
  const head = { id, file };
  return stringifyJson({ ...head, ...letter, ...head, reason });
}
