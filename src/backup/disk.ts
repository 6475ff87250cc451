/** Writing so that it is there after a power cut, and what a caller sees when a disk refuses. */
import { open } from "node:fs/promises";
import { EventStoreError } from "../errors.ts";

/** Mistakes in what the caller named; all else may pass. */
const OPTION_CODES = new Set([
  "ENOENT",
  "ENOTDIR",
  "EEXIST",
  "EACCES",
  "EPERM",
  "EROFS",
  "EISDIR",
  "ELOOP",
  "ENAMETOOLONG",
]);

/** The error a caller sees for an error of the file system; any other is returned as it is. */
export function diskFailure(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (error instanceof EventStoreError || typeof code !== "string" || !/^E[A-Z0-9]+$/.test(code)) return error;
  const kind = OPTION_CODES.has(code) ? "EVT_INVALID_OPTION" : "EVT_BACKEND_UNAVAILABLE";
  const text = code === "ENOSPC" || code === "EDQUOT" ? "cannot be written: the disk is full" : "cannot be used";
  return new EventStoreError(kind, `${path} ${text} (${code})`, { cause: error });
}

/** Runs work on a path. @throws EventStoreError see {@link diskFailure} */
export async function onDisk<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw diskFailure(path, error);
  }
}

/** Has the names in a folder, or the bytes of a file, written through to the disk. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems have no sync of folders.
    if (!["EINVAL", "ENOTSUP", "EPERM", "EISDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    await handle.close();
  }
}

/** A small file, written through. */
export async function writeWhole(path: string, text: string | Uint8Array): Promise<void> {
  const handle = await open(path, "wx");
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
