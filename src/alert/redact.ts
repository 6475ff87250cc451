/**
 * What of an event's data may be shown in a message: secrets replaced, and cut to a size people read.
 *
 * A secret is what stands under a key that sounds like one, at a path of the plan's `redact`, behind `--password` in a
 * list of arguments, or behind `password=`, `--token`, `Authorization:` and
 * the like inside a text. Replacing comes before cutting, so no half of a secret is left. A path goes through lists as one
 * of a selector does: `event_data.patients.name` is the name of each of them.
 *
 * Senders choose what is looked at here, and every event waits for it. So a pattern looks at a place of a text a bounded
 * number of times, whatever stands there, and of one event a bounded number of characters is looked at.
 */
import type { Json } from "../event/json.ts";
import { stringifyJson } from "../event/json.ts";

const SECRET_KEY =
  /pass(?:word|wd|phrase|code)|^pwd$|^pass$|token|secret|api[_-]?key|authori[sz]ation|credential|cookie|private[_-]?key|access[_-]?key/i;
/** What a name of a secret ends with, in texts, where ordinary words are near. */
const NAME =
  "(?:password|passwd|passphrase|passcode|pwd|token|secret|credentials?|api[_-]?key|access[_-]?key|private[_-]?key)";
const NAMED = String.raw`[\w-]{0,40}?${NAME}`;
/** In quotes up to the closing one; else up to where a word or an item of a list ends. */
const VALUE = String.raw`(?:"(?:[^"\\]|\\.){1,4096}"|'(?:[^'\\]|\\.){1,4096}'|["']?[^\s"',;&]+)`;
/** In the order tried; the group of each stays, what follows it is replaced. */
const SECRET_TEXTS = [
  // authorization: Basic YTpi, cookie: a=b; c=d
  /\b((?:proxy-)?authorization["']?\s*[=:]\s*["']?)(?:[\w-]+\s+)?[^\s"',;&]+/gi,
  // (a name ends where the next match may begin, or each of "cookie:cookie:…" would be looked at from all before it)
  /\b((?:set-)?cookie["']?\s*[=:]\s*["']?)(?:(?!\bcookie:)[^\s"'=])+=[^\r\n"']*/gi,
  // password=x, "api_key": "x y", DB_PASSWORD: x
  new RegExp(String.raw`(${NAME}["']?\s*[=:]\s*)${VALUE}`, "gi"),
  // --password x, '--token', 'x'; "the --token option is …" names the option only
  new RegExp(
    String.raw`((?:^|[\s"'=(\[])--${NAMED}["']?(?:\s*,\s*|\s+))(?!-|(?:is|was|has|must|should|needs?|or|and|not|option|flag|argument|parameter)\b)${VALUE}`,
    "gi",
  ),
  /\b((?:bearer|basic)\s+)[\w.~+/=-]{8,}/gi,
  // scheme://user:x@host
  /(\w:\/\/[^\s/:@]{0,100}:)[^\s/@]{1,200}(?=@)/gi,
] as const;
/** An argument whose value is the next one. */
const SECRET_ARGUMENT = new RegExp(`^--?${NAMED}$`, "i");
/** What stands in place of what is not to be shown. */
export const REPLACED = "[redacted]";
const MAX_BYTES = 4096;
/** Characters of texts after which a cut looks at no further value. */
const MAX_LOOKED_AT = 65_536;
/** Tried in turn until the JSON fits. */
const CUTS = [
  { chars: 4096, items: 200, depth: 12 },
  { chars: 400, items: 30, depth: 6 },
  { chars: 100, items: 10, depth: 4 },
  { chars: 40, items: 5, depth: 3 },
] as const;
type Cut = (typeof CUTS)[number];

export function redactText(text: string): string {
  return SECRET_TEXTS.reduce((shown, pattern) => shown.replace(pattern, `$1${REPLACED}`), text);
}

/** At most 4 KB of JSON. @param paths event paths, e.g. `event_data.login` */
export function shownData(data: Json, paths: readonly string[]): Json {
  for (const cut of CUTS) {
    const room = { toShow: MAX_BYTES, toLookAt: MAX_LOOKED_AT };
    const shown = shorten(data, { cut, paths: under(paths, "event_data"), depth: 0, room });
    if (room.toShow >= 0 && Buffer.byteLength(stringifyJson(shown)) <= MAX_BYTES) return shown;
  }
  return "… (too long to show)";
}

interface Walk {
  readonly cut: Cut;
  /** What is left of them here; an empty one ends here. */
  readonly paths: readonly string[];
  readonly depth: number;
  /** Characters left for all texts together. Where there are none to show, the next cut is tried. */
  readonly room: { toShow: number; toLookAt: number };
}

/** The rests of the paths that lead through a name; empty for one that ends with it. */
function under(paths: readonly string[], name: string): readonly string[] {
  return paths.flatMap((path) => (path === name ? "" : path.startsWith(`${name}.`) ? path.slice(name.length + 1) : []));
}

/** Of an entry of a list: by its number, and what names a field goes on in each. */
function underEntry(paths: readonly string[], at: number): readonly string[] {
  if (paths.length === 0) return paths;
  return [...under(paths, String(at)), ...paths.filter((path) => !/^\d+(?:\.|$)/.test(path))];
}

/** Depth and items are bounded, so the work is too, whatever an event holds. */
function shorten(value: Json, walk: Walk): Json {
  if (walk.room.toShow < 0 || walk.room.toLookAt < 0) return "…";
  if (walk.paths.includes("")) return REPLACED;
  if (typeof value === "string") return shortenText(value, walk);
  if (typeof value !== "object" || value === null) return value;
  if (walk.depth >= walk.cut.depth) return "…";
  const deeper = { ...walk, depth: walk.depth + 1 };
  if (Array.isArray(value)) return shortenArray(value, deeper);
  return shortenObject(value as { readonly [key: string]: Json }, deeper);
}

function shortenText(text: string, { cut, room }: Walk): string {
  const part = text.slice(0, cut.chars * 2);
  room.toLookAt -= part.length;
  const shown = cutText(redactText(part), cut.chars);
  room.toShow -= shown.length;
  return shown;
}

function shortenArray(values: readonly Json[], walk: Walk): Json {
  const at = (i: number) => ({ ...walk, paths: underEntry(walk.paths, i) });
  const shown = values
    .slice(0, walk.cut.items)
    .map((value, i) => (isArgument(values[i - 1], value) ? REPLACED : shorten(value, at(i))));
  return values.length > shown.length ? [...shown, `… ${values.length - shown.length} more`] : shown;
}

/** `["--password", "hunter7"]`; another option behind it is no value. */
function isArgument(before: Json | undefined, value: Json): boolean {
  if (typeof before !== "string" || !SECRET_ARGUMENT.test(before)) return false;
  return typeof value === "number" || (typeof value === "string" && !value.startsWith("--"));
}

function shortenObject(fields: { readonly [key: string]: Json }, walk: Walk): Json {
  const keys = Object.keys(fields);
  const shown = new Map<string, Json>();
  for (const key of keys.slice(0, walk.cut.items)) {
    const name = cutText(key, 200);
    const inside = { ...walk, paths: under(walk.paths, key) };
    shown.set(name, SECRET_KEY.test(key) ? REPLACED : shorten(fields[key] as Json, inside));
  }
  if (keys.length > walk.cut.items) shown.set("…", `${keys.length - walk.cut.items} more`);
  return Object.fromEntries(shown);
}

export function cutText(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars - 1)}…`.toWellFormed();
}
