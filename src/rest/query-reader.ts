/**
 * Query parameters of MADSci's routes, read by pydantic's lax rules with its error types.
 *
 * Problems are collected; `check()` throws them all at once. Unknown parameters are ignored, the last of a repeated one
 * counts.
 */
import { levelByName } from "../event/levels.ts";
import { parseBool } from "../event/parse.ts";
import { parseTimestamp } from "../event/timestamp.ts";
import { type Issue, invalidRequest } from "./failure.ts";

const INTEGER = /^\s*[+-]?\d+(?:_\d+)*(?:\.0*)?\s*$/;

interface Bounds {
  readonly least?: number;
  readonly most?: number;
}

/** The parameters of a request's URL. */
export function searchParams(url: string): URLSearchParams {
  const at = url.indexOf("?");
  return new URLSearchParams(at === -1 ? "" : url.slice(at + 1));
}

/** A whole number as pydantic reads one from text; clamped to what a double can count. */
export function integerOf(text: string): number | undefined {
  if (!INTEGER.test(text)) return undefined;
  const value = Number(text.replaceAll("_", ""));
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value)) + 0;
}

export class QueryReader {
  readonly #params: URLSearchParams;
  readonly #issues: Issue[] = [];

  constructor(url: string) {
    this.#params = searchParams(url);
  }

  integer(name: string, fallback: number, bounds: Bounds = {}): number {
    const text = this.#last(name);
    if (text === undefined) return fallback;
    const value = integerOf(text);
    if (value === undefined) this.#refuse("int_parsing", [name], INT_PARSING, text);
    else this.#checkBounds(name, value, text, bounds);
    return value ?? fallback;
  }

  bool(name: string, fallback: boolean): boolean {
    const text = this.#last(name);
    if (text === undefined) return fallback;
    const value = parseBool(text);
    if (value === undefined) {
      this.#refuse("bool_parsing", [name], "Input should be a valid boolean, unable to interpret input", text);
    }
    return value ?? fallback;
  }

  text(name: string): string | undefined {
    return this.#last(name);
  }

  /** The text of a timestamp that can be read in any zone. */
  time(name: string): string | undefined {
    const text = this.#last(name);
    if (text === undefined) return undefined;
    const reason = parseTimestamp(text, (wallMs) => wallMs);
    if (typeof reason === "string") this.#refuseTime(name, text, reason);
    return text;
  }

  /** Any integer, or the name of a level. */
  level(name: string): number {
    const text = this.#last(name);
    if (text === undefined) return 0;
    const value = levelByName(text) ?? integerOf(text);
    if (value !== undefined) return value;
    const expected = "0, 10, 20, 30, 40 or 50";
    this.#refuse("int_parsing", [name, "int"], INT_PARSING, text);
    this.#refuse("enum", [name, "int-enum[EventLogLevel]"], `Input should be ${expected}`, text, { expected });
    return 0;
  }

  /** @throws Failure 422 with every problem met so far. */
  check(): void {
    if (this.#issues.length > 0) throw invalidRequest(this.#issues);
  }

  #last(name: string): string | undefined {
    return this.#params.getAll(name).at(-1);
  }

  #checkBounds(name: string, value: number, text: string, { least, most }: Bounds): void {
    if (least !== undefined && value < least) {
      this.#refuse("greater_than_equal", [name], `Input should be greater than or equal to ${least}`, text, {
        ge: least,
      });
    }
    if (most !== undefined && value > most) {
      this.#refuse("less_than_equal", [name], `Input should be less than or equal to ${most}`, text, { le: most });
    }
  }

  #refuseTime(name: string, text: string, reason: string): void {
    const msg = `Input should be a valid datetime or date, ${reason}`;
    this.#refuse("datetime_from_date_parsing", [name], msg, text, { error: reason });
  }

  #refuse(type: string, place: string[], msg: string, input: string, ctx?: Record<string, unknown>): void {
    this.#issues.push({ type, loc: ["query", ...place], msg, input, ...(ctx && { ctx }) });
  }
}

const INT_PARSING = "Input should be a valid integer, unable to parse string as an integer";
