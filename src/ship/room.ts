/** Room: what goes when a spool is full. */
import { LEVEL, type LogLevel } from "../event/levels.ts";
import type { Drop } from "./drops.ts";
import type { LevelPeek } from "./level-peek.ts";
import { blockWithout } from "./memory-queue.ts";
import type { Overflow } from "./options.ts";
import type { FileSystem } from "./spool/file-system.ts";
import { KIND } from "./spool/format.ts";
import type { Segment } from "./spool/segment.ts";
import { OPEN_FILES, type PlacedBlock, type Spool } from "./spool/spool.ts";
import { lowestLevel, thinSegment } from "./spool/thin.ts";

export interface RoomOptions {
  readonly spool: Spool;
  readonly fs: FileSystem;
  readonly level: LevelPeek;
  readonly overflow: Overflow;
  readonly dropped: (drop: Drop) => void;
}

/** Rewriting a file takes some 20 ms; a line must not wait for many of them. */
const FILES_AT_ONCE = 2;

/** Frees `bytes` in the files that wait, from lines of `highest` level at most; less when that would take long. */
export function makeRoom(options: RoomOptions, bytes: number, highest: LogLevel): void {
  const { spool, overflow } = options;
  if (overflow === "drop-newest") return;
  const target = spool.bytes - bytes;
  for (let files = 0; files < FILES_AT_ONCE && spool.bytes > target; files++) {
    const lowest = lowestLevel(spool.waiting);
    if (lowest === undefined || (overflow === "shed-by-level" && lowest > highest)) return;
    const drops = (level: LogLevel) => overflow === "drop-oldest" || level <= lowest;
    const segment = spool.waiting.find(({ levelBytes }) => [...levelBytes.keys()].some(drops));
    if (segment === undefined) return;
    thin(options, segment, drops);
  }
}

function thin({ spool, fs, level, dropped }: RoomOptions, segment: Segment, drop: (level: LogLevel) => boolean): void {
  const size = segment.bytes;
  const previous = spool.segments[spool.segments.indexOf(segment) - 1];
  const before = previous?.isHole && spool.waiting.includes(previous) ? previous : undefined;
  const { bytes, byLevel, firstSeq, lastSeq } = thinSegment(segment, { fs, level, drop, before });
  segment.bytes = size;
  spool.resize(segment, bytes);
  if (before !== undefined) spool.discard(before);
  if (spool.segments.length > OPEN_FILES) segment.release();
  const count = [...byLevel.values()].reduce((sum, lines) => sum + lines, 0);
  if (count > 0) dropped({ reason: "full", count, firstSeq, lastSeq, byLevel });
}

/** The most important level of any line; a piece may have a million of them. */
export function highestLevel(blocks: readonly PlacedBlock[]): LogLevel {
  let highest: LogLevel = LEVEL.NOTSET;
  for (const { levels } of blocks) for (const level of levels) if (level > highest) highest = level;
  return highest;
}

/** Blocks without the lines of levels that have no room, and what went. */
export function dropLevels(
  blocks: readonly PlacedBlock[],
  drop: (level: LogLevel) => boolean,
): { readonly kept: readonly PlacedBlock[]; readonly drop?: Drop } {
  const byLevel = new Map<LogLevel, number>();
  let [firstSeq, lastSeq] = [Number.POSITIVE_INFINITY, 0];
  const goes = (level: LogLevel, seq: number): boolean => {
    if (!drop(level)) return false;
    byLevel.set(level, (byLevel.get(level) ?? 0) + 1);
    firstSeq = Math.min(firstSeq, seq);
    lastSeq = Math.max(lastSeq, seq);
    return true;
  };
  const kept = blocks.map((block) => (block.kind === KIND.lines ? blockWithout(block, goes) : block));
  const count = [...byLevel.values()].reduce((sum, lines) => sum + lines, 0);
  return count > 0 ? { kept, drop: { reason: "full", count, firstSeq, lastSeq, byLevel } } : { kept };
}
