/**
 * MADSci log files → events. One file may mix all three kinds of entries:
 *
 *   {"event_id":…}                      an event, as it is
 *   {"event":"…","level":…,…}           a structured line: its message and keys become `event_data`
 *   2026-11-25T10:00:00Z [info     ] …  a console line; lines that begin no entry belong to the one before (tracebacks)
 *
 * `event_type` of a line becomes the event's; ids of the lab (`node_id` …) become its source, trace ids its own. The last
 * two kinds carry no id, so they get one that follows from the file (file-ids.ts).
 */
import { EventStoreError } from "../errors.ts";
import { SOURCE_FIELDS } from "../event/event.ts";
import { parseJson } from "../event/json.ts";
import { LEVEL, levelByName, levelName } from "../event/levels.ts";
import { readTraceId, readType, readUlid } from "../event/line-field.ts";
import { FileIds } from "./file-ids.ts";
import { type FileLine, linesOf } from "./file-lines.ts";
import { type ConsoleHead, consoleBody, consoleHead, withoutColours } from "./import-console.ts";
import type { ImportItem, ImportStep, Mark } from "./import-item.ts";
import { type Fields, identified, itemFor, markAfter, rejected, textOf } from "./import-ndjson.ts";

/** Most characters of one entry; the store takes less. */
const MAX_ENTRY_CHARS = 1_048_576;
const EVENT_KEYS = ["_id", "event_id", "event_type", "event_data"];
const TRACEBACK = /^[\s+|╭┌─-]*(?:Exception Group )?Traceback \(most recent call last\)/;

export async function* madsciLogSteps(stream: AsyncIterable<unknown>, start: Mark): AsyncGenerator<ImportStep, void> {
  const entries = new Entries(start);
  let mark = start;
  for await (const lines of linesOf(stream, start)) {
    const items = lines.flatMap((line) => entries.take(line));
    mark = entries.mark ?? mark;
    yield { items, mark };
  }
  const items = entries.end();
  if (items.length > 0) yield { items, mark: entries.mark ?? mark };
}

/** A console entry whose end has not been seen. */
interface Open {
  readonly line: FileLine;
  readonly head: ConsoleHead;
  readonly more: string[];
  chars: number;
  last: FileLine;
}

class Entries {
  readonly #ids = new FileIds();
  #open: Open | undefined;
  #mark: Mark | undefined;

  constructor({ ids }: Mark) {
    if (ids !== undefined) this.#ids.begin(ids);
  }

  /** Behind the last entry that is complete. */
  get mark(): Mark | undefined {
    return this.#mark;
  }

  take(line: FileLine): ImportItem[] {
    if (this.#ids.state === undefined) this.#ids.begin({ fingerprint: line.hash, timeMs: 0 });
    const text = textOf(line);
    if (text instanceof EventStoreError) return [...this.end(), this.#done(line, rejected(line, text))];
    const plain = withoutColours(text);
    const head = consoleHead(plain);
    if (head !== undefined) {
      const before = this.end();
      this.#open = { line, head, more: [], chars: text.length, last: line };
      return before;
    }
    const fields = fieldsOf(plain);
    if (fields !== undefined) return [...this.end(), this.#done(line, this.#jsonItem(line, fields))];
    if (this.#open !== undefined) return this.#continue(this.#open, line, plain);
    const why = plain.startsWith("{") ? "no event and no log entry" : "no entry stands before this text";
    return [this.#done(line, rejected(line, new EventStoreError("EVT_INVALID_EVENT", why)))];
  }

  /** The entry that is still open. */
  end(): ImportItem[] {
    const open = this.#open;
    this.#open = undefined;
    return open === undefined ? [] : [this.#done(open.last, this.#consoleItem(open))];
  }

  #continue(open: Open, line: FileLine, text: string): ImportItem[] {
    open.chars += text.length + 1;
    if (open.chars <= MAX_ENTRY_CHARS) open.more.push(text);
    open.last = line;
    return [];
  }

  #done(line: FileLine, item: ImportItem): ImportItem {
    this.#mark = markAfter(line, this.#ids);
    return item;
  }

  #jsonItem(line: FileLine, fields: Fields): ImportItem {
    const value = isStructured(fields) ? structured(fields) : fields;
    return itemFor(line, identified(value, line, this.#ids));
  }

  #consoleItem({ line, head, more, chars }: Open): ImportItem {
    const text = () => [withoutColours(line.bytes.toString("utf8")), ...more].join("\n");
    if (chars > MAX_ENTRY_CHARS) {
      const error = new EventStoreError("EVT_TOO_LARGE", `an entry of more than ${MAX_ENTRY_CHARS} characters`);
      return rejected(line, error, text);
    }
    return itemFor(line, identified(consoleEvent(head, more), line, this.#ids), text);
  }
}

/** The fields of a line that is an event or a structured entry. */
function fieldsOf(text: string): Fields | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const fields = parseJson(text) as Fields;
    return isStructured(fields) || EVENT_KEYS.some((key) => Object.hasOwn(fields, key)) ? fields : undefined;
  } catch {
    return undefined;
  }
}

/** True for a line of structlog's JSON renderer. */
export function isStructured({ event, level, timestamp, _id, event_id }: Fields): boolean {
  if (typeof event !== "string" || _id !== undefined || event_id !== undefined) return false;
  return typeof level === "string" || timestamp !== undefined;
}

function structured({ event, level, timestamp, ...keys }: Fields): Fields {
  return eventOf({ message: event, level: String(level ?? "info"), timestamp, keys });
}

function consoleEvent({ timestamp, level, body }: ConsoleHead, more: readonly string[]): Fields {
  const at = more.findIndex((line) => TRACEBACK.test(line));
  const [text, trace] = at === -1 ? [more, []] : [more.slice(0, at), more.slice(at)];
  // A message of several lines has its keys behind the last of them.
  const whole = consoleBody([body, ...text].join("\n"));
  const first = text.length > 0 && Object.keys(whole.keys).length === 0 ? consoleBody(body) : whole;
  const message = first === whole ? whole.message : [first.message, ...text].join("\n");
  const keys = trace.length === 0 ? first.keys : { ...first.keys, exception: trace.join("\n") };
  return eventOf({ message, level, timestamp, keys });
}

interface Entry {
  readonly message: unknown;
  readonly level: string;
  readonly timestamp: unknown;
  readonly keys: Fields;
}

function eventOf({ message, level, timestamp, keys }: Entry): Fields {
  const log_level = levelByName(level === "exception" ? "error" : level === "warn" ? "warning" : level) ?? LEVEL.INFO;
  const data: Record<string, unknown> = { message };
  const source: Record<string, string> = {};
  const lifted: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(keys)) {
    const id = (SOURCE_FIELDS as readonly string[]).includes(key) ? readUlid(value) : undefined;
    const field = id === undefined ? fieldValue(key, value) : undefined;
    if (id !== undefined) source[key] = id;
    else if (field !== undefined) lifted[key] = field;
    else Object.defineProperty(data, key, { value, enumerable: true, writable: true, configurable: true });
  }
  const event_type = lifted.event_type ?? `log_${levelName(log_level).toLowerCase()}`;
  return { ...lifted, event_type, log_level, event_timestamp: timestamp, source, event_data: data };
}

/** What a key says about the event itself. */
function fieldValue(key: string, value: unknown): unknown {
  if (key === "event_type") return readType(value);
  if (key === "alert") return typeof value === "boolean" ? value : undefined;
  return key === "trace_id" || key === "span_id" ? readTraceId(value) : undefined;
}
