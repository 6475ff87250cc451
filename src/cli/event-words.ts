/** EventWords: what an event says as text: its message, and the rest of its data as `key=value`. */
import { stringifyJson } from "../event/json.ts";

export interface EventWords {
  readonly message: string;
  /** `key=value`, in the event's order. */
  readonly rest: readonly string[];
}

const BARE = /^[^\s"=]+$/;
/** Nobody reads further than that in one line. */
const MOST_PAIRS = 50;

/** @param data the event's `event_data`; undefined where it was not asked for */
export function wordsOf(data: unknown): EventWords {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return { message: textOf(data), rest: [] };
  const { message, ...rest } = data as Record<string, unknown>;
  const pairs = Object.entries(rest).slice(0, MOST_PAIRS);
  return { message: textOf(message), rest: pairs.map(([key, value]) => `${key}=${valueText(value)}`) };
}

/** Text as it is, anything else as JSON; nothing for undefined. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : value === undefined ? "" : stringifyJson(value);
}

function valueText(value: unknown): string {
  if (typeof value !== "string") return textOf(value);
  return BARE.test(value) ? value : JSON.stringify(value);
}
