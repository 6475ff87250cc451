/**
 * BSON documents out of a stream of bytes, in bounded memory.
 *
 * Each document begins with its length. Where that is none, nothing behind it can be told apart, so reading ends there
 * with an error; what was cut before it is given out first.
 */

/** MongoDB's 16 MiB and what its servers allow on top. */
const MAX_DOCUMENT_BYTES = 16_793_600;
const MIN_DOCUMENT_BYTES = 5;
const LENGTH_BYTES = 4;
const TERMINATOR = -1;

export interface CutDocument {
  readonly offset: number;
  /** Empty for the terminator of an archive. */
  readonly bytes: Buffer;
}

export interface BsonCutOptions {
  /** Of the first byte. @default 0 */
  readonly offset?: number;
  /** Archives end stretches of documents with the length -1. @default false */
  readonly terminators?: boolean;
  /** The error that is thrown for a stream that cannot be read on. */
  readonly damaged: (offset: number, why: string) => Error;
}

export class BsonCut {
  readonly #options: BsonCutOptions;
  #offset: number;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  /** Bytes of the document that begins what is kept. */
  #needed = LENGTH_BYTES;
  #damage: Error | undefined;

  constructor(options: BsonCutOptions) {
    this.#options = options;
    this.#offset = options.offset ?? 0;
  }

  push(chunk: Buffer): CutDocument[] {
    this.#kept.push(chunk);
    this.#keptBytes += chunk.length;
    if (this.#keptBytes < this.#needed) return [];
    const bytes = this.#kept.length === 1 ? chunk : Buffer.concat(this.#kept);
    const documents: CutDocument[] = [];
    let at = 0;
    for (this.#needed = LENGTH_BYTES; bytes.length - at >= this.#needed; this.#needed = LENGTH_BYTES) {
      const size = this.#sizeOf(bytes.readInt32LE(at));
      if (size === undefined) break;
      const { taken, length } = size;
      this.#needed = taken;
      if (bytes.length - at < taken) break;
      documents.push({ offset: this.#offset, bytes: bytes.subarray(at, at + length) });
      this.#offset += taken;
      at += taken;
    }
    this.#kept = [bytes.subarray(at)];
    this.#keptBytes = bytes.length - at;
    return documents;
  }

  /** @throws what `damaged` makes where the stream is damaged */
  check(): void {
    if (this.#damage !== undefined) throw this.#damage;
  }

  /** @throws what `damaged` makes where a document is not whole */
  end(): void {
    if (this.#keptBytes > 0) throw this.#options.damaged(this.#offset, "the last document is cut off");
  }

  #sizeOf(length: number): { readonly taken: number; readonly length: number } | undefined {
    if (length === TERMINATOR && this.#options.terminators) return { taken: LENGTH_BYTES, length: 0 };
    if (length >= MIN_DOCUMENT_BYTES && length <= MAX_DOCUMENT_BYTES) return { taken: length, length };
    this.#damage = this.#options.damaged(this.#offset, `${length} is no length of a document`);
    return undefined;
  }
}
