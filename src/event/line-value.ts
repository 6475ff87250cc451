/** Any value of a program → plain JSON that may become `event_data`. Total: whatever it is given, it answers. */
import { type Data, define, type Fields } from "./line-draft.ts";

const MAX_DEPTH = 30;
const MAX_VALUES = 10_000;

/** Any value as plain JSON: cycles, failing getters and what has no JSON become a word in brackets. */
export function plain(root: unknown): unknown {
  let left = MAX_VALUES;
  const copy: Copy = (value, above) => {
    if (typeof value === "number") return Number.isFinite(value) ? value : null;
    if (typeof value === "function" || typeof value === "symbol") return `[${typeof value}]`;
    if (typeof value !== "object" || value === null) return value;
    if (above.includes(value)) return "[circular]";
    if (above.length > MAX_DEPTH || --left < 0) return "[too large]";
    try {
      return copyObject(value, [...above, value], copy);
    } catch {
      return "[unreadable]";
    }
  };
  return copy(root, []);
}

type Copy = (value: unknown, above: readonly unknown[]) => unknown;

function copyObject(value: object, above: readonly unknown[], copy: Copy): unknown {
  if (value instanceof Error) return copyError(value, above, copy);
  const json = (value as { toJSON?: unknown }).toJSON;
  if (typeof json === "function") return copy(json.call(value), above);
  if (Array.isArray(value)) return Array.from(value, (item) => copy(item ?? null, above));
  if (value instanceof Map) return copy(Object.fromEntries(value), above);
  if (value instanceof Set) return copy([...value], above);
  const out: Data = {};
  for (const key of Object.keys(value)) {
    const item = copy((value as Fields)[key], above);
    if (item !== undefined) define(out, key, item);
  }
  return out;
}

/** The shape pino's own serializer gives an error. */
function copyError(error: Error, above: readonly unknown[], copy: Copy): unknown {
  const own = copy({ ...error }, above) as Fields;
  const cause = error.cause === undefined ? {} : { cause: copy(error.cause, above) };
  return { type: error.name, message: error.message, stack: error.stack, ...cause, ...own };
}
