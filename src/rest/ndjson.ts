/** NDJSON in and out: lines as places in the bytes, each decoded and parsed once. */
import { isUtf8 } from "node:buffer";
import { EventStoreError, type FieldIssue } from "../errors.ts";
import { parseJson } from "../event/json.ts";
import type { PreparedEvent } from "../event/parse.ts";
import type { EventStore } from "../store/store.ts";

export const NDJSON_TYPE = "application/x-ndjson";

/** A line that is not blank; `number` counts all lines from 1. */
export interface Line {
  readonly from: number;
  readonly to: number;
  readonly number: number;
}

export function isNdjsonType(contentType: string | undefined): boolean {
  return /^application\/(?:x-ndjson|ndjson|jsonl|x-jsonlines)\s*(?:;|$)/i.test(contentType?.trim() ?? "");
}

const NEWLINE = 0x0a;

/** The lines that hold something, one more than `most` at the most. */
export function ndjsonLines(bytes: Buffer, most: number): Line[] {
  const lines: Line[] = [];
  let number = 0;
  for (let from = startOf(bytes); from < bytes.length && lines.length <= most; ) {
    const newline = bytes.indexOf(NEWLINE, from);
    const to = newline === -1 ? bytes.length : newline;
    number++;
    if (!isBlank(bytes, from, to)) lines.push({ from, to, number });
    from = to + 1;
  }
  return lines;
}

/** Behind a byte order mark. */
function startOf(bytes: Buffer): number {
  return bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

function isBlank(bytes: Buffer, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const byte = bytes[i];
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  }
  return true;
}

/** One line → an event, or the error that its result will carry. */
export function parseLine(
  store: EventStore,
  bytes: Buffer,
  line: Line,
  maxBytes: number,
): PreparedEvent | EventStoreError {
  if (line.to - line.from > maxBytes) {
    return new EventStoreError("EVT_TOO_LARGE", `line ${line.number} is larger than ${maxBytes} bytes`);
  }
  const part = bytes.subarray(line.from, line.to);
  if (!isUtf8(part)) return badLine(line, "is not valid UTF-8");
  let value: unknown;
  try {
    value = parseJson(part.toString());
  } catch {
    return badLine(line, "is not JSON");
  }
  return store.parse(value);
}

function badLine(line: Line, what: string): EventStoreError {
  const msg = `line ${line.number} ${what}`;
  const issue: FieldIssue = { type: "json_invalid", loc: [], msg, input: null, ctx: { line: line.number } };
  return new EventStoreError("EVT_INVALID_EVENT", `invalid event: ${msg}`, { issues: [issue] });
}
