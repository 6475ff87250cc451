/** What a file holds, told from its first bytes. */
import { EVENT_FIELDS } from "../event/event.ts";
import { parseJson } from "../event/json.ts";
import { usageError } from "./exit.ts";
import { consoleHead, withoutColours } from "./import-console.ts";
import type { Input } from "./import-input.ts";
import type { ImportFormat } from "./import-item.ts";
import { isStructured } from "./import-log.ts";
import type { Fields } from "./import-ndjson.ts";

/** Lines looked at. */
const MAX_LINES = 200;
/** `mongodump --archive`: https://github.com/mongodb/mongo-tools/blob/master/common/archive/archive.go */
const ARCHIVE_MARK = 0x8199e26d;
const EVENT_KEY = /^\s*\{(?:.{0,4096},)?\s*"(?:_id|event_id|event_type|event_data|event_timestamp|log_level)"\s*:/;
const SQLITE_MARK = "SQLite format 3\0";

/** @throws EventStoreError `EVT_INVALID_OPTION` for a file that is none of the formats */
export function sniff({ head, name }: Input): ImportFormat {
  if (head.length >= 4 && head.readUInt32LE(0) === ARCHIVE_MARK)
    throw usageError(`${name} was made by mongodump --archive; make it without that flag, or use mongorestore`);
  if (head.toString("latin1", 0, 16) === SQLITE_MARK)
    throw usageError(`${name} is a database; read it with madsci-events export --url sqlite:${name}`);
  if (isBson(head)) return "mongodump";
  const lines = linesOf(head);
  if (lines[0]?.startsWith("["))
    throw usageError(`${name} holds one JSON array; store it with madsci-events append < ${name}`);
  if (lines.length === 0) return "ndjson";
  const kinds = lines.map(kindOf);
  if (kinds.includes("log")) return "madsci-log";
  if (kinds.includes("event")) return "ndjson";
  const known = "NDJSON, a MADSci log file or a mongodump folder";
  throw usageError(`${name} looks like none of ${known}; say which with --from-format, or ship any log with ship`);
}

/** A document whose length fits, with a field of a type that exists. */
function isBson(head: Buffer): boolean {
  if (head.length < 5) return false;
  const length = head.readInt32LE(0);
  const type = head[4] as number;
  if (length < 5 || length > 16_793_600 || !(type <= 0x13 || type === 0x7f || type === 0xff)) return false;
  return length > head.length || head[length - 1] === 0;
}

/** The first lines, without the one that may be cut. */
function linesOf(head: Buffer): string[] {
  const text = withoutColours(head.toString("utf8").replace(/^\ufeff/, ""));
  const lines = text.split(/\r?\n/);
  const whole = lines.length > 1 ? lines.slice(0, -1) : lines;
  return whole.filter((line) => line.trim() !== "").slice(0, MAX_LINES);
}

function kindOf(line: string): "log" | "event" | undefined {
  if (consoleHead(line) !== undefined) return "log";
  if (!line.trimStart().startsWith("{")) return undefined;
  try {
    const fields = parseJson(line) as Fields;
    if (isStructured(fields)) return "log";
    return [...EVENT_FIELDS, "event_id"].some((key) => Object.hasOwn(fields, key)) ? "event" : undefined;
  } catch {
    // A first line may be longer than what was looked at.
    return EVENT_KEY.test(line) ? "event" : undefined;
  }
}
