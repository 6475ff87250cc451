/**
 * Files of reports in the export directory, and nowhere else.
 *
 * Folders below it have plain names, and no link is followed there. A file appears under its name when all of it is on the disk;
 * one that was there before is replaced.
 */
import { randomUUID } from "node:crypto";
import { lstat, mkdir, open, realpath, rename, rm, writeFile } from "node:fs/promises";
import { isAbsolute, join, win32 } from "node:path";
import { badPath } from "./report-failure.ts";

/** What a folder may be called: nothing hidden, nothing that means another folder on any system. */
const FOLDER = /^[\p{L}\p{N}_-](?:[\p{L}\p{N} ._-]{0,62}[\p{L}\p{N}_-])?$/u;
const MOST_FOLDERS = 8;
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
