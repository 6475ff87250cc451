/**
 * How large an event may be, and the walk that checks it.
 *
 * Values from JSON are only checked; values from a library caller are also copied into plain JSON (dates as text,
 * NaN as null, no prototypes), so that later changes by the caller cannot reach a stored event.
 */
import { EventStoreError } from "../errors.ts";
import type { Json } from "./json.ts";

/** @since 0.1.0 */
export interface EventLimits {
  /** Bytes of one event as JSON. @default 262_144 (256 KiB) */
  readonly maxBytes: number;
  /** Nesting of `event_data`; a scalar has depth 0. @default 32 */
  readonly maxDepth: number;
  /** Keys in the whole of `event_data`. @default 1000 */
  readonly maxKeys: number;
}

export const DEFAULT_LIMITS: EventLimits = { maxBytes: 262_144, maxDepth: 32, maxKeys: 1000 };

/** Throws `EVT_TOO_LARGE` when a JSON value is deeper or wider than allowed. */
export function checkJson(value: unknown, limits: EventLimits): void {
  let keysLeft = limits.maxKeys;
  const walk = (node: unknown, depth: number): void => {
    if (typeof node !== "object" || node === null) return;
    if (depth > limits.maxDepth) throw tooDeep(limits);
    if (Array.isArray(node)) {
      for (let i = 0; i < node.length; i++) walk(node[i], depth + 1);
      return;
    }
    for (const key in node) {
      if (--keysLeft < 0) throw tooManyKeys(limits);
      walk((node as Record<string, unknown>)[key], depth + 1);
    }
  };
  walk(value, 1);
}

/** A deep copy of any value in plain JSON, within the limits. Throws `EVT_TOO_LARGE`, also for cycles. */
export function cleanJson(value: unknown, limits: EventLimits): Json {
  let keysLeft = limits.maxKeys;
  const copy = (node: unknown, depth: number): Json => {
    const plain = scalarOrSelf(node);
    if (typeof plain !== "object" || plain === null) return plain as Json;
    if (depth > limits.maxDepth) throw tooDeep(limits);
    if (Array.isArray(plain)) return Array.from(plain, (item) => copy(item === undefined ? null : item, depth + 1));
    const out: Record<string, Json> = {};
    for (const [key, item] of Object.entries(plain)) {
      if (item === undefined || typeof item === "function" || typeof item === "symbol") continue;
      if (--keysLeft < 0) throw tooManyKeys(limits);
      define(out, key, copy(item, depth + 1));
    }
    return out;
  };
  return copy(value, 1);
}

function scalarOrSelf(node: unknown): unknown {
  if (typeof node === "object" && node !== null) {
    if (node instanceof Error) return { name: node.name, message: node.message, stack: node.stack };
    if (node instanceof Map) return Object.fromEntries(node);
    if (node instanceof Set) return [...node];
    const toJson = (node as { toJSON?: unknown }).toJSON;
    return typeof toJson === "function" ? scalarOrSelf(toJson.call(node)) : node;
  }
  if (typeof node === "number") return Number.isFinite(node) ? (Object.is(node, -0) ? 0 : node) : null;
  if (typeof node === "bigint")
    return node >= Number.MIN_SAFE_INTEGER && node <= Number.MAX_SAFE_INTEGER ? Number(node) : node;
  return typeof node === "string" || typeof node === "boolean" ? node : null;
}

/** Sets an own property even where the key is `__proto__`. */
function define(target: Record<string, Json>, key: string, value: Json): void {
  if (key === "__proto__")
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else target[key] = value;
}

function tooDeep(limits: EventLimits): EventStoreError {
  return new EventStoreError(
    "EVT_TOO_LARGE",
    `event_data is nested deeper than ${limits.maxDepth} levels (or refers to itself)`,
  );
}

function tooManyKeys(limits: EventLimits): EventStoreError {
  return new EventStoreError("EVT_TOO_LARGE", `event_data has more than ${limits.maxKeys} keys`);
}
