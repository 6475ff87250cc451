/**
 * File ids: ids of lines that follow from the file alone, so that reading it again, or a copy, or what log rotation made
 * of it, gives every line the id it had.
 *
 *   fingerprint = SHA-256 of the first line        sender = 80 bits of it
 *   id = time of the line · 80 bits of SHA-256 over (fingerprint, place of the line, SHA-256 of the line)
 *
 * Files that begin with the same line count as one: equal lines at equal places of them are the same line.
 * A line without a time is as old as the one before it; where none has a time yet, 1970.
 */
import { createHash } from "node:crypto";
import { idsOf } from "../ship/spool/line-ids.ts";
import type { FileLine } from "./file-lines.ts";

const MAX_MS = 2 ** 48 - 1;
const NOBODY = "00000000000000000000000000";

/** What the ids of the lines to come depend on. */
export interface FileState {
  /** SHA-256 of the file's first line. */
  readonly fingerprint: Buffer;
  /** Time of the last line that has one, in ms. */
  readonly timeMs: number;
}

export class FileIds {
  #fingerprint: Buffer | undefined;
  #sender = NOBODY;
  #timeMs = 0;

  /** ULID that stands for the file. */
  get sender(): string {
    return this.#sender;
  }

  /** Undefined before the first line. */
  get state(): FileState | undefined {
    return this.#fingerprint && { fingerprint: this.#fingerprint, timeMs: this.#timeMs };
  }

  /** The file's first line; or goes on with the lines behind those an earlier run has seen. */
  begin({ fingerprint, timeMs }: FileState): void {
    this.#fingerprint = fingerprint;
    this.#sender = ulid(0, createHash("sha256").update("sender").update(fingerprint).digest());
    this.#timeMs = timeMs;
  }

  /** From now on lines without a time are as old as this; undefined changes nothing. */
  at(timeMs: number | undefined): void {
    if (timeMs !== undefined) this.#timeMs = Math.min(MAX_MS, Math.max(0, Math.floor(timeMs)));
  }

  /** The part of a line's id that is not its time. */
  randomOf(line: FileLine): Buffer {
    if (this.#fingerprint === undefined) this.begin({ fingerprint: line.hash, timeMs: 0 });
    const place = Buffer.alloc(8);
    place.writeBigUInt64BE(BigInt(line.offset));
    return createHash("sha256")
      .update(this.#fingerprint as Buffer)
      .update(place)
      .update(line.hash)
      .digest();
  }

  /** Id at the time of the last line that has one. */
  idOf(random: Buffer): string {
    return ulid(this.#timeMs, random);
  }
}

/** ULID of a time and the first 80 of these bits. */
function ulid(ms: number, bits: Buffer): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(ms, 0, 6);
  bits.copy(bytes, 6, 0, 10);
  return idsOf(bytes)(0);
}
