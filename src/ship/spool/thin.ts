/**
 * Thin: makes room in a full spool by dropping lines from its closed segments.
 *
 * What explains a failure is worth more than what surrounds it: the lowest level goes first, within a level the oldest
 * file. A thinned frame keeps its places, with empty lines or as a hole, so that later gaps in the order still mean loss.
 */
import type { LogLevel } from "../../event/levels.ts";
import type { FileSystem } from "./file-system.ts";
import { encodeFrameHeader, type Frame, KIND, SEGMENT_HEADER_BYTES } from "./format.ts";
import { LEVELS, type Segment } from "./segment.ts";
import { SegmentReader } from "./segment-reader.ts";
import { writeNew } from "./segment-writer.ts";

/** What was dropped of one file. */
export interface Thinned {
  readonly byLevel: ReadonlyMap<LogLevel, number>;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

export interface ThinOptions {
  readonly fs: FileSystem;
  readonly level: (text: string, start: number, end: number) => LogLevel;
  readonly drop: (level: LogLevel) => boolean;
  /** The file before it when that is a hole; it can go afterwards. */
  readonly before?: Segment;
}

/** The lowest level that any of these holds; undefined when they hold nothing. */
export function lowestLevel(segments: readonly Segment[]): LogLevel | undefined {
  return LEVELS.find((level) => segments.some(({ levelBytes }) => (levelBytes.get(level) ?? 0) > 0));
}

/** Rewrites a segment without what `drop` says. Answers its new size too. @throws what the file system throws */
export function thinSegment(segment: Segment, options: ThinOptions): Thinned & { readonly bytes: number } {
  const { fs } = options;
  const byLevel = new Map<LogLevel, number>();
  let [firstSeq, lastSeq] = [Number.POSITIVE_INFINITY, 0];
  const keep = (level: LogLevel, seq: number): boolean => {
    if (!options.drop(level)) return true;
    byLevel.set(level, (byLevel.get(level) ?? 0) + 1);
    firstSeq = Math.min(firstSeq, seq);
    lastSeq = Math.max(lastSeq, seq);
    return false;
  };
  const thinned = framesOf(fs, segment).map((frame) => thinFrame(frame, options.level, keep));
  const { before } = options;
  const frames = mergeHoles(before === undefined ? thinned : [...framesOf(fs, before), ...thinned]);
  const bytes = rewrite(fs, segment, frames);
  for (const level of LEVELS) if (options.drop(level)) segment.levelBytes.delete(level);
  segment.isHole = frames.length === 1 && frames[0]?.kind === KIND.hole;
  segment.firstSeq = before?.firstSeq ?? segment.firstSeq;
  return { byLevel, firstSeq, lastSeq, bytes };
}

function framesOf(fs: FileSystem, segment: Segment): Frame[] {
  const frames: Frame[] = [];
  const reader = new SegmentReader({ fs, fd: () => segment.fd(), limit: segment.limit, corrupt: () => {} });
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame);
  return frames;
}

/** A frame without the lines that `keep` refuses. */
function thinFrame(
  frame: Frame,
  levelAt: ThinOptions["level"],
  keep: (level: LogLevel, seq: number) => boolean,
): Frame {
  if (frame.kind !== KIND.lines) return frame;
  const text = frame.body.toString("latin1");
  const kept: Buffer[] = [];
  let hasLines = false;
  for (let at = 0, index = 0; index < frame.count; index++) {
    const next = text.indexOf("\n", at) + 1;
    const isKept = next - at > 1 && keep(levelAt(text, at, next), frame.firstSeq + index);
    hasLines ||= isKept;
    kept.push(frame.body.subarray(isKept ? at : next - 1, next));
    at = next;
  }
  const body = hasLines ? Buffer.concat(kept) : Buffer.alloc(0);
  return { ...frame, kind: hasLines ? KIND.lines : KIND.hole, body, bodyBytes: body.length };
}

/** Holes next to each other become one. */
export function mergeHoles<T extends Places>(frames: readonly T[]): T[] {
  const merged: T[] = [];
  for (const frame of frames) {
    const last = merged.at(-1);
    if (last?.kind === KIND.hole && frame.kind === KIND.hole && last.firstSeq + last.count === frame.firstSeq) {
      merged[merged.length - 1] = { ...last, count: last.count + frame.count, through: frame.through };
    } else merged.push(frame);
  }
  return merged;
}

type Places = Pick<Frame, "kind" | "firstSeq" | "count" | "through">;

function rewrite(fs: FileSystem, segment: Segment, frames: readonly Frame[]): number {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  fs.read(segment.fd(), header, 0);
  const content = Buffer.concat([header, ...frames.flatMap((frame) => [encodeFrameHeader(frame), frame.body])]);
  const draft = `${segment.path}.new`;
  // What is kept may have been confirmed before.
  const fd = writeNew(fs, draft, [content], true);
  try {
    fs.rename(draft, segment.path);
  } catch (error) {
    fs.close(fd);
    fs.remove(draft);
    throw error;
  }
  segment.replaced(fd, content.length);
  return content.length;
}
