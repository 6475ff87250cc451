/** Levels of loggers: numbers and labels → Python's scale, and the event type that stands for a level. */
import { LEVEL, type LogLevel, levelName, parseLevel } from "./levels.ts";

/** pino's six levels on Python's scale. Source: pino `lib/constants.js`; MADSci `EventLogLevel`. */
const PINO: Readonly<Record<number, LogLevel>> = { 10: 10, 20: 10, 30: 20, 40: 30, 50: 40, 60: 50 };
/** Labels of pino, Python and syslog-like loggers. */
export const LEVEL_LABELS: ReadonlyMap<string, LogLevel> = new Map<string, LogLevel>([
  ["trace", LEVEL.DEBUG],
  ["debug", LEVEL.DEBUG],
  ["info", LEVEL.INFO],
  ["warn", LEVEL.WARNING],
  ["warning", LEVEL.WARNING],
  ["error", LEVEL.ERROR],
  ["fatal", LEVEL.CRITICAL],
  ["critical", LEVEL.CRITICAL],
]);
/** Longer texts are no labels; looking them up would only cost. */
const LABEL_CHARS = 64;

const TYPE_OF: ReadonlyMap<LogLevel, string> = new Map(
  Object.values(LEVEL).map((level) => [level, level === 0 ? "log" : `log_${levelName(level).toLowerCase()}`]),
);

/** `log_info` for 20; `log` where nothing says how grave it is. */
export function typeOfLevel(level: LogLevel | undefined): string {
  return (level === undefined ? undefined : TYPE_OF.get(level)) ?? "log";
}

/** Levels of the caller's own, by label and by number. */
export type LevelTable = ReadonlyMap<unknown, LogLevel>;

export function levelTable(levelMap: Readonly<Record<string, LogLevel>> = {}): LevelTable {
  const table = new Map<unknown, LogLevel>();
  for (const [key, level] of Object.entries(levelMap)) {
    table.set(key, level);
    if (String(Number(key)) === key) table.set(Number(key), level);
  }
  return table;
}

/** True for a number or a label of pino's own, which need not be kept beside the level they mean. */
export function isLoggerLevel(value: number | string): boolean {
  return typeof value === "number" ? PINO[value] !== undefined : labelled(value) !== undefined;
}

/** What a logger's level means: the caller's own first, numbers between pino's rounded down, unknown labels undefined. */
export function loggerLevel(value: number | string, own: LevelTable): LogLevel | undefined {
  if (own.size > 0) {
    const mapped = own.get(value);
    if (mapped !== undefined) return mapped;
  }
  return typeof value === "number" ? (PINO[value] ?? roundDown(value)) : labelled(value);
}

/** A value meant for `log_level` itself: numbers are on Python's scale, labels are anyone's. */
export function fieldLevel(value: unknown, own: LevelTable): LogLevel | undefined {
  if (typeof value === "number") return parseLevel(value) ?? own.get(value);
  if (typeof value !== "string" || value.length > LABEL_CHARS) return undefined;
  return own.get(value) ?? labelled(value) ?? parseLevel(value);
}

function labelled(value: string): LogLevel | undefined {
  return value.length > LABEL_CHARS ? undefined : LEVEL_LABELS.get(value.toLowerCase());
}

function roundDown(level: number): LogLevel {
  return PINO[Math.max(10, Math.min(60, Math.floor(level / 10) * 10))] ?? LEVEL.INFO;
}
