/**
 * File lines: the lines of a file with the place and the hash of each, in bounded memory however long a line is.
 *
 * A `.gz` file has the places of what is in it, so that packing a file changes nothing. Lines end with `\n`; what follows
 * the last one is a line too. Blank lines have a number and nothing else.
 */
import { createHash, hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";

export interface FileLine {
  /** From 1. */
  readonly number: number;
  /** Where it begins, in bytes of the text. */
  readonly offset: number;
  /** Its bytes; only the first of them when it has more than {@link MAX_LINE_BYTES}. */
  readonly bytes: Buffer;
  readonly length: number;
  /** SHA-256 of all its bytes. */
  readonly hash: Buffer;
}

/** Longer lines are no events; MongoDB takes 16 MiB. */
export const MAX_LINE_BYTES = 15_728_640;
const CHUNK_BYTES = 65_536;
const LINE_END = 10;

/** @param read told of every piece of the file itself, in bytes. @throws what the file system and gunzip throw */
export async function* fileLines(path: string, read: (bytes: number) => void): AsyncGenerator<FileLine[], void> {
  yield* linesOf(streamOf(path, read));
}

/** Where a line begins: how many lines and bytes come before it. */
export interface LinePlace {
  readonly number: number;
  readonly offset: number;
}

/** The lines of a stream. @param start what comes before the stream's first byte */
export async function* linesOf(
  stream: AsyncIterable<unknown>,
  start: LinePlace = { number: 0, offset: 0 },
): AsyncGenerator<FileLine[], void> {
  const cut = new Cut(start);
  for await (const chunk of stream) {
    const lines = cut.push(chunk as Buffer);
    if (lines.length > 0) yield lines;
  }
  const last = cut.end();
  if (last.length > 0) yield last;
}

function streamOf(path: string, read: (bytes: number) => void): Readable {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  file.on("data", (chunk) => read(chunk.length));
  file.pause();
  if (!/\.gz$/i.test(path)) return file;
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // Errors come out of the last stream.
  pipeline(file, gunzip, () => {});
  return gunzip;
}

class Cut {
  #number: number;
  #offset: number;
  /** The line that has no end yet. */
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #length = 0;
  #hash = createHash("sha256");

  constructor({ number, offset }: LinePlace) {
    this.#number = number;
    this.#offset = offset;
  }

  push(chunk: Buffer): FileLine[] {
    const lines: FileLine[] = [];
    let start = 0;
    for (let at = chunk.indexOf(LINE_END); at >= 0; at = chunk.indexOf(LINE_END, start)) {
      const bytes = chunk.subarray(start, at);
      const line = this.#length > 0 ? this.#joined(bytes) : this.#whole(bytes);
      if (!isBlank(line.bytes)) lines.push(line);
      start = at + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return lines;
  }

  end(): FileLine[] {
    const line = this.#joined(Buffer.alloc(0));
    return isBlank(line.bytes) ? [] : [line];
  }

  #whole(bytes: Buffer): FileLine {
    return this.#placed(bytes, bytes.length, () => hash("sha256", bytes, "buffer"));
  }

  #joined(last: Buffer): FileLine {
    this.#keep(last);
    const digest = this.#hash.digest();
    const line = this.#placed(Buffer.concat(this.#kept), this.#length, () => digest);
    this.#kept = [];
    this.#keptBytes = 0;
    this.#length = 0;
    this.#hash = createHash("sha256");
    return line;
  }

  #keep(bytes: Buffer): void {
    const kept = bytes.subarray(0, MAX_LINE_BYTES - this.#keptBytes);
    if (kept.length > 0) this.#kept.push(kept);
    this.#keptBytes += kept.length;
    this.#length += bytes.length;
    this.#hash.update(bytes);
  }

  /** The hash is worked out when it is asked for: a line that brings its id needs none. */
  #placed(bytes: Buffer, length: number, digest: () => Buffer): FileLine {
    this.#number += 1;
    const [number, offset] = [this.#number, this.#offset];
    this.#offset += length + 1;
    return {
      number,
      offset,
      bytes,
      length,
      get hash() {
        return digest();
      },
    };
  }
}

/** Nothing but white space. */
function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 32 || (byte >= 9 && byte <= 13));
}
