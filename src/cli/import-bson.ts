/**
 * BSON documents of a dump → events, in bounded memory.
 *
 * Each document begins with its length. Where that is none, nothing behind it can be told apart, so reading ends there
 * with an error; a document that is only odd inside is refused alone.
 */
import { createHash } from "node:crypto";
import type { DumpCodec } from "../backend/mongo/dump.ts";
import { EventStoreError } from "../errors.ts";
import { stringifyJson } from "../event/json.ts";
import { CommandFailure } from "./exit.ts";
import type { ImportItem, ImportStep, Mark } from "./import-item.ts";

/** MongoDB's 16 MiB and what its servers allow on top. */
const MAX_DOCUMENT_BYTES = 16_793_600;
const MIN_DOCUMENT_BYTES = 5;

export async function* bsonSteps(
  stream: AsyncIterable<unknown>,
  start: Mark,
  codec: DumpCodec,
): AsyncGenerator<ImportStep, void> {
  const cut = new Cut(start.offset);
  let { number } = start;
  for await (const chunk of stream) {
    const documents = cut.push(chunk as Buffer);
    const last = documents.at(-1);
    if (last !== undefined) {
      number += documents.length;
      yield { items: documents.map((document) => itemOf(document, codec)), mark: markAfter(last, number) };
    }
    cut.check();
  }
  cut.end();
}

interface Document {
  readonly offset: number;
  readonly bytes: Buffer;
}

class Cut {
  #offset: number;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  /** Bytes of the document that begins what is kept. */
  #needed = 4;
  #damage: CommandFailure | undefined;

  constructor(offset: number) {
    this.#offset = offset;
  }

  push(chunk: Buffer): Document[] {
    this.#kept.push(chunk);
    this.#keptBytes += chunk.length;
    if (this.#keptBytes < this.#needed) return [];
    const bytes = this.#kept.length === 1 ? chunk : Buffer.concat(this.#kept);
    const documents: Document[] = [];
    let at = 0;
    for (this.#needed = 4; bytes.length - at >= this.#needed; this.#needed = 4) {
      const length = bytes.readInt32LE(at);
      if (length < MIN_DOCUMENT_BYTES || length > MAX_DOCUMENT_BYTES) {
        this.#damage = damaged(this.#offset, `${length} is no length of a document`);
        break;
      }
      this.#needed = length;
      if (bytes.length - at < length) break;
      documents.push({ offset: this.#offset, bytes: bytes.subarray(at, at + length) });
      this.#offset += length;
      at += length;
    }
    this.#kept = [bytes.subarray(at)];
    this.#keptBytes = bytes.length - at;
    return documents;
  }

  /** @throws CommandFailure where the file is damaged */
  check(): void {
    if (this.#damage !== undefined) throw this.#damage;
  }

  /** @throws CommandFailure where a document is not whole */
  end(): void {
    if (this.#keptBytes > 0) throw damaged(this.#offset, "the last document is cut off");
  }
}

function damaged(offset: number, why: string): CommandFailure {
  return new CommandFailure(`damaged at byte ${offset}: ${why}`);
}

function markAfter({ offset, bytes }: Document, number: number): Mark {
  const hash = createHash("sha256").update(bytes).digest();
  return { number, offset: offset + bytes.length, last: { offset, length: bytes.length, hash } };
}

function itemOf({ offset, bytes }: Document, codec: DumpCodec): ImportItem {
  const place = `byte ${offset}`;
  try {
    const { event, repaired } = codec.read(bytes);
    const archived = event.archived ? { at: event.archived_at ?? undefined } : undefined;
    return { place, value: event, archived, repaired, text: () => stringifyJson(event) };
  } catch (cause) {
    const value = new EventStoreError("EVT_INVALID_EVENT", "no readable BSON document", { cause });
    return { place, value, text: () => bytes.toString("base64") };
  }
}
