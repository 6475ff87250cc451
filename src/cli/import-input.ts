/**
 * Input: the bytes of one file (or of stdin) to import, unpacked where they are packed, from any place on. What a file
 * is follows from its content, never from its name.
 */
import { closeSync, createReadStream, fstatSync, openSync, readSync } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { constants, createGunzip, gunzipSync } from "node:zlib";

export interface Input {
  /** As the user wrote it. */
  readonly name: string;
  /** Undefined for stdin. */
  readonly path: string | undefined;
  readonly isPacked: boolean;
  /** Bytes of the file itself; 0 where that is not known. */
  readonly size: number;
  /** The first bytes of the file itself. */
  readonly rawHead: Buffer;
  /** The first bytes of what is in it. */
  readonly head: Buffer;
  /** The content from `offset` on. @param read told of every piece of the file itself, in bytes */
  bytes(offset: number, read: (bytes: number) => void): AsyncIterable<Buffer>;
}

const HEAD_BYTES = 65_536;
/** Unpacked, these are at most a thousand times as many. */
const PACKED_HEAD_BYTES = 8_192;
const CHUNK_BYTES = 65_536;

/** @throws what the file system throws */
export function openFile(path: string, name: string): Input {
  const fd = openSync(path, "r");
  try {
    const { size } = fstatSync(fd);
    const buffer = Buffer.alloc(HEAD_BYTES);
    const rawHead = buffer.subarray(0, readSync(fd, buffer, 0, HEAD_BYTES, 0));
    const isPacked = hasGzipMark(rawHead);
    const bytes: Input["bytes"] = (offset, read) => contentOf(path, { offset, isPacked }, read);
    return { name, path, isPacked, size, rawHead, head: isPacked ? unpacked(rawHead) : rawHead, bytes };
  } finally {
    closeSync(fd);
  }
}

/** Waits for the first bytes. */
export async function openStdin(stdin: NodeJS.ReadableStream): Promise<Input> {
  const chunks = stdin[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>;
  const first = await chunks.next();
  const rawHead = first.done ? Buffer.alloc(0) : Buffer.from(first.value as Buffer);
  const isPacked = hasGzipMark(rawHead);
  async function* all(): AsyncGenerator<Buffer, void> {
    yield rawHead;
    for (let next = await chunks.next(); !next.done; next = await chunks.next())
      yield Buffer.from(next.value as Buffer);
  }
  const bytes = () => (isPacked ? gunzipped(all()) : all());
  return {
    name: "stdin",
    path: undefined,
    isPacked,
    size: 0,
    rawHead,
    head: isPacked ? unpacked(rawHead) : rawHead,
    bytes,
  };
}

function hasGzipMark(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** What can be unpacked of the beginning of a packed file. */
function unpacked(rawHead: Buffer): Buffer {
  try {
    return gunzipSync(rawHead.subarray(0, PACKED_HEAD_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0);
  }
}

interface From {
  readonly offset: number;
  readonly isPacked: boolean;
}

function contentOf(path: string, { offset, isPacked }: From, read: (bytes: number) => void): AsyncIterable<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES, start: isPacked ? 0 : offset });
  file.on("data", (chunk) => read(chunk.length));
  file.pause();
  if (!isPacked) {
    read(offset);
    return file;
  }
  return behind(gunzipped(file), offset);
}

function gunzipped(source: AsyncIterable<Buffer> | Readable): AsyncIterable<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // Errors come out of the last stream.
  pipeline(source, gunzip, () => {});
  return gunzip;
}

/** A packed file can only be read from its beginning. */
async function* behind(stream: AsyncIterable<Buffer>, offset: number): AsyncGenerator<Buffer, void> {
  let left = offset;
  for await (const chunk of stream) {
    if (left < chunk.length) yield left === 0 ? chunk : chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}
