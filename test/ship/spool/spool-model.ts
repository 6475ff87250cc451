/**
 * A model of a spool: what was written, and what must come back after any damage.
 *
 * The files themselves are the oracle: a frame is intact when its bytes are still where they were written.
 */

import { Adopted } from "../../../src/ship/spool/adopted.ts";
import { decodeFrame, FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES } from "../../../src/ship/spool/format.ts";
import { LineIds } from "../../../src/ship/spool/line-ids.ts";
import { Spool } from "../../../src/ship/spool/spool.ts";
import type { Line } from "../../../src/ship/spool/spool-reader.ts";
import { hashOf } from "../../../src/ship/spool-place.ts";
import type { MemoryFileSystem } from "./memory-file-system.ts";

const SENDER = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const ROOT = "/root";
export const FOLDER = `${ROOT}/${SENDER}`;
const DESTINATION = hashOf("somewhere");

export interface Frames {
  readonly file: string;
  readonly at: number;
  readonly bytes: Buffer;
  readonly firstSeq: number;
  readonly count: number;
}

export class Writer {
  readonly spool: Spool;
  readonly #ids = new LineIds();
  #seq = 0;

  constructor(fs: MemoryFileSystem, segmentBytes = 600) {
    this.spool = new Spool({
      fs,
      root: ROOT,
      about: () => ({
        version: 1,
        sender: SENDER,
        destination: "somewhere",
        mapping: {},
        pid: 1,
        host: "h",
        boot: "b",
      }),
      segmentBytes,
      destination: DESTINATION,
      now: () => 1_735_787_045_123,
      lost: () => {},
      corrupt: () => {},
    });
  }

  append(sizes: readonly number[]): void {
    for (const size of sizes) {
      const count = 1 + (size % 4);
      const texts = Array.from({ length: count }, (_, at) => `${this.#seq + at + 1}:${"x".repeat(size)}\n`);
      const block = { body: Buffer.from(texts.join("")), levels: texts.map(() => 20 as const), through: 0 };
      this.spool.append([
        { ...block, kind: 0, count, firstSeq: this.#seq + 1, id: this.#ids.take(count, 1_735_787_045_123) },
      ]);
      this.#seq += count;
    }
  }

  /** Reads and settles up to so many lines. */
  settle(lines: number): number {
    const taken = lines === 0 ? [] : this.spool.take(lines, Number.MAX_SAFE_INTEGER);
    const last = taken.at(-1)?.seq ?? 0;
    if (last > 0) this.spool.settle(last);
    return last;
  }
}

/** All frames of a folder's files, as they stand there undamaged. */
export function framesIn(fs: MemoryFileSystem): Frames[] {
  const frames: Frames[] = [];
  for (const [file, { bytes }] of segmentFiles(fs)) {
    for (let at = SEGMENT_HEADER_BYTES; at < bytes.length; ) {
      const frame = decodeFrame(bytes, at);
      if (typeof frame === "string") throw new Error(`a ${frame} frame was written`);
      const size = FRAME_HEADER_BYTES + frame.bodyBytes;
      frames.push({ file, at, bytes: Buffer.from(bytes.subarray(at, at + size)), ...frame });
      at += size;
    }
  }
  return frames;
}

export function segmentFiles(fs: MemoryFileSystem) {
  return fs
    .below(FOLDER)
    .filter(([path]) => path.endsWith(".seg"))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Whether a frame is still there, wherever garbage may be. */
export function isIntact(fs: MemoryFileSystem, { file, at, bytes }: Frames): boolean {
  return (
    fs.files
      .get(file)
      ?.bytes.subarray(at, at + bytes.length)
      .equals(bytes) ?? false
  );
}

export interface ReadBack {
  readonly lines: Line[];
  readonly lost: [number, number][];
  readonly corruptBytes: number;
  readonly adopted: Adopted;
}

/** Reads up to so many lines of the folder, as an adopter does. */
export function readBack(fs: MemoryFileSystem, most = Number.POSITIVE_INFINITY): ReadBack {
  const lost: [number, number][] = [];
  let corruptBytes = 0;
  const adopted = new Adopted({
    fs,
    folder: FOLDER,
    destination: DESTINATION,
    lost: (first, last) => lost.push([first, last]),
    corrupt: (_segment, bytes) => {
      corruptBytes += bytes.length;
    },
  });
  const lines: Line[] = [];
  while (lines.length < most) {
    const taken = adopted.take(Math.min(7, most - lines.length), 1000);
    if (taken.length === 0) break;
    lines.push(...taken);
  }
  return { lines, lost, corruptBytes, adopted };
}
