/**
 * Dead letters: events no store will take, kept in files for a person to look at, send again or discard.
 *
 * NDJSON, one letter a line; each process appends to files of its own (`<sender>-0001.ndjson`), so several may share the
 * folder. When the folder is over its limit the oldest file goes, and with it what nobody has settled: counted and told.
 * What is settled stands in a list beside its file (`<file>.done`), written by `madsci-events dead-letter`.
 */
import { join } from "node:path";
import type { EventInput } from "../event/event.ts";
import { parseJson, stringifyJson } from "../event/json.ts";
import type { FileSystem } from "./spool/file-system.ts";

/** One dead letter as it stands in its file. */
export interface DeadLetter {
  readonly at: string;
  /** What the other side, or the shipper, had against it. */
  readonly reason: string;
  readonly sender: string;
  readonly seq: number;
  /** The event as it was sent. */
  readonly event?: EventInput;
  /** Or the beginning of a line that was too long to become one, and its length in bytes. */
  readonly line?: string;
  readonly bytes?: number;
}

export interface DeadLettersOptions {
  readonly fs: FileSystem;
  readonly folder: string;
  readonly sender: string;
  readonly maxBytes: number;
  /** A file went to keep the limit. */
  readonly removed: (lost: LostLetters) => void;
}

/** What went with a file: the letters that were neither sent again nor discarded. */
export interface LostLetters {
  readonly sender: string;
  readonly count: number;
  /** The first and the last place among them; 0 when none has one. */
  readonly firstSeq: number;
  readonly lastSeq: number;
}

const FILE_BYTES = 8_388_608;
/** Most that is read of a file to count its letters: more than one of the longest. */
const READ_BYTES = 33_554_432;
const LINE_END = 10;
/** A file's name begins with its sender. */
const SENDER_CHARS = 26;
export const LETTER_FILE = /^[0-9A-Z]{26}-\d{4,}\.ndjson$/;

export class DeadLetters {
  readonly #options: DeadLettersOptions;
  #fd: number | undefined;
  #bytes = 0;
  #number = 0;
  #name = "";

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  get #path(): string {
    return join(this.#options.folder, this.#name);
  }

  /** Durable when it returns. @throws what the file system throws */
  add(letter: DeadLetter): void {
    const { fs } = this.#options;
    const line = Buffer.from(`${stringifyJson(letter)}\n`);
    const limit = Math.min(FILE_BYTES, this.#options.maxBytes / 4);
    if (line.length > this.#options.maxBytes) throw new Error("it is larger than all dead letters may be");
    const isFull = this.#bytes > 0 && this.#bytes + line.length > limit;
    if (this.#fd === undefined || isFull || !this.#isThere()) this.#next();
    const fd = this.#fd as unknown as number;
    try {
      if (fs.write(fd, [line], this.#bytes) < line.length) throw new Error("the disk takes no more");
      fs.sync(fd);
    } catch (error) {
      // Counted as lost, so it must not be found there in part.
      fs.truncate(fd, this.#bytes);
      throw error;
    }
    this.#bytes += line.length;
  }

  /** Others may have removed the file to keep the limit. */
  #isThere(): boolean {
    try {
      return this.#options.fs.ageMs(this.#path) !== undefined;
    } catch {
      return false;
    }
  }

  close(): void {
    if (this.#fd !== undefined) this.#options.fs.close(this.#fd);
    this.#fd = undefined;
  }

  #next(): void {
    const { fs, folder, sender } = this.#options;
    this.close();
    fs.makeFolder(folder);
    this.#number += 1;
    this.#name = `${sender}-${String(this.#number).padStart(4, "0")}.ndjson`;
    this.#fd = fs.open(this.#path, "w+");
    this.#bytes = 0;
    this.#keepLimit();
  }

  /** Leaves room for a file that fills. */
  #keepLimit(): void {
    const { fs, folder, maxBytes, removed } = this.#options;
    const files = fs
      .list(folder)
      .filter((name) => LETTER_FILE.test(name))
      .sort();
    const sizes = new Map(files.map((name) => [name, sizeOf(fs, join(folder, name))]));
    let total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
    for (const name of files) {
      if (total <= maxBytes * 0.75 || name === this.#name) continue;
      const path = join(folder, name);
      const lost = unsettledIn(fs, path);
      if (!isRemoved(fs, path)) continue;
      isRemoved(fs, `${path}.done`);
      total -= sizes.get(name) ?? 0;
      removed({ sender: name.slice(0, SENDER_CHARS), ...lost });
    }
  }
}

function isRemoved(fs: FileSystem, path: string): boolean {
  try {
    fs.remove(path);
    return true;
  } catch {
    return false;
  }
}

function sizeOf(fs: FileSystem, path: string): number {
  try {
    const fd = fs.open(path, "r");
    try {
      return fs.size(fd);
    } finally {
      fs.close(fd);
    }
  } catch {
    return 0;
  }
}

/** The letters of a file that wait; a whole line that cannot be read is one without a place. */
function unsettledIn(fs: FileSystem, path: string): Omit<LostLetters, "sender"> {
  const settled = settledIn(fs, `${path}.done`);
  let [count, firstSeq, lastSeq] = [0, 0, 0];
  for (const { offset, text } of placesIn(beginningOf(fs, path))) {
    if (settled.has(offset)) continue;
    count += 1;
    const seq = Number(fieldOf(text, "seq") ?? 0);
    if (!(seq > 0)) continue;
    firstSeq = firstSeq === 0 ? seq : Math.min(firstSeq, seq);
    lastSeq = Math.max(lastSeq, seq);
  }
  return { count, firstSeq, lastSeq };
}

/** Where the settled letters begin in their file. */
function settledIn(fs: FileSystem, path: string): ReadonlySet<unknown> {
  const notes = [...placesIn(beginningOf(fs, path))].filter(({ text }) => fieldOf(text, "done") !== undefined);
  return new Set(notes.map(({ text }) => fieldOf(text, "offset")));
}

/** The whole lines of a file of letters, or of its list, and where they begin. */
export function* placesIn(bytes: Buffer): Generator<{ readonly offset: number; readonly text: string }, void> {
  let start = 0;
  for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END, start)) {
    yield { offset: start, text: bytes.toString("utf8", start, end) };
    start = end + 1;
  }
}

/** Nothing of a file that cannot be read. */
function beginningOf(fs: FileSystem, path: string): Buffer {
  try {
    const fd = fs.open(path, "r");
    try {
      const bytes = Buffer.alloc(Math.min(fs.size(fd), READ_BYTES));
      return bytes.subarray(0, fs.read(fd, bytes, 0));
    } finally {
      fs.close(fd);
    }
  } catch {
    return Buffer.alloc(0);
  }
}

function fieldOf(text: string, name: string): unknown {
  try {
    return (parseJson(text) as Record<string, unknown> | null)?.[name];
  } catch {
    return undefined;
  }
}
