/** Reading a line: bytes → text → an event with its place, not yet held to a size. What is too long is only looked into. */
import { StringDecoder } from "node:string_decoder";
import type { EventInput } from "../event/event.ts";
import { isUlid } from "../event/id.ts";
import { DEFAULT_LIMITS } from "../event/limits.ts";
import { type FieldsMapper, fieldsMapper, type LineOptions } from "../event/line.ts";
import type { Data, Fields } from "../event/line-draft.ts";
import { type ReadLine, readLine, TOO_LONG } from "../event/line-json.ts";
import { levelTable } from "../event/line-level.ts";
import { type Ends, headOf, isTooNested, LONG_LINE_BYTES, scanEnds, TAIL_SIZE } from "../event/line-long.ts";
import { type CompiledMap, compileMap, type LineMap } from "../event/line-map.ts";
import { timeText, ulidTimeText } from "../event/line-time.ts";
import { type Cut, cut, TOO_LARGE, TOO_WIDE, WORST_BYTES } from "./fit.ts";

/** Where a line stood. */
export interface Place {
  /** Id of the event, a ULID, unless the line brings its own. */
  readonly id: string;
  /** ULID of the sending process. */
  readonly sender: string;
  /** Number of the line within its sender. */
  readonly seq: number;
}

export interface ReadOptions extends Omit<LineOptions, "now"> {
  readonly map?: LineMap;
}

/** A line that has been mapped but not yet held to a size. */
export interface Read {
  readonly event: EventInput;
  /** What a module is told of the line. */
  readonly line: Fields | string;
  readonly text: string;
  /** Before the names `sender` and `seq`, which the line may use itself. */
  readonly prefix: string;
  /** Known to be small enough, without measuring. */
  readonly fits: boolean;
  readonly truncated: boolean;
  readonly unparseable: boolean;
}

/** Bytes and keys of sender and seq. */
export const PLACE_BYTES = 256;
const PLACE_KEYS = 2;
/** Bytes of a long line that are decoded. */
const HEAD_BYTES = 65_536;
/** Longest line that is worth a second reading: what is longer would be cut anyway. */
const SECOND_CHARS = 262_144;

/** @throws EventStoreError `EVT_INVALID_OPTION` where `options.map` is malformed. */
export function lineReader(options: ReadOptions, room: number): (line: string | Uint8Array, place: Place) => Read {
  const map = options.map === undefined ? undefined : compileMap(options.map, levelTable(options.levelMap));
  const mapper = fieldsMapper(options, { time: timeOfId, edit: map?.edit });
  const fits = fitsTest(room, map);
  const messageKey = options.messageKey ?? "msg";
  const base = { mapper, room, messageKey, keys: ["_id", "event_id", "level", "time", messageKey] };
  return (line, place) => {
    if (isLong(line)) return readEnds(place, { ...base, ...endsOf(line, beginning(line)), reason: TOO_LARGE });
    const text = decoded(line);
    if (isTooNested(text)) return readEnds(place, { ...base, ...endsOf(line, text), reason: TOO_WIDE });
    const parsed = readLine(text, SECOND_CHARS);
    if (parsed === TOO_LONG) return readEnds(place, { ...base, ...endsOf(line, text), reason: TOO_LARGE });
    const event = parsed === undefined ? mapper.text(text, place.id) : mapper.fields(parsed.fields, place.id);
    const prefix = prefixFor(event.event_data as Data);
    stamp(event, place, prefix);
    return {
      event,
      line: parsed?.fields ?? text,
      text,
      prefix,
      fits: fits(text, parsed),
      truncated: false,
      unparseable: parsed === undefined,
    };
  };
}

/** Whether an event surely fits, by the worst that the map and JSON can make of its line. */
function fitsTest(room: number, map: CompiledMap | undefined) {
  // A placeholder in a text may write JSON as JSON text, which escapes it twice.
  const times = 1 + 2 * (map?.placeholders ?? 0);
  const bytes = PLACE_BYTES + (map?.chars ?? 0) * WORST_BYTES;
  const maxChars = (room - bytes) / (times * WORST_BYTES);
  const maxKeys = (DEFAULT_LIMITS.maxKeys - PLACE_KEYS - (map?.keys ?? 0)) / times;
  const maxDepth = DEFAULT_LIMITS.maxDepth - (map?.depth ?? 0);
  return (text: string, parsed: ReadLine | undefined): boolean =>
    text.length <= maxChars && (parsed === undefined || (parsed.keys <= maxKeys && parsed.depth <= maxDepth));
}

/** What is needed for a line of which only the ends are read. */
interface EndsContext extends Cut, Ends {
  readonly mapper: FieldsMapper;
}

function readEnds(place: Place, context: EndsContext): Read {
  const { mapper, head } = context;
  const fields = scanEnds(context);
  const mapped = fields === undefined ? mapper.text(headOf(head), place.id) : mapper.fields(fields, place.id);
  const event = cut(mapped, head, context);
  stamp(event, place, "");
  return { event, line: head, text: head, prefix: "", fits: true, truncated: true, unparseable: fields === undefined };
}

function endsOf(line: string | Uint8Array, head: string) {
  return { head, tail: ending(line), bytes: sizeOf(line) };
}

/** The end of a long line; a character that the bound has split is of no account there. */
function ending(line: string | Uint8Array): string {
  return typeof line === "string" ? line.slice(-TAIL_SIZE) : bufferOf(line).subarray(-TAIL_SIZE).toString("utf8");
}

/** Enough of a long line to read from and to keep; the decoder holds back a character that the bound has split. */
function beginning(line: string | Uint8Array): string {
  if (typeof line === "string") return line.slice(0, HEAD_BYTES);
  return new StringDecoder().write(bufferOf(line).subarray(0, HEAD_BYTES));
}

function sizeOf(line: string | Uint8Array): number {
  return typeof line === "string" ? Buffer.byteLength(line) : line.byteLength;
}

function isLong(line: string | Uint8Array): boolean {
  if (typeof line !== "string") return line.byteLength > LONG_LINE_BYTES;
  return line.length * 3 > LONG_LINE_BYTES && sizeOf(line) > LONG_LINE_BYTES;
}

/** Text as UTF-8, U+FFFD for what is none, without the carriage return of a line that ended in CR LF. */
function decoded(line: string | Uint8Array): string {
  const text = typeof line === "string" ? line : bufferOf(line).toString("utf8");
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Sets where the line stood; again after anything that may have changed it. */
export function stamp(event: EventInput, { sender, seq }: Place, prefix: string): void {
  const data = event.event_data as Data;
  data[`${prefix}sender`] = sender;
  data[`${prefix}seq`] = seq;
}

/** As many `ship_` as it takes not to cover a key of the line. */
function prefixFor(data: Data): string {
  let prefix = "";
  while (Object.hasOwn(data, `${prefix}sender`) || Object.hasOwn(data, `${prefix}seq`)) prefix = `ship_${prefix}`;
  return prefix;
}

/** A line without a time is as old as its id, however late it is mapped. */
function timeOfId(id: string | undefined): string {
  const text = id !== undefined && isUlid(id) ? ulidTimeText(id) : timeText(Date.now());
  return text as string;
}
