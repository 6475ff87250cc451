/**
 * State: how far an unfinished import has come, one small file per imported file and database.
 *
 * It is written behind the database, so it never promises more than is stored. It is believed only while the file is the
 * same up to that place and the database still holds the last event of it; else the import starts over, which costs time
 * and nothing else, because ids make it idempotent.
 */
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, readSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { defaultSpoolDir } from "../../transports/options.ts";
import { Counts } from "./import-counts.ts";
import type { Input } from "./import-input.ts";
import { type ImportFormat, type Mark, START } from "./import-item.ts";

/** Bytes of a file's beginning by which it is known again. */
const HEAD_BYTES = 4096;
const VERSION = 1;
const LINE_END = 10;

export interface Progressed {
  readonly mark: Mark;
  readonly counts: Counts;
  /** Of the last event stored or found there. */
  readonly lastId: string | undefined;
}

interface Saved {
  readonly version: number;
  readonly head: { length: number; hash: string };
  /** Of a packed file, which cannot grow. */
  readonly size: number | undefined;
  readonly mark: { number: number; offset: number; fingerprint?: string; timeMs?: number };
  readonly last?: { offset: number; length: number; hash: string } | undefined;
  readonly counts: Readonly<Record<string, number>>;
  readonly lastId: string | undefined;
}

export interface StateOptions {
  readonly input: Input;
  readonly format: ImportFormat;
  /** Names the database. */
  readonly destination: string;
}

export class ImportState {
  readonly #path: string;
  readonly #options: StateOptions;
  #isBroken = false;
  /** True when the user knows that it cannot be kept. */
  isTold = false;

  constructor(options: StateOptions) {
    const { input, format, destination } = options;
    const key = createHash("sha256")
      .update(JSON.stringify([input.path, format, destination]))
      .digest("hex");
    this.#path = join(dirname(defaultSpoolDir()), ".imports", `${key.slice(0, 32)}.json`);
    this.#options = options;
  }

  /** Undefined where there is none that can be believed. */
  load(): Progressed | undefined {
    try {
      const saved = JSON.parse(readFileSync(this.#path, "utf8")) as Saved;
      return saved.version === VERSION && this.#isSameFile(saved) ? progressedOf(saved) : undefined;
    } catch {
      return undefined;
    }
  }

  /** False where it cannot be kept. */
  save({ mark, counts, lastId }: Progressed): boolean {
    if (this.#isBroken) return false;
    const { ids, last } = mark;
    const saved: Saved = {
      version: VERSION,
      head: this.#head(HEAD_BYTES),
      size: this.#options.input.isPacked ? this.#options.input.size : undefined,
      mark: {
        number: mark.number,
        offset: mark.offset,
        ...(ids && { fingerprint: ids.fingerprint.toString("hex"), timeMs: ids.timeMs }),
      },
      last: last && { offset: last.offset, length: last.length, hash: last.hash.toString("hex") },
      counts: counts.numbers,
      lastId,
    };
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      writeFileSync(`${this.#path}.new`, JSON.stringify(saved), { mode: 0o600 });
      renameSync(`${this.#path}.new`, this.#path);
      return true;
    } catch {
      this.#isBroken = true;
      return false;
    }
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }

  #head(most: number): Saved["head"] {
    const bytes = this.#options.input.rawHead.subarray(0, most);
    return { length: bytes.length, hash: createHash("sha256").update(bytes).digest("hex") };
  }

  /** A file that has grown since is the same; one that begins otherwise, or ends otherwise where we were, is not. */
  #isSameFile({ head, size, mark, last }: Saved): boolean {
    const { input, format } = this.#options;
    if (this.#head(head.length).hash !== head.hash) return false;
    if (input.isPacked) return size === input.size;
    if (last === undefined || hashOf(input.path as string, last.offset, last.length) !== last.hash) return false;
    if (format === "mongodump") return mark.offset <= input.size;
    // What was the last line of the file may have become longer.
    return mark.offset === input.size + 1 || bytesOf(input.path as string, mark.offset - 1, 1)[0] === LINE_END;
  }
}

function progressedOf({ mark, last, counts, lastId }: Saved): Progressed {
  const { number, offset, fingerprint, timeMs } = mark;
  const ids =
    fingerprint === undefined ? undefined : { fingerprint: Buffer.from(fingerprint, "hex"), timeMs: timeMs ?? 0 };
  const before = last && { ...last, hash: Buffer.from(last.hash, "hex") };
  return { mark: { ...START, number, offset, ids, last: before }, counts: new Counts(counts), lastId };
}

function hashOf(path: string, offset: number, length: number): string {
  return createHash("sha256")
    .update(bytesOf(path, offset, length))
    .digest("hex");
}

function bytesOf(path: string, offset: number, length: number): Buffer {
  const fd = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(length);
    return buffer.subarray(0, readSync(fd, buffer, 0, length, offset));
  } finally {
    closeSync(fd);
  }
}
