/**
 * Export file: a file that has its name only when it is complete, and that can be gone on with until then.
 *
 *   FILE.partial       what is written so far, in blocks (packed: each a gzip member of its own, which readers join)
 *   FILE.partial.json  behind which event, and how many bytes of it count
 *
 * Going on cuts off what does not count. Both go when the file gets its name.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { EventStoreError } from "../errors.ts";
import { isDatabaseFile } from "./database-files.ts";
import { usageError } from "./exit.ts";

const BLOCK_BYTES = 1_048_576;
const SAVE_EVERY_MS = 500;
const pack = promisify(gzip);

export interface ExportFileOptions {
  readonly path: string;
  /** As the user wrote it. */
  readonly name: string;
  readonly isPacked: boolean;
  readonly isForced: boolean;
  readonly isResumed: boolean;
  /** File of the database the events come from; undefined where they come from elsewhere. */
  readonly database?: string | undefined;
  /** What was asked for; going on needs the same. */
  readonly request: string;
}

/** Where an export is. */
interface Saved {
  readonly request: string;
  readonly cursor: string;
  readonly events: number;
  readonly bytes: number;
}

export class ExportFile {
  readonly #options: ExportFileOptions;
  readonly #file: FileHandle;
  #saved: Saved | undefined;
  #bytes: number;
  #events: number;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #savedMs = performance.now();

  private constructor(options: ExportFileOptions, file: FileHandle, saved: Saved | undefined) {
    this.#options = options;
    this.#file = file;
    this.#saved = saved;
    this.#bytes = saved?.bytes ?? 0;
    this.#events = saved?.events ?? 0;
  }

  /**
   * @throws EventStoreError `EVT_INVALID_OPTION` where the file is there already, holds a database, or was begun with
   * another request
   */
  static async open(options: ExportFileOptions): Promise<ExportFile> {
    assertFree(options);
    const saved = options.isResumed ? savedOf(options) : undefined;
    try {
      const file = await open(partialOf(options.path), saved === undefined ? "w" : "r+");
      if (saved !== undefined) await file.truncate(saved.bytes);
      return new ExportFile(options, file, saved);
    } catch (cause) {
      throw usageError(`${options.name} cannot be written (${(cause as NodeJS.ErrnoException).code})`, cause);
    }
  }

  /** Behind the last event that counts; undefined at the beginning. */
  get cursor(): string | undefined {
    return this.#saved?.cursor;
  }

  get events(): number {
    return this.#events;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @param cursor behind these events; undefined at the end of all @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` */
  async add(chunks: readonly Uint8Array[], events: number, cursor: string | undefined): Promise<void> {
    for (const chunk of chunks) {
      this.#pending.push(chunk);
      this.#pendingBytes += chunk.length;
    }
    this.#events += events;
    if (this.#pendingBytes < BLOCK_BYTES || cursor === undefined) return;
    await this.#flush(cursor);
    if (performance.now() - this.#savedMs >= SAVE_EVERY_MS) this.#save();
  }

  /** Gives the file its name. @throws EventStoreError `EVT_BACKEND_UNAVAILABLE`, `EVT_INVALID_OPTION` */
  async finish(): Promise<void> {
    await this.#flush(undefined);
    await this.#sync();
    await this.#file.close();
    assertFree(this.#options);
    renameSync(partialOf(this.#options.path), this.#options.path);
    rmSync(stateOf(this.#options.path), { force: true });
  }

  /** Keeps what can be gone on with, and says how. Never throws. */
  async leave(): Promise<string> {
    if (this.#saved !== undefined) this.#save();
    await this.#file.close().catch(() => {});
    if (this.#saved === undefined) return "the same command starts over";
    return `the same command with --resume goes on after ${this.#saved.events} event(s)`;
  }

  async #flush(cursor: string | undefined): Promise<void> {
    const { isPacked, name, request } = this.#options;
    const joined = Buffer.concat(this.#pending);
    // Nothing at all, packed, is still a member.
    if (joined.length === 0 && !(isPacked && this.#bytes === 0)) return;
    const block = isPacked ? await pack(joined) : joined;
    try {
      for (let at = 0; at < block.length; )
        at += (await this.#file.write(block, at, block.length - at, this.#bytes + at)).bytesWritten;
    } catch (cause) {
      throw unwritable(name, cause);
    }
    this.#bytes += block.length;
    this.#pending = [];
    this.#pendingBytes = 0;
    if (cursor !== undefined) this.#saved = { request, cursor, events: this.#events, bytes: this.#bytes };
  }

  async #sync(): Promise<void> {
    try {
      await this.#file.sync();
    } catch (cause) {
      throw unwritable(this.#options.name, cause);
    }
  }

  /** A state that cannot be kept only makes going on start earlier. */
  #save(): void {
    this.#savedMs = performance.now();
    const path = stateOf(this.#options.path);
    try {
      writeFileSync(`${path}.new`, JSON.stringify(this.#saved));
      renameSync(`${path}.new`, path);
    } catch {
      rmSync(`${path}.new`, { force: true });
    }
  }
}

function partialOf(path: string): string {
  return `${path}.partial`;
}

function stateOf(path: string): string {
  return `${path}.partial.json`;
}

function assertFree({ path, name, isForced, database }: ExportFileOptions): void {
  const written = [path, partialOf(path), stateOf(path), `${stateOf(path)}.new`];
  if (written.some((one) => isDatabaseFile(one, database)))
    throw usageError(`${name} would be written over a database; name another file`);
  if (!isForced && existsSync(path)) throw usageError(`${name} is there already; name another, or add --force`);
}

/** @throws EventStoreError `EVT_INVALID_OPTION` */
function savedOf({ path, name, request }: ExportFileOptions): Saved | undefined {
  let saved: Saved;
  try {
    saved = JSON.parse(readFileSync(stateOf(path), "utf8"));
    if (!existsSync(partialOf(path))) return undefined;
  } catch {
    return undefined;
  }
  if (saved.request === request) return saved;
  throw usageError(`the unfinished export to ${name} was begun with other flags; repeat those, or leave out --resume`);
}

function unwritable(name: string, cause: unknown): EventStoreError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new EventStoreError("EVT_BACKEND_UNAVAILABLE", `${name} cannot be written (${code})`, { cause });
}
