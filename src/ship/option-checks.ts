/** Option checks: each answers the value in its final form, or throws `EVT_INVALID_OPTION` naming the option. */
import { EventStoreError } from "../errors.ts";
import { SOURCE_FIELDS, type Source } from "../event/event.ts";
import { isUlid } from "../event/id.ts";
import { type LogLevel, parseLevel } from "../event/levels.ts";
import { LEVEL_LABELS } from "../event/line.ts";

export function yesNo(name: string, given: unknown): boolean {
  if (given === undefined || typeof given === "boolean") return given ?? true;
  throw invalid(`${name} must be true or false`);
}

export function oneOf<T extends string>(name: string, known: readonly T[], given: unknown): T {
  if ((known as readonly unknown[]).includes(given)) return given as T;
  throw invalid(`${name} must be one of ${known.map((one) => JSON.stringify(one)).join(", ")}`);
}

/** Unknown names are refused, so that a typing error does not pass for a default. */
export function checkKeys(prefix: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== "object" || given === null)
    throw invalid(`${prefix.slice(0, -1) || "options"} must be an object`);
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) throw invalid(`unknown option "${prefix}${key}"; known ones are ${known.join(", ")}`);
  }
}

/** Longer timers run out at once. Source: Node's `timers`. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export function whole(name: string, given: unknown, fallback: number, least = 1): number {
  if (given === undefined) return fallback;
  const most = name.endsWith("Ms") ? MAX_TIMER_MS : Number.MAX_SAFE_INTEGER;
  if (Number.isSafeInteger(given) && (given as number) >= least && (given as number) <= most) return given as number;
  throw invalid(`${name} must be a whole number from ${least} to ${most}`);
}

/** Two numbers that contradict each other are a mistake. */
export function checkOrder(less: string, small: number | undefined, more: string, large: number | undefined): void {
  if (small !== undefined && large !== undefined && small > large) throw invalid(`${less} must not be above ${more}`);
}

export function text(name: string, given: unknown): string | undefined {
  if (given === undefined || (typeof given === "string" && given !== "")) return given;
  throw invalid(`${name} must be a text`);
}

export function level(name: string, given: unknown): LogLevel {
  const found = (typeof given === "string" ? LEVEL_LABELS.get(given.toLowerCase()) : undefined) ?? parseLevel(given);
  if (found !== undefined) return found;
  throw invalid(`${name} must be a level: 0, 10, 20, 30, 40, 50 or a name such as "error"`);
}

export function checkSource(source: Source): Source {
  checkKeys("source.", source, SOURCE_FIELDS);
  for (const [field, id] of Object.entries(source)) {
    if (typeof id !== "string" || !isUlid(id)) throw invalid(`source.${field} must be a ULID (26 characters)`);
  }
  return Object.freeze({ ...source });
}

export function checkSourceKeys(keys: Readonly<Record<string, keyof Source>>): Readonly<Record<string, keyof Source>> {
  for (const [key, field] of Object.entries(keys)) {
    if (!SOURCE_FIELDS.includes(field)) throw invalid(`sourceKeys.${key} must be one of ${SOURCE_FIELDS.join(", ")}`);
  }
  return Object.freeze({ ...keys });
}

export function checkLevelMap(map: Readonly<Record<string, LogLevel | string>>): Readonly<Record<string, LogLevel>> {
  const entries = Object.entries(map).map(([key, given]) => [key, level(`levelMap.${key}`, given)]);
  return Object.freeze(Object.fromEntries(entries));
}

/** An `EVT_INVALID_OPTION` error. */
export function invalid(message: string): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", message);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds, or a number with a unit. */
export function duration(name: string, given: number | string): number {
  const [, amount, unit = ""] = /^(\d+)\s*(ms|s|m|h|d)$/.exec(String(given)) ?? [];
  const ms = typeof given === "number" ? given : Number(amount) * (UNIT_MS[unit] ?? Number.NaN);
  if (Number.isSafeInteger(ms) && ms > 0) return ms;
  throw invalid(`${name} must be milliseconds above 0, or a text such as "30d" (units ms, s, m, h, d)`);
}
