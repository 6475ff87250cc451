/** A database that nobody uses, beside the one a URL leads to: for trying a restore. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DumpTarget } from "../backend/dump-contract.ts";
import { engineOf } from "../backend/open.ts";
import { type OpenDumpTargetOptions, openDumpTarget } from "../backend/open-dump-target.ts";
import { onDisk } from "./disk.ts";

/** MongoDB's is 63. */
const LONGEST_BASE = 40;
const DAY_MS = 86_400_000;

/**
 * In MongoDB a database `<database>_verify_<time><id>` on the same server, for SQLite a file in a temporary folder; `destroy`
 * removes either. One of the same database that a process left behind when it died goes a day later.
 * @param url of the database the backup is of; only its server matters
 * @throws EventStoreError as {@link openDumpTarget}
 * @since 0.1.0
 */
export async function openScratch(url: string, options: OpenDumpTargetOptions = {}): Promise<DumpTarget> {
  const { database = "backup" } = options;
  if (engineOf(url).kind === "sqlite") return openScratchFile(database, options);
  const { now = () => new Date() } = options;
  const [base, nowMs] = [`${database.slice(0, LONGEST_BASE)}_verify_`, now().getTime()];
  const name = base + nowMs.toString(36).padStart(8, "0") + randomBytes(4).toString("hex");
  const isStale = (other: string) => other.startsWith(base) && isOld(other.slice(base.length), nowMs);
  return openDumpTarget(url, { ...options, database: name, isStale });
}

function isOld(id: string, nowMs: number): boolean {
  return /^[0-9a-z]{8}[0-9a-f]{8}$/.test(id) && nowMs - Number.parseInt(id.slice(0, 8), 36) > DAY_MS;
}

async function openScratchFile(database: string, options: OpenDumpTargetOptions): Promise<DumpTarget> {
  const folder = await onDisk(tmpdir(), () => mkdtemp(join(tmpdir(), "madsci-events-verify-")));
  const target = await openDumpTarget(`sqlite:${join(folder, "scratch.db")}`, { ...options, database });
  const destroy = target.destroy.bind(target);
  target.destroy = async () => {
    await destroy();
    await rm(folder, { recursive: true, force: true });
  };
  return target;
}
