/**
 * Safe position: how much of its input a worker that died had brought to disk, exactly.
 *
 * What it told by itself may be a moment old; the last frame it wrote is the truth. Its folder may have been adopted by
 * another process meanwhile.
 */
import { join } from "node:path";
import type { ResolvedShipOptions } from "../src/ship/options.ts";
import { ADOPTED } from "../src/ship/spool/adopt.ts";
import { lastFrame } from "../src/ship/spool/adopted.ts";
import { nodeFileSystem as fs } from "../src/ship/spool/file-system.ts";
import { type Segment, segmentsIn } from "../src/ship/spool/segment.ts";

/** @param told what the worker said last; answered where the disk says nothing better */
export function safePosition({ spool }: ResolvedShipOptions, sender: string, told: number): number {
  if (spool.mode !== "always" || spool.dir === undefined || !/^[0-9A-Z]{26}$/.test(sender)) return told;
  const segments = foldersOf(spool.dir, sender).flatMap(segmentsOf);
  try {
    const through = lastFrame(fs, segments)?.through ?? 0;
    const onDisk = through | 0;
    return ((onDisk - told) | 0) > 0 ? onDisk : told;
  } finally {
    for (const segment of segments) segment.release();
  }
}

function foldersOf(root: string, sender: string): string[] {
  return [join(root, sender), ...listed(root).map((name) => join(root, name, ADOPTED, sender))];
}

function segmentsOf(folder: string): Segment[] {
  try {
    return segmentsIn(fs, folder);
  } catch {
    return [];
  }
}

function listed(folder: string): string[] {
  try {
    return fs.list(folder);
  } catch {
    return [];
  }
}
