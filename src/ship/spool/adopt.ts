/**
 * Adopt: finds the folders of processes that are gone and takes them over.
 *
 * A folder is taken by renaming it into our own, which only one process can do; whoever loses the race finds nothing.
 * What the dead process had itself adopted comes along. Folders for another destination, and those of a newer version,
 * stay where they are.
 */
import { join } from "node:path";
import { isUlid } from "../../event/id.ts";
import { destinationOf } from "./adopted.ts";
import type { FileSystem } from "./file-system.ts";
import { isOwned, readAbout } from "./owner.ts";

export const ADOPTED = "adopted";

export interface AdoptOptions {
  readonly fs: FileSystem;
  readonly root: string;
  /** Our own folder. */
  readonly own: string;
  readonly destination: Buffer;
  /** A folder that is ours now. */
  readonly taken: (folder: string) => void;
  /** A folder that was left alone, and why. */
  readonly left: (folder: string, why: string) => void;
  readonly isStopped: () => boolean;
}

/** Takes over what it can, in the order of the processes' starts. Never throws. */
export async function adoptOrphans(options: AdoptOptions): Promise<void> {
  const { fs, root, own, taken, isStopped } = options;
  for (const name of listed(fs, root)
    .filter((one) => isUlid(one))
    .sort()) {
    const folder = join(root, name);
    try {
      if (folder === own || (await isOwned(fs, folder)) || isStopped() || !isOurs(options, folder)) continue;
      for (const one of take(fs, folder, join(own, ADOPTED))) taken(one);
    } catch {
      // Someone else was faster, or it cannot be moved.
    }
  }
}

function isOurs({ fs, destination, left }: AdoptOptions, folder: string): boolean {
  const found = destinationOf(fs, folder);
  if (found === "newer") left(folder, "was written by a newer version");
  else if (found === undefined || found.equals(destination)) return true;
  else left(folder, `belongs to another destination (${readAbout(fs, folder)?.destination ?? "unknown"})`);
  return false;
}

/** Moves a folder, and those inside it, next to each other. */
export function take(fs: FileSystem, folder: string, into: string): string[] {
  fs.makeFolder(into);
  const name = folder.slice(-26);
  const taken = join(into, name);
  fs.rename(folder, taken);
  const inner = listed(fs, join(taken, ADOPTED)).filter((one) => isUlid(one));
  const moved = inner.sort().flatMap((one) => takeInner(fs, join(taken, ADOPTED, one), into));
  return [...moved, taken];
}

/** One that cannot be moved stays inside; the others are not to wait for it. */
function takeInner(fs: FileSystem, folder: string, into: string): string[] {
  try {
    return take(fs, folder, into);
  } catch {
    return [];
  }
}

function listed(fs: FileSystem, folder: string): string[] {
  try {
    return fs.list(folder);
  } catch {
    return [];
  }
}
