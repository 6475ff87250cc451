/** Levels of a client: what its log methods let through. Python's numbers and names, and pino's labels. */
import { LEVEL, type LogLevel, levelName, parseLevel } from "../event/levels.ts";
import { LEVEL_LABELS } from "../event/line.ts";

/** A level by number (0, 10, … 50) or name, `"trace"` and `"silent"` among them. @since 0.1.0 */
export type LevelInput = number | string;

/** `trace()` lies below DEBUG, as in pino; its events carry DEBUG, the lowest level there is. */
export const TRACE = 5;
/** Nothing gets through. */
const SILENT = Number.POSITIVE_INFINITY;

/** From which level on events are sent; undefined where the input names none. */
export function thresholdOf(input: unknown): number | undefined {
  const word = typeof input === "string" ? input.toLowerCase() : input;
  if (word === "silent") return SILENT;
  if (word === "trace") return TRACE;
  return levelOf(input);
}

/** One of the six levels by number or by anyone's label; undefined for anything else. */
export function levelOf(input: unknown): LogLevel | undefined {
  const labelled = typeof input === "string" ? LEVEL_LABELS.get(input.toLowerCase()) : undefined;
  return labelled ?? parseLevel(input);
}

const PINO_LABELS: Readonly<Record<LogLevel, string>> = {
  [LEVEL.NOTSET]: "trace",
  [LEVEL.DEBUG]: "debug",
  [LEVEL.INFO]: "info",
  [LEVEL.WARNING]: "warn",
  [LEVEL.ERROR]: "error",
  [LEVEL.CRITICAL]: "fatal",
};

/** pino's label of a threshold. */
export function labelOf(threshold: number): string {
  if (threshold === SILENT) return "silent";
  return PINO_LABELS[threshold as LogLevel] ?? "trace";
}

/** The number pino writes for a level, which the shipper reads to know what is urgent and what goes first. */
export function pinoNumber(level: LogLevel): number {
  return Math.max(LEVEL.DEBUG, level) + 10;
}

/** `log_info` for 20, as MADSci's own client names what is logged at a level. */
export function typeOf(level: LogLevel): string {
  return level === LEVEL.NOTSET ? "log" : `log_${levelName(level).toLowerCase()}`;
}
