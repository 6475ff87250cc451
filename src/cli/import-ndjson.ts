/** NDJSON → events: one JSON object a line. A line without an id gets one that follows from the file (file-ids.ts). */
import { isUtf8 } from "node:buffer";
import { EventStoreError } from "../errors.ts";
import { parseJson } from "../event/json.ts";
import { parseTimestamp } from "../event/timestamp.ts";
import { FileIds } from "./file-ids.ts";
import { type FileLine, linesOf, MAX_LINE_BYTES } from "./file-lines.ts";
import type { ImportItem, ImportStep, Mark } from "./import-item.ts";

export type Fields = Readonly<Record<string, unknown>>;

export async function* ndjsonSteps(stream: AsyncIterable<unknown>, start: Mark): AsyncGenerator<ImportStep, void> {
  const ids = new FileIds();
  if (start.ids !== undefined) ids.begin(start.ids);
  for await (const lines of linesOf(stream, start)) {
    if (ids.state === undefined) ids.begin({ fingerprint: (lines[0] as FileLine).hash, timeMs: 0 });
    const items = lines.map((line) => itemOf(line, ids));
    yield { items, mark: markAfter(lines.at(-1) as FileLine, ids) };
  }
}

/** The place behind a line. */
export function markAfter(line: FileLine, ids: FileIds): Mark {
  const { number, offset, length, hash } = line;
  return { number, offset: offset + length + 1, ids: ids.state, last: { offset, length, hash } };
}

function itemOf(line: FileLine, ids: FileIds): ImportItem {
  const text = textOf(line);
  if (text instanceof EventStoreError) return rejected(line, text);
  try {
    const value = parseJson(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return itemFor(line, value);
    return itemFor(line, identified(value as Fields, line, ids));
  } catch (cause) {
    return rejected(line, new EventStoreError("EVT_INVALID_EVENT", "not valid JSON", { cause }));
  }
}

/** The text of a line, or why it can be no event. */
export function textOf(line: FileLine): string | EventStoreError {
  if (line.length > MAX_LINE_BYTES) return new EventStoreError("EVT_TOO_LARGE", `longer than ${MAX_LINE_BYTES} bytes`);
  if (!isUtf8(line.bytes)) return new EventStoreError("EVT_INVALID_EVENT", "not valid UTF-8");
  return line.bytes.toString("utf8").replace(/\r$/, "");
}

/** The fields with an id of the line's own where they bring none. */
export function identified(fields: Fields, line: FileLine, ids: FileIds): Fields {
  if (fields._id !== undefined || fields.event_id !== undefined) return fields;
  const random = ids.randomOf(line);
  ids.at(timeOf(fields.event_timestamp));
  return { ...fields, _id: ids.idOf(random) };
}

/** Milliseconds of a timestamp; naive ones as if they were UTC, so that no setting changes an id. */
function timeOf(value: unknown): number | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const time = parseTimestamp(value, (wallMs) => wallMs);
  return typeof time === "string" ? undefined : Number(time.instant / 1000n);
}

/** An item of a value read from a line. */
export function itemFor(line: FileLine, value: unknown, text = () => line.bytes.toString("utf8")): ImportItem {
  return { place: `line ${line.number}`, value, archived: archivedOf(value), text };
}

export function rejected(line: FileLine, error: EventStoreError, text?: () => string): ImportItem {
  return { place: `line ${line.number}`, value: error, text: text ?? (() => line.bytes.toString("utf8")) };
}

function archivedOf(value: unknown): ImportItem["archived"] {
  const { archived, archived_at } = (value ?? {}) as Fields;
  if (archived !== true) return undefined;
  return { at: typeof archived_at === "string" ? archivedText(archived_at) : undefined };
}

/** As an instant with offset: what has none is UTC, as MADSci's server writes it. */
function archivedText(text: string): string | undefined {
  const time = parseTimestamp(text, (wallMs) => wallMs);
  if (typeof time === "string") return undefined;
  return /(?:Z|[+-]\d\d:\d\d)$/.test(time.text) ? time.text : `${time.text}Z`;
}
