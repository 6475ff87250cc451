/**
 * Texts of strangers made fit for people's eyes: no control characters, no direction tricks, no half characters, and
 * never longer than asked for.
 *
 * Every value of an event passes here before it becomes part of a message. Escaping for a format (html.ts) comes after.
 */

/** Controls that stand between words; they become one space. */
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]/g;
/** C0 and C1 controls, DEL, byte order marks, and whatever turns the direction of text. */
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/g;
const HIDDEN_BUT_LINES =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/g;
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
  return cut(clean, max);
}

/** Lines and tabs stay. Not cut. */
export function manyLines(text: string): string {
  return text
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n")
    .replace(HIDDEN_BUT_LINES, "")
    .replace(HALVES, "");
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
