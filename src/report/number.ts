/**
 * Numbers as MADSci's Python has them: rounded on their exact binary value with ties to even, and told with Python's digits.
 *
 * JavaScript's `toFixed` is exact too, but takes ties upward; `Math.round(x * 10) / 10` is wrong in more cases.
 */
import type { Micros } from "./types.ts";

/** Python's `round(value, decimals)`. */
export function round(value: number, decimals: number): number {
  if (value === 0 || !Number.isFinite(value) || Math.abs(value) >= 1e21) return value;
  const text = value.toFixed(decimals);
  return Number(isTie(value, decimals) ? lastDigitEven(text) : text);
}

/** Half of the last decimal is left over, exactly: only fractions of 2 ** (decimals + 1) are so placed. */
function isTie(value: number, decimals: number): boolean {
  return Math.abs((value * 2 ** (decimals + 1)) % 2) === 1;
}

/** `text` was rounded away from zero; where that made the last digit odd, the one below is the even one. */
function lastDigitEven(text: string): string {
  const last = Number(text.slice(-1));
  return last % 2 === 0 ? text : text.slice(0, -1) + (last - 1);
}

/** Python's `repr` of a float: the fewest digits that mean it, `.0` where whole, an exponent below 1e-4 and from 1e16. */
export function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e16) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits, exponent] = value.toExponential().split("e") as [string, string];
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

export const seconds = (time: Micros): number => time / 1e6;

export const hours = (time: Micros): number => seconds(time) / 3600;

/** 0 of nothing. Through seconds, as MADSci does, so that the last digits agree. */
export function percentage(part: Micros, whole: Micros): number {
  return whole <= 0 ? 0 : (seconds(part) / seconds(whole)) * 100;
}
