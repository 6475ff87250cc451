/**
 * Level peek: how important a line is, without parsing it. Decides what is urgent and what is shed first, nothing else.
 *
 * pino writes the level first, so a few characters mostly tell; otherwise the beginning of the line is searched. A line
 * without a level counts as INFO.
 */
import { LEVEL, type LogLevel } from "../event/levels.ts";
import { LEVEL_LABELS } from "../event/line.ts";

export type LevelPeek = (text: string, start: number, end: number) => LogLevel;

const FIRST = '{"level":';
const SEARCHED_CHARS = 4096;
const ANYWHERE = /"level"\s*:\s*(?:"([^"\\]{1,64})"|(\d{1,9}))/;

/** @param levelMap the logger's own levels */
export function levelPeek(levelMap: Readonly<Record<string, LogLevel>>): LevelPeek {
  const isPlain = Object.keys(levelMap).length === 0;
  return (text, start, end) => {
    if (isPlain && text.startsWith(FIRST, start)) {
      const at = start + FIRST.length;
      const tens = text.charCodeAt(at) - 48;
      if (tens >= 1 && tens <= 6 && text.charCodeAt(at + 1) === 48 && text.charCodeAt(at + 2) === 44)
        return ofTens(tens);
    }
    const found = ANYWHERE.exec(text.slice(start, Math.min(end, start + SEARCHED_CHARS)));
    return found === null ? LEVEL.INFO : named(found[1] ?? found[2] ?? "", found[2] !== undefined, levelMap);
  };
}

/** pino's 10 … 60 on Python's scale. */
function ofTens(tens: number): LogLevel {
  return ((tens < 3 ? 1 : tens - 1) * 10) as LogLevel;
}

function named(name: string, isNumber: boolean, levelMap: Readonly<Record<string, LogLevel>>): LogLevel {
  const own = Object.hasOwn(levelMap, name) ? levelMap[name] : undefined;
  if (own !== undefined) return own;
  if (isNumber) return ofTens(Math.max(1, Math.min(6, Math.floor(Number(name) / 10))));
  return LEVEL_LABELS.get(name.toLowerCase()) ?? LEVEL.INFO;
}
