/** Event ids made in the main thread, for lines that also go elsewhere or whose id the application wants to know. */
import { newId } from "../src/event/id.ts";

/** What an id of ours looks like at the end of a line: `"_id":"<ULID>"`. */
const KEY = '"_id":"';
const ID_CHARS = 26;

/** A line with an id as its last key; one that has it there already, or is no JSON object, stays as it is. */
export function withId(line: string): string {
  const at = line.lastIndexOf("}");
  if (at < 1 || line.charCodeAt(0) !== 123 || line.slice(at + 1).trim() !== "") return line;
  if (line.startsWith(KEY, at - ID_CHARS - KEY.length - 1)) return line;
  const comma = line.charCodeAt(at - 1) === 123 ? "" : ",";
  return `${line.slice(0, at)}${comma}"_id":"${newId()}"${line.slice(at)}`;
}

interface Hooked {
  readonly hooks?: { readonly streamWrite?: (line: string) => string };
}

/**
 * pino's options with a hook that gives every line an `_id`, the same for all its destinations.
 * @example pino(withEventIds({ level: "debug" }), pino.multistream([...]))
 * @since 0.1.0
 */
export function withEventIds<T extends object>(options: T): T {
  const { hooks } = options as Hooked;
  const before = hooks?.streamWrite ?? ((line: string) => line);
  return { ...options, hooks: { ...hooks, streamWrite: (line: string) => withId(before(line)) } };
}
