/**
 * File events: lines of a file → events with ids that follow from the file alone, so that shipping it again, or a copy,
 * or what log rotation made of it, stores every line once.
 *
 *   fingerprint = SHA-256 of the first line        sender = 80 bits of it
 *   id = time of the line · 80 bits of SHA-256 over (fingerprint, place of the line, SHA-256 of the line)
 *
 * Files that begin with the same line count as one: equal lines at equal places of them are the same line.
 * A line without a time is as old as the one before it; where none has a time yet, 1970. A line's own ULID stays.
 */
import { createHash } from "node:crypto";
import type { EventInput } from "../event/event.ts";
import { createMapLine, type MapLine, type Mapped, type Mapping } from "../ship/map.ts";
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

export class FileEvents {
  readonly #map: MapLine;
  /** Tells the time of a line, whatever the caller's mapping makes of it; undefined where that is the same. */
  readonly #plain: MapLine | undefined;
  #fingerprint: Buffer | undefined;
  #sender = NOBODY;
  #timeMs = 0;

  constructor(map: MapLine, mapping: Mapping) {
    this.#map = map;
    const edits = mapping.mapModule !== undefined || mapping.map?.event_timestamp !== undefined;
    this.#plain = edits ? createMapLine({}) : undefined;
  }

  /** ULID that stands for the file. */
  get sender(): string {
    return this.#sender;
  }

  /** Undefined before the first line. */
  get state(): FileState | undefined {
    return this.#fingerprint && { fingerprint: this.#fingerprint, timeMs: this.#timeMs };
  }

  /** Goes on with the lines behind those an earlier run has seen. */
  begin({ fingerprint, timeMs }: FileState): void {
    this.#identify(fingerprint);
    this.#timeMs = timeMs;
  }

  mapped(line: FileLine): Mapped {
    const random = this.#randomOf(line);
    if (this.#plain !== undefined) this.#timeMs = timeOf(this.#read(this.#plain, line, random).event, this.#timeMs);
    const draft = ulid(this.#timeMs, random);
    const mapped = this.#read(this.#map, line, random);
    const { event } = mapped;
    if (event === undefined || this.#plain !== undefined) return mapped;
    this.#timeMs = timeOf(event, this.#timeMs);
    return event._id === draft ? { ...mapped, event: { ...event, _id: ulid(this.#timeMs, random) } } : mapped;
  }

  #read(map: MapLine, line: FileLine, random: Buffer): Mapped {
    return map(line.bytes, { id: ulid(this.#timeMs, random), sender: this.#sender, seq: line.number });
  }

  #randomOf(line: FileLine): Buffer {
    const fingerprint = this.#fingerprint ?? this.#identify(line.hash);
    const place = Buffer.alloc(8);
    place.writeBigUInt64BE(BigInt(line.offset));
    return createHash("sha256").update(fingerprint).update(place).update(line.hash).digest();
  }

  #identify(fingerprint: Buffer): Buffer {
    this.#fingerprint = fingerprint;
    this.#sender = ulid(0, createHash("sha256").update("sender").update(fingerprint).digest());
    return fingerprint;
  }
}

/** ULID of a time and the first 80 of these bits. */
function ulid(ms: number, bits: Buffer): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(ms, 0, 6);
  bits.copy(bytes, 6, 0, 10);
  return idsOf(bytes)(0);
}

function timeOf(event: EventInput | undefined, fallback: number): number {
  const ms = Date.parse(String(event?.event_timestamp));
  return Number.isNaN(ms) ? fallback : Math.min(MAX_MS, Math.max(0, ms));
}
