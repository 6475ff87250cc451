/** Folder: what lies in the folder of a spool, and how it goes. */
import { join } from "node:path";
import type { FileSystem } from "./file-system.ts";

/** Removes a folder and the files a spool leaves in it; what does not belong there stays, and so does the folder. */
export function removeFolder(fs: FileSystem, folder: string): void {
  for (const name of fs.list(folder)) {
    if (/^(ack\..*|about\.json|drops\.json|l\.sock|\d{8}\.seg)(\.new)?$/.test(name)) fs.remove(join(folder, name));
    else if (name === "adopted") fs.removeFolder(join(folder, name));
  }
  fs.removeFolder(folder);
}

export function isFolder(fs: FileSystem, path: string): boolean {
  try {
    fs.list(path);
    return true;
  } catch {
    return false;
  }
}
