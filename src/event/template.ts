/**
 * Templates: text with `{path}` placeholders, read once and filled in from parsed lines.
 *
 *   "{method} {url}"  text, the placeholders as text in it
 *   "{job.attempts}"  exactly one placeholder: the value itself, with its type
 *   "{{literal}}"     braces doubled stand for themselves
 *
 * A path is the name of a key, or of keys from the outside in with dots between; only own keys count, and a key that
 * has the dots in its name goes before. Pure; a value that is absent makes the whole answer undefined.
 */
import { stringifyJson } from "./json.ts";

export interface Template {
  /** Literal texts and paths in turn. */
  readonly parts: readonly (string | Path)[];
  /** Placeholders in it. */
  readonly placeholders: number;
}

interface Path {
  readonly name: string;
  readonly keys: readonly string[];
}

const TEMPLATE_CHARS = 4096;
const MAX_PLACEHOLDERS = 32;
/** Longest text a template makes, as long as an event; a longer one counts as absent. */
const TEXT_CHARS = 262_144;

/** The template a text stands for, or (as text) what is wrong with it. */
export function parseTemplate(text: string): Template | string {
  if (text.length > TEMPLATE_CHARS) return `is longer than ${TEMPLATE_CHARS} characters`;
  const parts: (string | Path)[] = [];
  for (const [token, path] of text.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[^{}]+|[{}]/g)) {
    if (token === "{" || token === "}") return `has a lone "${token}"; write "${token}${token}" for the character`;
    if (path === undefined) parts.push(token === "{{" ? "{" : token === "}}" ? "}" : token);
    else if (path.split(".").includes("")) return `has the placeholder "${token}", which names no key`;
    else parts.push({ name: path, keys: path.split(".") });
  }
  const placeholders = parts.filter((part) => typeof part !== "string").length;
  return placeholders > MAX_PLACEHOLDERS ? `has more than ${MAX_PLACEHOLDERS} placeholders` : { parts, placeholders };
}

/** The value a template gives for the fields of a line; undefined where one of its paths is absent. */
export function fillTemplate({ parts }: Template, fields: object): unknown {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && typeof only !== "string") return valueAt(fields, only);
  let text = "";
  for (const part of parts) {
    const value = typeof part === "string" ? part : valueAt(fields, part);
    if (value === undefined) return undefined;
    text += typeof value === "object" ? jsonText(value) : String(value);
    if (text.length > TEXT_CHARS) return undefined;
  }
  return text;
}

function valueAt(fields: object, { name, keys }: Path): unknown {
  if (isOwn(fields, name)) return (fields as Record<string, unknown>)[name];
  let node: unknown = fields;
  for (const key of keys) {
    if (typeof node !== "object" || node === null || !isOwn(node, key)) return undefined;
    node = (node as Record<string, unknown>)[key];
  }
  return node;
}

/** Own and enumerable: what came from JSON, not the length of an array or anything of a prototype. */
function isOwn(node: object, key: string): boolean {
  return Object.prototype.propertyIsEnumerable.call(node, key);
}

/** A value nested too deeply for the stack is named instead of written. */
function jsonText(value: object | null): string {
  try {
    return stringifyJson(value);
  } catch {
    return "[too large]";
  }
}
