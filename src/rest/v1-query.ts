/**
 * Query parameters of `/v1`: strict. A parameter nobody knows is refused with the list of those that are known.
 *
 * Lists may be repeated or separated by commas. Problems are collected; `check()` throws them all at once.
 */
import { levelByName } from "../event/levels.ts";
import { parseBool } from "../event/parse.ts";
import { parseTimestamp } from "../event/timestamp.ts";
import { type Issue, invalidRequest } from "./failure.ts";
import { integerOf, searchParams } from "./query-reader.ts";

const MAX_LIST = 100;

export class V1Query {
  readonly #params: URLSearchParams;
  readonly #issues: Issue[] = [];

  constructor(url: string, known: readonly string[]) {
    this.#params = searchParams(url);
    for (const name of new Set(this.#params.keys())) {
      if (known.includes(name)) continue;
      this.refuse(name, "unknown_parameter", `Unknown parameter; known ones are ${known.join(", ") || "none"}`);
    }
  }

  text(name: string): string | undefined {
    const all = this.#params.getAll(name);
    if (all.length > 1) this.refuse(name, "repeated_parameter", "May be given once");
    return all[0];
  }

  list(name: string): string[] {
    const all = this.#params.getAll(name).flatMap((value) => value.split(","));
    if (all.length > MAX_LIST) this.refuse(name, "too_long", `At most ${MAX_LIST} values`);
    if (all.includes("")) this.refuse(name, "string_too_short", "An empty value");
    return all;
  }

  integer(name: string, fallback: number, most: number): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const value = integerOf(text);
    if (value !== undefined && value >= 1 && value <= most) return value;
    this.refuse(name, "int_range", `Should be a whole number from 1 to ${most}`);
    return fallback;
  }

  bool(name: string): boolean | undefined {
    const text = this.text(name);
    const value = parseBool(text);
    if (text !== undefined && value === undefined) this.refuse(name, "bool_parsing", "Should be true or false");
    return value;
  }

  /** Text of a timestamp. A `+` that became a space is a `+` again. */
  time(name: string): string | undefined {
    const text = this.text(name)?.replace(/ (?=\d\d:?\d\d$)(?<=:\d\d(?:\.\d+)? )/, "+");
    const reason = text === undefined ? undefined : parseTimestamp(text, (wallMs) => wallMs);
    if (typeof reason === "string") this.refuse(name, "datetime_parsing", `Should be an ISO 8601 time: ${reason}`);
    return text;
  }

  level(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const level = levelByName(text) ?? integerOf(text);
    if (level === undefined) this.refuse(name, "level_parsing", "Should be a number or a level name such as WARNING");
    return level;
  }

  oneOf<const T extends string>(name: string, words: readonly T[]): T | undefined {
    const text = this.text(name);
    const word = words.find((known) => known === text);
    if (text !== undefined && word === undefined) this.refuse(name, "enum", `Should be ${words.join(" or ")}`);
    return word;
  }

  /** Some of `words`. */
  someOf<const T extends string>(name: string, words: readonly T[]): T[] {
    const given = this.list(name);
    const known = words.filter((word) => given.includes(word));
    if (given.some((word) => !words.includes(word as T))) this.refuse(name, "enum", `Should be ${words.join(", ")}`);
    return known;
  }

  refuse(name: string, type: string, msg: string): void {
    this.#issues.push({ type, loc: ["query", name], msg, input: null });
  }

  /** @throws Failure 422 with every problem met so far. */
  check(): void {
    if (this.#issues.length > 0) throw invalidRequest(this.#issues);
  }
}
