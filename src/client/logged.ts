/** What `log(value)` means, which takes anything: its level, and the value as the level methods take it. */
import { parseJson } from "../event/json.ts";
import { LEVEL } from "../event/levels.ts";
import { isWholeEvent } from "./call.ts";
import type { Gravity } from "./core.ts";
import { readOr } from "./fields.ts";
import { type LevelInput, levelOf } from "./levels.ts";

/** @since 0.1.0 */
export interface LogOptions {
  /** Another level than the event's own; an event then gets a new id. */
  readonly level?: LevelInput;
  /** Asks for a notification whatever the level. */
  readonly alert?: boolean;
}

export function logged(value: unknown, options: LogOptions | LevelInput) {
  const { level, alert } = asOptions(options);
  const given = eventIn(value) ?? value;
  const { isEvent, isError } = natureOf(given);
  const asked = level === undefined ? undefined : readOr(() => levelOf(level), undefined);
  const usual = isError ? LEVEL.ERROR : LEVEL.INFO;
  const gravity: Gravity = { level: asked ?? usual, alert, keepsLevel: asked === undefined };
  // A level that is none must not be lost silently, and must not cost the event.
  const odd = level !== undefined && asked === undefined ? [{ invalid_level: level }] : [];
  return { gravity, given: isEvent ? [given] : [given, ...odd] };
}

/** Options that cannot be read must not cost the event either. */
function asOptions(options: LogOptions | LevelInput): {
  readonly level: LevelInput | undefined;
  readonly alert: boolean;
} {
  if (typeof options !== "object" || options === null) return { level: options, alert: false };
  const level = readOr(() => options.level, "[unreadable]");
  return { level, alert: readOr(() => options.alert === true, false) };
}

function natureOf(value: unknown): { readonly isEvent: boolean; readonly isError: boolean } {
  try {
    return { isEvent: isWholeEvent(value), isError: value instanceof Error };
  } catch {
    // It cannot even be looked at; whoever records it sees to that.
    return { isEvent: false, isError: false };
  }
}

/** An event written as JSON, as MADSci's client takes it too. */
function eventIn(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*\{/.test(value)) return undefined;
  try {
    const parsed = parseJson(value);
    return isWholeEvent(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
