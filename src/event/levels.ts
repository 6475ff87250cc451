/** Log levels on Python's scale, the only ones an event may carry. @since 0.1.0 */
export const LEVEL = { NOTSET: 0, DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40, CRITICAL: 50 } as const;

/** @since 0.1.0 */
export type LogLevel = (typeof LEVEL)[keyof typeof LEVEL];

/** `"INFO"` for 20; the number as text for a value between the levels. @since 0.1.0 */
export function levelName(level: number): string {
  return Object.entries(LEVEL).find(([, value]) => value === level)?.[0] ?? String(level);
}

const BY_NAME = new Map<string, LogLevel>(Object.entries(LEVEL).map(([name, value]) => [name.toLowerCase(), value]));
const BY_NUMBER = new Set<number>(Object.values(LEVEL));
const NUMERIC = /^[+-]?\d+(\.0*)?$/;

/** A level name in any case, with or without `EventLogLevel.` before it; undefined for anything else. */
export function levelByName(text: string): LogLevel | undefined {
  return BY_NAME.get(text.toLowerCase().replace(/^eventloglevel\./, ""));
}

/** Number, numeric text or name → level; undefined when it is none of the six. */
export function parseLevel(input: unknown): LogLevel | undefined {
  if (typeof input === "string") {
    const named = levelByName(input);
    if (named !== undefined) return named;
    input = NUMERIC.test(input) ? Number(input) : undefined;
  }
  return typeof input === "number" && BY_NUMBER.has(input) ? (input as LogLevel) : undefined;
}
