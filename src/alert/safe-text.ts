/**
 * Texts of strangers made fit for people's eyes: no control characters, no direction tricks, no half characters, and
 * never longer than asked for.
 *
 * Every value of an event passes here before it becomes part of a message. Escaping for a format (html.ts) comes after.
 */

/** Controls that stand between words; they become one space. */
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]/g;
/**
 * C0 and C1 controls, DEL, and what nobody can see: turns of direction, spaces and hyphens without width, byte order
 * marks, tags, fillers. What joins letters or chooses the look of one (in emoji, Persian, Hindi) stays.
 */
const HIDDEN = /(?!\u200c|\u200d|[\ufe00-\ufe0f])[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufff9-\ufffb\p{DI}]/gu;
const HIDDEN_BUT_LINES =
  /(?!\u200c|\u200d|[\ufe00-\ufe0f])[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufff9-\ufffb\p{DI}]/gu;
/** Takes no ink: white space, the empty braille cell, and everything a font may leave out. */
const BLANK = /^[\s\u2800\p{Cc}\p{DI}]*$/u;
/** Only unpaired ones match where the pattern reads code points. */
const HALVES = /\p{Surrogate}/gu;
/** Looked at per code point that may remain: enough for whatever is stripped, and a bound for huge texts. */
const READ_AHEAD = 8;

/** One line of at most `max` code points; an ellipsis tells that there was more. */
export function oneLine(text: string, max: number): string {
  const clean = text
    .slice(0, max * READ_AHEAD + READ_AHEAD)
    .replace(BREAKS, " ")
    .replace(HIDDEN, "")
    .replace(HALVES, "")
    .replace(/ {2,}/g, " ")
    .trim();
  return isBlank(clean) ? "" : cut(clean, max);
}

/** Lines and tabs stay. Not cut. */
export function manyLines(text: string): string {
  return text
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n")
    .replace(HIDDEN_BUT_LINES, "")
    .replace(HALVES, "");
}

/** Without what nobody can see; lines, tabs and the length stay. */
export function visible(text: string): string {
  return text.replace(HIDDEN_BUT_LINES, "");
}

/** Whether people would see nothing of it. */
export function isBlank(text: string): boolean {
  return BLANK.test(text);
}

/** At most `max` code points, the last of them an ellipsis where something is missing. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const points = Array.from(text.slice(0, 2 * max + 2));
  return points.length <= max
    ? text
    : `${points
        .slice(0, max - 1)
        .join("")
        .trimEnd()}…`;
}
