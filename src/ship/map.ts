/**
 * MapLine: bytes of a log line and where they stood → the event that is sent.
 *
 *   bytes ─ text ─ parsed line ─ fields lifted ─ map (templates) ─ sender and seq ─ mapModule ─ fit
 *
 * Total: whatever the bytes are, an event comes out that a store takes, and the same bytes at the same place give the
 * same event (a line without a time gets that of its id). Not here: what a line means (event/line.ts), what a module
 * may answer (map-module.ts), what is cut (fit.ts).
 */
import { StringDecoder } from "node:string_decoder";
import type { EventInput, Source } from "../event/event.ts";
import { isUlid } from "../event/id.ts";
import type { LogLevel } from "../event/levels.ts";
import { DEFAULT_LIMITS } from "../event/limits.ts";
import { type FieldsMapper, fieldsMapper } from "../event/line.ts";
import type { Data, Fields } from "../event/line-draft.ts";
import { type ReadLine, readLine } from "../event/line-json.ts";
import { levelTable } from "../event/line-level.ts";
import { headOf, LONG_LINE_BYTES, scanHead } from "../event/line-long.ts";
import { type CompiledMap, compileMap, type LineMap } from "../event/line-map.ts";
import { timeText, ulidTimeText } from "../event/line-time.ts";
import { cut, EVENT_BYTES, fitEvent, roomOf, WORST_BYTES } from "./fit.ts";
import { askModule, eventOf, type MapModule } from "./map-module.ts";

export { checkMap } from "../event/line-map.ts";
export { loadMapModule, type MapModule } from "./map-module.ts";

/**
 * What decides how a line becomes an event; plain data (JSON), because it is kept beside the spool for whoever adopts it.
 * @since 0.1.0
 */
export interface Mapping {
  /** Ids every event carries; those of a line win. @default {} */
  readonly source?: Source;
  /** Further binding names and the source field each stands for. @default {} */
  readonly sourceKeys?: Readonly<Record<string, keyof Source>>;
  /** Level numbers or labels of the logger's own. @default {} */
  readonly levelMap?: Readonly<Record<string, LogLevel>>;
  /** @default "msg" */
  readonly messageKey?: string;
  /** @default "err" */
  readonly errorKey?: string;
  /** Event fields by templates over the line's keys, such as `{ "event_type": "{kind}" }`. @default {} */
  readonly map?: LineMap;
  /** Absolute path or `file:` URL of a module with the last word; see {@link loadMapModule}. */
  readonly mapModule?: string;
  /** Bytes of one event as JSON, from 8_192 to 262_144; a number outside counts as the nearer one. @default 262_144 */
  readonly maxEventBytes?: number;
}

/** Where a line stood. */
export interface Place {
  /** Id of the event, a ULID, unless the line brings its own. */
  readonly id: string;
  /** ULID of the sending process. */
  readonly sender: string;
  /** Number of the line within its sender. */
  readonly seq: number;
}

export interface Mapped {
  /** Undefined: the module dropped it on purpose. */
  readonly event: EventInput | undefined;
  /** Something of the line was cut. */
  readonly truncated: boolean;
  /** The line is no JSON object; its text became the message. */
  readonly unparseable: boolean;
  /** What is wrong with the module's answer. */
  readonly problem?: string;
}

export type MapLine = (line: string | Uint8Array, place: Place) => Mapped;

/**
 * A pure function; `module` is what {@link loadMapModule} loaded for `mapping.mapModule`.
 * @throws EventStoreError `EVT_INVALID_OPTION` where `mapping.map` is malformed.
 */
export function createMapLine(mapping: Mapping, module?: MapModule): MapLine {
  const read = reader(mapping);
  const maxBytes = mapping.maxEventBytes ?? EVENT_BYTES.most;
  if (module === undefined) return (line, place) => fitted(read(line, place), place, maxBytes);
  return (line, place) => {
    const first = read(line, place);
    const id = first.event._id as string;
    const answer = askModule(module, first.event, first.line);
    // The module may have changed what it was given, so the event as it was is mapped anew.
    if ("problem" in answer) return { ...fitted(read(line, place), place, maxBytes), problem: answer.problem };
    if (answer.given === undefined) return fitted(read(line, place), place, maxBytes);
    if (answer.given === null) return { event: undefined, truncated: false, unparseable: first.unparseable };
    const { event, unfit } = eventOf(answer.given, id, () => read(line, place).event);
    const mapped = fitted({ ...first, event, fits: false }, place, maxBytes);
    return unfit.length === 0 ? mapped : { ...mapped, problem: `mapModule: ${unfit.join(", ")} does not fit` };
  };
}

/** A line that has been mapped but not yet held to a size. */
interface Read {
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
const PLACE_BYTES = 256;
const PLACE_KEYS = 2;

function reader(mapping: Mapping): (line: string | Uint8Array, place: Place) => Read {
  const map = mapping.map === undefined ? undefined : compileMap(mapping.map, levelTable(mapping.levelMap));
  const mapper = fieldsMapper(mapping, { time: timeOfId, edit: map?.edit });
  const room = roomOf(mapping.maxEventBytes ?? EVENT_BYTES.most);
  const fits = fitsTest(room, map);
  const keys = ["_id", "event_id", "level", "time", mapping.messageKey ?? "msg"];
  return (line, place) => {
    if (isLong(line)) return readLong(line, place, { mapper, keys, room });
    const text = decoded(line);
    const parsed = readLine(text);
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

function fitted(read: Read, place: Place, maxBytes: number): Mapped {
  const { event, fits, truncated, unparseable } = read;
  if (fits) return { event, truncated, unparseable };
  stamp(event, place, read.prefix);
  const held = fitEvent(event, read.text, maxBytes - PLACE_BYTES);
  stamp(held.event, place, read.prefix);
  return { event: held.event, truncated: truncated || held.truncated, unparseable };
}

/** What reading a long line takes. */
interface LongContext {
  readonly mapper: FieldsMapper;
  readonly keys: readonly string[];
  readonly room: number;
}

function readLong(line: string | Uint8Array, place: Place, { mapper, keys, room }: LongContext): Read {
  const bytes = typeof line === "string" ? Buffer.byteLength(line) : line.byteLength;
  // The decoder holds back a character that the bound has split.
  const text =
    typeof line === "string" ? line.slice(0, 65_536) : new StringDecoder().write(bufferOf(line).subarray(0, 65_536));
  const fields = scanHead(text, keys);
  const mapped = fields === undefined ? mapper.text(headOf(text), place.id) : mapper.fields(fields, place.id);
  const { event } = cut(mapped, text, { reason: "too many bytes", bytes, room });
  stamp(event, place, "");
  return { event, line: text, text, prefix: "", fits: true, truncated: true, unparseable: fields === undefined };
}

function isLong(line: string | Uint8Array): boolean {
  if (typeof line !== "string") return line.byteLength > LONG_LINE_BYTES;
  return line.length * 3 > LONG_LINE_BYTES && Buffer.byteLength(line) > LONG_LINE_BYTES;
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
function stamp(event: EventInput, { sender, seq }: Place, prefix: string): void {
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
