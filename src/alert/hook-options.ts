/** Options of a hook: which events it is told, and how often a failing call is tried again. */
import { randomUUID } from "node:crypto";
import { EventStoreError } from "../errors.ts";
import { parseLevel } from "../event/levels.ts";
import { compileMatcher } from "../event/selector/matches.ts";
import { parseSelector } from "../event/selector/parse.ts";
import type { Selector } from "../event/selector/selector.ts";
import type { AlertHost, Marker } from "./host.ts";

/** @since 0.1.0 */
export interface HookOptions {
  /** Marks are kept under this name across restarts; one hook per name and database runs at a time. @default "default" */
  readonly name?: string;
  /** Events from this level on, number or name. Events with `alert: true` always. @default 40 */
  readonly level?: number | string;
  /** Events this selector accepts, besides. */
  readonly select?: Selector;
  /** Calls for one event before it is given up. @default 5 */
  readonly attempts?: number;
  /** Pause after the first failed call, in ms; doubles with each. @default 1_000 */
  readonly retryMs?: number;
  /** Told of failing hooks and databases. @default (message) => process.emitWarning(message) */
  readonly onWarning?: (message: string) => void;
}

export interface ResolvedHook {
  readonly name: string;
  readonly lane: string;
  readonly owner: string;
  readonly marker: Marker;
  readonly attempts: number;
  readonly retryMs: number;
  readonly onWarning: (message: string) => void;
}

const KNOWN = new Set(["name", "level", "select", "attempts", "retryMs", "onWarning"]);
const MATCHED = Object.freeze(["hook"]);
const NOT: readonly string[] = Object.freeze([]);

/** @throws EventStoreError `EVT_INVALID_OPTION`, `EVT_INVALID_SELECTOR` */
export function resolveHook(options: HookOptions, host: AlertHost): ResolvedHook {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw invalid('the options of onAlert must be an object, like { name: "pager" }');
  const unknown = Object.keys(options).find((key) => !KNOWN.has(key));
  if (unknown !== undefined)
    throw invalid(`unknown option "${unknown}" of onAlert; known ones are ${[...KNOWN].join(", ")}`);
  const { name = "default", attempts = 5, retryMs = 1000, onWarning = warn } = options;
  if (typeof name !== "string" || !/^[A-Za-z0-9_-]{1,59}$/.test(name))
    throw invalid("name must be of letters, digits, - and _ only, at most 59");
  if (typeof onWarning !== "function") throw invalid("onWarning must be a function");
  for (const [key, value] of Object.entries({ attempts, retryMs }))
    if (!Number.isSafeInteger(value) || value < 1) throw invalid(`${key} must be a whole number above 0`);
  return {
    name,
    lane: `hook-${name}`,
    owner: randomUUID(),
    marker: markerOf(options, host),
    attempts,
    retryMs,
    onWarning: (message) => void heard(onWarning, message).catch(() => {}),
  };
}

/** Whoever listens must not stop the hook. */
async function heard(onWarning: (message: string) => void, message: string): Promise<void> {
  await onWarning(message);
}

function markerOf({ level = 40, select }: HookOptions, host: AlertHost): Marker {
  const least = parseLevel(level);
  if (least === undefined) throw invalid("level must be a level's number or name, like 40 or ERROR");
  const chosen = select === undefined ? () => false : compiled(select, host);
  return (event) => (event.alert || event.log_level >= least || chosen(event) ? MATCHED : NOT);
}

function compiled(select: Selector, host: AlertHost) {
  return compileMatcher(parseSelector(select, { naiveTimezone: host.naiveTimezone }), host.zone);
}

function warn(message: string): void {
  process.emitWarning(message, { type: "MadsciEvents" });
}

function invalid(message: string): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", message);
}
