/** Spool place: which process this is, where its spool lies, and what is written down about it. */
import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { newId } from "../event/id.ts";
import type { Mapping } from "./map.ts";
import type { ResolvedShipOptions } from "./options.ts";
import type { FileSystem } from "./spool/file-system.ts";
import { VERSION } from "./spool/format.ts";
import { type About, bootId } from "./spool/owner.ts";
import type { Segment } from "./spool/segment.ts";
import { Spool } from "./spool/spool.ts";

export interface SpoolPlaceOptions {
  readonly options: ResolvedShipOptions;
  readonly mapping: Mapping;
  readonly destination?: string;
  readonly fs: FileSystem;
  readonly now: () => number;
}

/** Who is told about damage. */
export interface Witness {
  vanished(firstSeq: number, lastSeq: number): void;
  corrupt(segment: Segment, bytes: Buffer, isTail: boolean): void;
}

export class SpoolPlace {
  readonly sender = newId();
  readonly root: string | undefined;
  readonly destination: Buffer;
  readonly #options: SpoolPlaceOptions;
  #about: About;

  constructor(options: SpoolPlaceOptions) {
    const { destination = "", mapping, fs } = options;
    this.#options = options;
    this.root = options.options.spool.dir;
    this.destination = hashOf(destination);
    this.#about = {
      version: VERSION,
      sender: this.sender,
      destination,
      mapping,
      pid: process.pid,
      host: hostname(),
      boot: bootId(fs),
    };
  }

  /** @throws what the file system throws */
  open(witness: Witness): Spool {
    const { fs, now, options } = this.#options;
    if (this.root === undefined) throw new Error("there is no folder for a spool");
    return new Spool({
      fs,
      root: this.root,
      about: () => this.#about,
      segmentBytes: options.spool.segmentBytes,
      destination: this.destination,
      now,
      lost: (firstSeq, lastSeq) => witness.vanished(firstSeq, lastSeq),
      corrupt: (segment, bytes, isTail) => witness.corrupt(segment, bytes, isTail),
    });
  }

  /** Lines become events in another way now; whoever adopts the spool must know. */
  describe(mapping: Mapping, spool: Spool | undefined): void {
    this.#about = { ...this.#about, mapping };
    try {
      spool?.describe();
    } catch {
      // The disk fails, which the next line finds too, and says.
    }
  }
}

/** 8 bytes for a destination. */
export function hashOf(destination: string): Buffer {
  return createHash("sha256").update(destination).digest().subarray(0, 8);
}
