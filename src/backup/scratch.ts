/** A database that nobody uses, beside the one a URL leads to: for trying a restore. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { DumpTarget } from "../backend/dump-contract.ts";
import { engineOf } from "../backend/open.ts";
import { type OpenDumpTargetOptions, openDumpTarget } from "../backend/open-dump-target.ts";
import { thisHolder } from "./holder.ts";
import { isDead, makeScratchFolder } from "./scratch-folder.ts";

/** MongoDB's is 63. */
const LONGEST_BASE = 40;

/**
 * In MongoDB a database `<database>_verify_<id>` on the same server, for SQLite a file in a temporary folder; `destroy`
 * removes either. Those of processes of this machine that have died are removed first.
 * @param url of the database the backup is of; only its server matters
 * @throws EventStoreError as {@link openDumpTarget}
 * @since 0.1.0
 */
export async function openScratch(url: string, options: OpenDumpTargetOptions = {}): Promise<DumpTarget> {
  const { database = "backup" } = options;
  if (engineOf(url).kind === "sqlite") return openScratchFile(database, options);
  const { makeScratch } = await import("../backend/mongo/scratch.ts");
  const name = await makeScratch(url, { base: database.slice(0, LONGEST_BASE), holder: thisHolder(), isDead });
  return openDumpTarget(url, { ...options, database: name });
}

async function openScratchFile(database: string, options: OpenDumpTargetOptions): Promise<DumpTarget> {
  const folder = await makeScratchFolder("verify");
  const target = await openDumpTarget(`sqlite:${join(folder, "scratch.db")}`, { ...options, database });
  const destroy = target.destroy.bind(target);
  target.destroy = async () => {
    await destroy();
    await rm(folder, { recursive: true, force: true });
  };
  return target;
}
