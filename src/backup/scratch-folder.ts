/**
 * Scratch folders: `madsci-events-<what>-…` among the temporary files, with a note of who made it.
 *
 * A folder whose process has died is removed by the next one that makes one for the same; one without a note, or of a
 * process this one cannot ask for, stays.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onDisk } from "./disk.ts";
import { holderOf, isRunning, thisHolder } from "./holder.ts";

const NOTE = "holder.json";

/** Its path; whoever made it removes it. */
export async function makeScratchFolder(what: "restore" | "verify"): Promise<string> {
  const prefix = `madsci-events-${what}-`;
  await removeDead(prefix).catch(() => {});
  return onDisk(tmpdir(), async () => {
    const folder = await mkdtemp(join(tmpdir(), prefix));
    await writeFile(join(folder, NOTE), JSON.stringify(thisHolder()), { flag: "wx" });
    return folder;
  });
}

async function removeDead(prefix: string): Promise<void> {
  for (const entry of await readdir(tmpdir(), { withFileTypes: true })) {
    if (!entry.isDirectory() || !entry.name.startsWith(prefix)) continue;
    const folder = join(tmpdir(), entry.name);
    // One of another user cannot be read or removed.
    if (await isDeadIn(folder).catch(() => false)) await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

async function isDeadIn(folder: string): Promise<boolean> {
  return isDead(JSON.parse(await readFile(join(folder, NOTE), "utf8")));
}

/** True only where it is known. */
export function isDead(value: unknown): boolean {
  const holder = holderOf(value);
  return holder !== undefined && isRunning(holder) === false;
}
