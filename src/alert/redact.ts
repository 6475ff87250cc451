/**
 * What of an event's data may be shown in a message: secrets replaced, and cut to a size people read.
 *
 * A secret is what stands under a key that sounds like one, at a path of the plan's `redact`, or behind `password=` and
 * the like inside a text. Replacing comes before cutting, so no half of a secret is left.
 */
import type { Json } from "../event/json.ts";
import { stringifyJson } from "../event/json.ts";

const SECRET_KEY =
  /pass(?:word|wd|phrase|code)|^pwd$|^pass$|token|secret|api[_-]?key|authori[sz]ation|credential|cookie|private[_-]?key|access[_-]?key/i;
const SECRET_TEXT =
  /\b((?:password|passwd|passphrase|pwd|token|secret|api[_-]?key|access[_-]?key)["']?\s*[=:]\s*["']?)[^\s"',;&]+|\b((?:bearer|basic)\s+)[\w.~+/=-]{8,}|(\w:\/\/[^\s/:@]{0,100}:)[^\s/@]{1,200}(?=@)/gi;
const REPLACED = "[redacted]";
const MAX_BYTES = 4096;
/** Tried in turn until the JSON fits. */
const CUTS = [
  { chars: 4096, items: 200, depth: 12 },
  { chars: 400, items: 30, depth: 6 },
  { chars: 100, items: 10, depth: 4 },
  { chars: 40, items: 5, depth: 3 },
] as const;
type Cut = (typeof CUTS)[number];

export function redactText(text: string): string {
  return text.replace(SECRET_TEXT, (_all, key, scheme, url) => `${key ?? scheme ?? url ?? ""}${REPLACED}`);
}

/** At most 4 KB of JSON. @param paths event paths, e.g. `event_data.login` */
export function shownData(data: Json, paths: readonly string[]): Json {
  for (const cut of CUTS) {
    const shown = shorten(data, "event_data", { cut, paths, depth: 0 });
    if (Buffer.byteLength(stringifyJson(shown)) <= MAX_BYTES) return shown;
  }
  return "… (too long to show)";
}

interface Walk {
  readonly cut: Cut;
  readonly paths: readonly string[];
  readonly depth: number;
}

/** Depth and items are bounded, so the work is too, whatever an event holds. */
function shorten(value: Json, path: string, walk: Walk): Json {
  if (walk.paths.includes(path)) return REPLACED;
  if (typeof value === "string") return cutText(redactText(value.slice(0, walk.cut.chars * 2)), walk.cut.chars);
  if (typeof value !== "object" || value === null) return value;
  if (walk.depth >= walk.cut.depth) return "…";
  const deeper = { ...walk, depth: walk.depth + 1 };
  if (Array.isArray(value)) return shortenArray(value, path, deeper);
  return shortenObject(value as { readonly [key: string]: Json }, path, deeper);
}

function shortenArray(values: readonly Json[], path: string, walk: Walk): Json {
  const shown = values.slice(0, walk.cut.items).map((value, i) => shorten(value, `${path}.${i}`, walk));
  return values.length > shown.length ? [...shown, `… ${values.length - shown.length} more`] : shown;
}

function shortenObject(fields: { readonly [key: string]: Json }, path: string, walk: Walk): Json {
  const keys = Object.keys(fields);
  const shown = new Map<string, Json>();
  for (const key of keys.slice(0, walk.cut.items)) {
    const name = cutText(key, 200);
    shown.set(name, SECRET_KEY.test(key) ? REPLACED : shorten(fields[key] as Json, `${path}.${key}`, walk));
  }
  if (keys.length > walk.cut.items) shown.set("…", `${keys.length - walk.cut.items} more`);
  return Object.fromEntries(shown);
}

export function cutText(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars - 1)}…`.toWellFormed();
}
