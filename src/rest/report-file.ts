/**
 * Files of reports in the export directory, and nowhere else.
 *
 * Folders below it have plain names, and no link is followed there. A file appears under its name when all of it is on the disk;
 * one that was there before is replaced. What a killed server has left unfinished in a folder goes with the next file saved there.
 */
import { randomUUID } from "node:crypto";
import { lstat, mkdir, open, readdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { isAbsolute, join, win32 } from "node:path";
import { badPath } from "./report-failure.ts";

/** What a folder may be called: nothing hidden, nothing that means another folder on any system. */
const FOLDER = /^[\p{L}\p{N}_-](?:[\p{L}\p{N} ._-]{0,62}[\p{L}\p{N}_-])?$/u;
const MOST_FOLDERS = 8;
/** Files under way. */
const PART = /^\..+\.csv\.[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\.part$/;
/** Nothing is written to a file under way for so long, however slow the report: its time is limited to a day. */
const LEFT_MS = 2 * 86_400_000;
/** No file system takes longer names. */
const MOST_BYTES = 255;

/**
 * The folders `outputPath` leads through; none for `.`.
 * @throws Failure 422 for a path that may lead elsewhere
 */
export function foldersOf(outputPath: string): readonly string[] {
  if (isAbsolute(outputPath) || win32.isAbsolute(outputPath))
    throw badPath(
      "output_path is a folder within the export directory of the server: it cannot be absolute",
      outputPath,
    );
  const parts = outputPath.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.length <= MOST_FOLDERS && parts.every(isFolderName)) return parts;
  const words = `output_path is at most ${MOST_FOLDERS} folders with names of letters, digits, spaces, "." within, "_" and "-", and "/" between them`;
  throw badPath(words, outputPath);
}

const isFolderName = (part: string) => FOLDER.test(part) && Buffer.byteLength(part) <= MOST_BYTES;

/** Where a file goes: `folders` below `root`, which is made where it is not there. */
export interface FilePlace {
  readonly root: string;
  readonly folders: readonly string[];
  readonly name: string;
}

/**
 * Writes the file.
 * @throws Failure 422 where something else than a folder is in the way, and what the disk says
 */
export async function saveFile({ root, folders, name }: FilePlace, pieces: AsyncIterable<string>): Promise<void> {
  const folder = await folderIn(root, folders);
  await tidy(folder);
  const part = join(folder, `.${name}.${randomUUID()}.part`);
  try {
    await writeWhole(part, pieces);
    await rename(part, join(folder, name));
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function folderIn(root: string, folders: readonly string[]): Promise<string> {
  await mkdir(root, { recursive: true });
  let at = await realpath(root);
  for (const name of folders) {
    at = join(at, name);
    await mkdir(at).catch(unlessThere);
    if (!(await lstat(at)).isDirectory())
      throw badPath("output_path leads through what is no folder", folders.join("/"));
  }
  return at;
}

/** Best effort: whoever saves a file does not care. */
async function tidy(folder: string): Promise<void> {
  const parts = (await readdir(folder).catch(() => [])).filter((name) => PART.test(name));
  for (const part of parts.map((name) => join(folder, name))) {
    const found = await lstat(part).catch(() => undefined);
    if (found?.isFile() && Date.now() - found.mtimeMs > LEFT_MS) await rm(part, { force: true }).catch(() => {});
  }
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

async function writeWhole(file: string, pieces: AsyncIterable<string>): Promise<void> {
  const handle = await open(file, "wx");
  try {
    await writeFile(handle, pieces);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
