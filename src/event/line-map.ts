/**
 * A declarative map: event fields by templates over the keys of a line.
 *
 *   { "event_type": "{kind}", "source.node_id": "{node}", "event_data.job.id": "{job}", "alert": "true" }
 *
 * A template that finds nothing, or whose value does not fit its field, leaves the field as it would have been.
 */
import { EventStoreError } from "../errors.ts";
import { SOURCE_FIELDS, type Source } from "./event.ts";
import type { Data, Draft, Edit } from "./line-draft.ts";
import { readTraceId, readType, readUlid } from "./line-field.ts";
import { fieldLevel, type LevelTable } from "./line-level.ts";
import { timeText } from "./line-time.ts";
import { parseBool } from "./parse.ts";
import { fillTemplate, parseTemplate, type Template } from "./template.ts";

/** Event field → template. @since 0.1.0 */
export type LineMap = Readonly<Record<string, string>>;

export interface CompiledMap {
  readonly edit: Edit;
  /** Placeholders in all templates: how often a part of the line may stand in the event once more. */
  readonly placeholders: number;
  /** Characters of all targets and templates. */
  readonly chars: number;
  /** Keys that targets in `event_data` may create. */
  readonly keys: number;
  /** Levels below `event_data` at which a value may land. */
  readonly depth: number;
}

/** Takes a value into the draft where it fits. */
type Put = (draft: Draft, value: unknown) => void;

const MAX_ENTRIES = 100;
const MAX_LEVELS = 16;
const PLAIN_FIELDS = ["event_type", "log_level", "alert", "event_timestamp", "trace_id", "span_id"];
const TARGETS = `${PLAIN_FIELDS.join(", ")}, source.<field>, event_data.<key>`;

/** @throws EventStoreError `EVT_INVALID_OPTION` naming the entry. */
export function checkMap(map: LineMap): void {
  compileMap(map, new Map());
}

/** @throws EventStoreError `EVT_INVALID_OPTION` naming the entry. */
export function compileMap(map: LineMap, levels: LevelTable): CompiledMap {
  if (typeof map !== "object" || map === null || Array.isArray(map)) throw invalid("map must be an object");
  const entries = Object.entries(map);
  if (entries.length > MAX_ENTRIES) throw invalid(`map has more than ${MAX_ENTRIES} entries`);
  const rules = entries.map(([target, text]) => ruleOf(target, text, levels));
  const sum = (of: (rule: Rule) => number) => rules.reduce((total, rule) => total + of(rule), 0);
  return {
    edit: (draft, fields) => {
      for (const { template, put } of rules) {
        const value = fillTemplate(template, fields);
        if (value !== undefined) put(draft, value);
      }
    },
    placeholders: sum((rule) => rule.template.placeholders),
    chars: sum((rule) => rule.chars),
    keys: sum((rule) => rule.levels),
    depth: Math.max(0, ...rules.map((rule) => rule.levels)),
  };
}

interface Rule {
  readonly template: Template;
  readonly put: Put;
  readonly levels: number;
  readonly chars: number;
}

function ruleOf(target: string, text: unknown, levels: LevelTable): Rule {
  const put = putOf(target, levels);
  if (put === undefined) throw invalid(`map: "${target}" is no field of an event; known ones are ${TARGETS}`);
  if (typeof text !== "string") throw invalid(`map["${target}"] must be a text`);
  const template = parseTemplate(text);
  if (typeof template === "string") throw invalid(`map["${target}"] ${template}`);
  const depth = target.startsWith("event_data.") ? target.split(".").length - 1 : 0;
  return { template, put, levels: depth, chars: target.length + text.length };
}

function putOf(target: string, levels: LevelTable): Put | undefined {
  const [room, ...path] = target.split(".");
  if (room === "source" && path.length === 1) return putSource(path[0] as keyof Source);
  if (room === "event_data") return putData(path);
  return path.length > 0 ? undefined : putField(target, levels);
}

function putField(target: string, levels: LevelTable): Put | undefined {
  const readers: Readonly<Record<string, (value: unknown) => unknown>> = {
    event_type: readType,
    log_level: (value) => fieldLevel(value, levels),
    alert: parseBool,
    event_timestamp: timeText,
    trace_id: readTraceId,
    span_id: readTraceId,
  };
  const read = Object.hasOwn(readers, target) ? readers[target] : undefined;
  if (read === undefined) return undefined;
  return (draft, value) => {
    const fit = read(value);
    if (fit !== undefined) (draft as unknown as Data)[target] = fit;
  };
}

function putSource(field: keyof Source): Put | undefined {
  if (!SOURCE_FIELDS.includes(field)) return undefined;
  return (draft, value) => {
    const id = readUlid(value);
    if (id !== undefined) draft.source = { ...draft.source, [field]: id };
  };
}

function putData(path: readonly string[]): Put | undefined {
  const last = path.at(-1);
  if (last === undefined || path.length > MAX_LEVELS) return undefined;
  if (path.some((key) => key === "" || key === "__proto__")) return undefined;
  return (draft, value) => {
    const holder = holderOf(draft.data, path.slice(0, -1));
    if (holder !== undefined) holder[last] = value;
  };
}

/** The object at a path, made where absent; copied on the way, for it may still be part of the parsed line. */
function holderOf(data: Data, path: readonly string[]): Data | undefined {
  let node = data;
  for (const key of path) {
    const child = Object.hasOwn(node, key) ? node[key] : {};
    if (typeof child !== "object" || child === null || Array.isArray(child)) return undefined;
    const copy: Data = { ...child };
    node[key] = copy;
    node = copy;
  }
  return node;
}

function invalid(message: string): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", message);
}
