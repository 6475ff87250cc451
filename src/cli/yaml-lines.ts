/**
 * YamlLines: on which line of a YAML (or JSON) text something stands that is named by its path, `rules[2].within`.
 *
 * The file may say `group_wait` where the path says `groupWait`. What is missing is found at what it is missing from.
 */
import { createRequire } from "node:module";
import type { Node, YAMLMap, YAMLSeq } from "yaml";

/** Loaded on demand, as settings-files.ts does. */
const load = createRequire(import.meta.url);

interface YamlTrouble {
  readonly line: number | undefined;
  readonly message: string;
}

export interface YamlLines {
  /** What keeps the text from being read at all: wrong indents, keys that stand twice. */
  readonly troubles: readonly YamlTrouble[];
  /** From 1; undefined where not even the beginning of the path is there. */
  lineOf(path: string): number | undefined;
}

const TOO_DEEP = "is nested too deeply";

export function yamlLines(text: string): YamlLines {
  const { LineCounter, parseDocument } = load("yaml") as typeof import("yaml");
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const troubles = document.errors.map(({ pos, message }) => ({
    line: lineCounter.linePos(pos[0]).line,
    message: message.startsWith("Maximum call stack") ? TOO_DEEP : (message.split("\n")[0] ?? "").slice(0, 200),
  }));
  return {
    troubles,
    lineOf(path) {
      const place = placeOf(document.contents, path);
      return place === undefined ? undefined : lineCounter.linePos(place).line;
    },
  };
}

type Found = { readonly at: number | undefined; readonly node: unknown; readonly rest: string };

/** Offset of the deepest part of the path that is there. */
function placeOf(contents: Node | null, path: string): number | undefined {
  let at: number | undefined;
  let node: unknown = contents;
  let rest = path;
  for (;;) {
    const found: Found | undefined = isMap(node) ? inMap(node, rest) : isSeq(node) ? inSeq(node, rest) : undefined;
    if (found === undefined) return at;
    at = found.at ?? at;
    node = found.node;
    rest = found.rest;
  }
}

function inMap({ items }: YAMLMap, path: string): Found | undefined {
  const rest = path.replace(/^\./, "");
  for (const { key, value } of items) {
    const name = String((key as { value?: unknown } | null)?.value ?? key);
    const spelling = [name, camelCase(name), JSON.stringify(name)].find((one) => isBegun(rest, one));
    if (spelling !== undefined) return { at: offsetOf(key), node: value, rest: rest.slice(spelling.length) };
  }
  return undefined;
}

function inSeq({ items }: YAMLSeq, path: string): Found | undefined {
  const [whole, index] = /^\[(\d{1,6})\]/.exec(path) ?? [];
  const node = index === undefined ? undefined : items[Number(index)];
  return node === undefined || whole === undefined
    ? undefined
    : { at: offsetOf(node), node, rest: path.slice(whole.length) };
}

function isBegun(path: string, name: string): boolean {
  return path.startsWith(name) && /^(?:$|[.[])/.test(path.slice(name.length));
}

function offsetOf(node: unknown): number | undefined {
  return (node as { range?: readonly number[] | null } | null)?.range?.[0];
}

function camelCase(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_underscore, letter: string) => letter.toUpperCase());
}

function isMap(node: unknown): node is YAMLMap {
  return hasItems(node) && node.items.every((item) => item !== null && typeof item === "object" && "key" in item);
}

function isSeq(node: unknown): node is YAMLSeq {
  return hasItems(node) && !isMap(node);
}

function hasItems(node: unknown): node is { readonly items: readonly unknown[] } {
  return typeof node === "object" && node !== null && Array.isArray((node as { items?: unknown }).items);
}
