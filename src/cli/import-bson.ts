/**
 * BSON documents of a dump → events, in bounded memory.
 *
 * Where a document's length is none, reading ends with an error (bson-cut.ts); one that is only odd inside is refused alone.
 */
import { createHash } from "node:crypto";
import type { DumpCodec } from "../backend/mongo/dump.ts";
import { BsonCut, type CutDocument } from "../backup/bson-cut.ts";
import { EventStoreError } from "../errors.ts";
import { stringifyJson } from "../event/json.ts";
import { CommandFailure } from "./exit.ts";
import type { ImportItem, ImportStep, Mark } from "./import-item.ts";

export async function* bsonSteps(
  stream: AsyncIterable<unknown>,
  start: Mark,
  codec: DumpCodec,
): AsyncGenerator<ImportStep, void> {
  const cut = new BsonCut({ offset: start.offset, damaged });
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

function damaged(offset: number, why: string): CommandFailure {
  return new CommandFailure(`damaged at byte ${offset}: ${why}`);
}

function markAfter({ offset, bytes }: CutDocument, number: number): Mark {
  const hash = createHash("sha256").update(bytes).digest();
  return { number, offset: offset + bytes.length, last: { offset, length: bytes.length, hash } };
}

function itemOf({ offset, bytes }: CutDocument, codec: DumpCodec): ImportItem {
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
