/**
 * Spool folders as a visitor sees them: read-only, also while their owner writes, and whatever vanishes meanwhile is as
 * good as settled.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { defaultSpoolDir } from "../../transports/options.ts";
import { isUlid } from "../event/id.ts";
import { DROPS_FILE } from "../ship/losses.ts";
import { ADOPTED } from "../ship/spool/adopt.ts";
import { destinationOf, lastFrame, plausible } from "../ship/spool/adopted.ts";
import { Checkpoint } from "../ship/spool/checkpoint.ts";
import { nodeFileSystem as fs } from "../ship/spool/file-system.ts";
import type { Frame } from "../ship/spool/format.ts";
import { type About, isOwned, readAbout } from "../ship/spool/owner.ts";
import { type Segment, segmentsIn } from "../ship/spool/segment.ts";
import { SegmentReader } from "../ship/spool/segment-reader.ts";
import { usageError } from "./exit.ts";
import type { Io } from "./io.ts";

export interface SpoolFolder {
  readonly path: string;
  readonly sender: string;
  /** Its owner, or that of the folder around it, lives or may live. */
  readonly isOwned: boolean;
  readonly about: About | undefined;
  /** True for one that has been taken over by another. */
  readonly isInner: boolean;
}

/** The folder of spools a command is about. @throws EventStoreError `EVT_INVALID_OPTION` when a given one does not exist */
export function spoolRoot(given: string | undefined, io: Io): string {
  if (given === undefined) return defaultSpoolDir();
  const root = resolve(io.cwd, given);
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory()) return root;
  throw usageError(`there is no folder ${given}; name a folder of spools`);
}

/** In the order of the senders' starts, each followed by those it has taken over. */
export async function spoolFolders(root: string): Promise<SpoolFolder[]> {
  const found: SpoolFolder[] = [];
  for (const path of ulidsIn(root)) {
    const owned = await isOwned(fs, path);
    const paths = [path, ...ulidsIn(join(path, ADOPTED))];
    for (const one of paths) {
      const about = readAbout(fs, one);
      found.push({ path: one, sender: basename(one), isOwned: owned, about, isInner: one !== path });
    }
  }
  return found;
}

export function ulidsIn(folder: string): string[] {
  return listed(folder)
    .filter((name) => isUlid(name))
    .sort()
    .map((name) => join(folder, name));
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

export function segmentsOf(path: string): Segment[] {
  try {
    return segmentsIn(fs, path);
  } catch {
    return [];
  }
}

/** The last place that is settled; 0 where nothing tells, since sending twice does no harm. */
export function settledIn(path: string): number {
  try {
    const destination = destinationOf(fs, path);
    const names = listed(path).filter((name) => /^ack\.[0-9a-f]{16}$/.test(name));
    const name = Buffer.isBuffer(destination) ? `ack.${destination.toString("hex")}` : names[0];
    const settled = name === undefined ? 0 : new Checkpoint(fs, join(path, name)).load();
    return plausible(settled, lastFrame(fs, segmentsOf(path))) ?? 0;
  } catch {
    return 0;
  }
}

export type Corrupt = (segment: Segment, bytes: Buffer, isTail: boolean) => void;

/** The intact frames of a folder, in order. */
export function* framesIn(path: string, corrupt: Corrupt = () => {}): Generator<Frame, void> {
  for (const segment of segmentsOf(path)) {
    try {
      const report = (bytes: Buffer, isTail: boolean) => corrupt(segment, bytes, isTail);
      const reader = new SegmentReader({ fs, fd: () => segment.fd(), limit: segment.limit, corrupt: report });
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) yield frame;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    } finally {
      segment.release();
    }
  }
}

/** Lines that were dropped and that no event tells of yet. */
export function untoldDrops(path: string): number {
  try {
    const reports = JSON.parse(readFileSync(join(path, DROPS_FILE), "utf8")) as { event_data: { count: number } }[];
    return reports.reduce((sum, { event_data }) => sum + event_data.count, 0);
  } catch {
    return 0;
  }
}
