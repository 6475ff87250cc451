/**
 * Regular expressions in linear time: RE2 syntax, checked while parsing, run behind a literal where there is one.
 *
 * A pattern that is only text (`clot`, `^EventType\.`, `^exactly this$`) never meets the regex engine. RE2 has no
 * look-around and no backreferences, so no pattern can be slow by design. Differences to MongoDB's PCRE that remain:
 * `$` without flag `m` means the very end (PCRE: also before a final line break), `\s` leaves out the vertical tab and
 * `\v` means only it.
 */
import { RE2JS } from "re2js";
import type { Parsing, Place } from "./limits.ts";
import { quoted, refusal } from "./refuse.ts";
import type { RegexOperand } from "./selector.ts";

const FLAGS = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL } as const;
/** Instructions a compiled pattern may have: bounds the work per character. */
const MAX_PROGRAM = 4000;

/** Checks a pattern by compiling it. @param flags as the caller wrote them */
export function parseRegex(pattern: unknown, flags: unknown, at: Place, parsing: Parsing): RegexOperand {
  const { maxRegexes, maxPatternLength } = parsing.limits;
  if (++parsing.regexes > maxRegexes)
    throw refusal(at.loc, `at most ${maxRegexes} regular expressions per selector`, undefined);
  if (pattern instanceof RegExp) {
    if (flags !== undefined && pattern.flags !== "")
      throw refusal(at.loc, "flags stand either in the RegExp or in $options", pattern);
    return check(RE2JS.translateRegExp(pattern.source), flags ?? pattern.flags);
  }
  if (typeof pattern !== "string") throw refusal(at.loc, "$regex takes text (or a JavaScript RegExp)", pattern);
  return check(pattern, flags ?? "");

  function check(source: string, given: unknown): RegexOperand {
    if (source.length > maxPatternLength)
      throw refusal(at.loc, `a regular expression may have at most ${maxPatternLength} characters`, source);
    if (source.includes("\0") || !source.isWellFormed())
      throw refusal(at.loc, "a regular expression must not hold NUL or half a surrogate pair", source);
    const regex = { pattern: source, flags: parseFlags(given, at) };
    compileOrRefuse(regex, at);
    return regex;
  }
}

function parseFlags(given: unknown, at: Place): string {
  if (typeof given !== "string") throw refusal(at.loc, "$options takes text made of i, m and s", given);
  const unknown = [...given].find((flag) => !Object.hasOwn(FLAGS, flag));
  if (unknown === undefined)
    return Object.keys(FLAGS)
      .filter((flag) => given.includes(flag))
      .join("");
  throw refusal(at.loc, `regular expression flag ${quoted(unknown)} is not supported; use i, m and s`, given);
}

function compileOrRefuse(regex: RegexOperand, at: Place): void {
  let size: number;
  try {
    size = compile(regex).programSize();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const advice =
      "RE2 syntax is accepted: no look-around, no backreferences, no possessive quantifiers, repeats up to 1000";
    throw refusal(
      at.loc,
      `the regular expression ${quoted(regex.pattern)} is not accepted (${reason}); ${advice}`,
      regex.pattern,
    );
  }
  if (size > MAX_PROGRAM)
    throw refusal(at.loc, "the regular expression is too large; use smaller repeats", regex.pattern);
}

function compile(regex: RegexOperand): RE2JS {
  let flags = 0;
  for (const flag of regex.flags) flags |= FLAGS[flag as keyof typeof FLAGS];
  return RE2JS.compile(regex.pattern, flags);
}

/** Text every match must hold. @since 0.1.0 */
export interface RegexLiteral {
  readonly text: string;
  /** Where the text must stand: at the start, be everything, or anywhere. */
  readonly anchored: "start" | "whole" | "none";
  /** True when finding the text there is the whole condition. */
  readonly exact: boolean;
}

/** `^`, plain characters or escaped punctuation, `$`. */
const PLAIN = /^(\^?)((?:[^\\^$.|?*+()[\]{}]|\\[^\sA-Za-z0-9_\u0080-\uffff])*)(\$?)$/u;

/**
 * The literal of a regular expression, for a fast test (or an SQL one) before or instead of the regular expression;
 * undefined when no text of at least one character is certain.
 * @since 0.1.0
 */
export function literalOf(regex: RegexOperand): RegexLiteral | undefined {
  if (regex.flags.includes("i")) return undefined;
  const multiline = regex.flags.includes("m");
  const plain = PLAIN.exec(regex.pattern);
  if (plain) return fromPlain(plain, multiline);
  const text = longestRun(regex.pattern);
  return text === "" ? undefined : { text, anchored: "none", exact: false };
}

function fromPlain([, caret, escaped = "", dollar]: RegExpExecArray, multiline: boolean): RegexLiteral | undefined {
  const text = escaped.replace(/\\(.)/gsu, "$1");
  const inexact: RegexLiteral | undefined = text === "" ? undefined : { text, anchored: "none", exact: false };
  if (multiline && (caret || dollar)) return inexact;
  if (caret) return { text, anchored: dollar ? "whole" : "start", exact: true };
  return dollar ? inexact : { text, anchored: "none", exact: true };
}

/** Longest plain run outside groups that must stand in every match; empty when there is none or it is not certain. */
function longestRun(pattern: string): string {
  const tokens = pattern.match(/\\.|\[(?:\\.|[^\]\\])*\]|\{[^}]*\}|./gsu) ?? [];
  let [depth, run, longest] = [0, "", ""];
  const end = (kept: string) => {
    if (kept.length > longest.length) longest = kept;
    run = "";
  };
  for (const token of tokens) {
    if (isUncertain(token, pattern)) return "";
    if (token === "|" && depth === 0) return "";
    if (token === "(") end(depth++ === 0 ? run : "");
    else if (token === ")") depth--;
    else if (depth > 0) continue;
    else if (/^[?*{]/.test(token)) end([...run].slice(0, -1).join(""));
    else if (isPlainToken(token)) run += token.at(-1) === token ? token : token.replace(/^\\/, "");
    else end(run);
  }
  end(run);
  return longest;
}

/** Constructs this reader does not follow: inline flags, `\Q…\E`, code points by number, properties, odd classes. */
function isUncertain(token: string, pattern: string): boolean {
  return /^\\[QExpP0-9]/.test(token) || /\(\?[^:P<]|\[\^?\]|\[\[/.test(pattern);
}

function isPlainToken(token: string): boolean {
  return /^(?:[^\\^$.|?*+()[\]{}]|\\[^\sA-Za-z0-9_\u0080-\uffff])$/su.test(token);
}

/** A compiled test of one text. */
export function compileRegex(regex: RegexOperand): (text: string) => boolean {
  const literal = literalOf(regex);
  if (literal?.exact) return literalTest(literal);
  const compiled = compile(regex).re2();
  if (!literal) return (text) => compiled.match(text);
  const needle = literal.text;
  return (text) => text.includes(needle) && compiled.match(text);
}

function literalTest({ text: needle, anchored }: RegexLiteral): (text: string) => boolean {
  if (anchored === "whole") return (text) => text === needle;
  return anchored === "start" ? (text) => text.startsWith(needle) : (text) => text.includes(needle);
}
