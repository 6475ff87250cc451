/**
 * Field: one written value of a configuration and where it stands.
 *
 * Each reader answers the checked value, or notes a trouble and answers the fallback, so that one reading finds all
 * troubles. An empty key (YAML's null) counts as not written. Sections are in section.ts.
 */
import { didYouMean } from "./nearest-word.ts";
import { parseSpan, spanText } from "./spans.ts";
import type { Troubles } from "./troubles.ts";

export interface Bounds {
  readonly least: number;
  readonly most: number;
}

const MAX_LIST = 1_000;
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

export class Field {
  readonly value: unknown;
  readonly path: string;
  readonly troubles: Troubles;

  constructor(value: unknown, path: string, troubles: Troubles) {
    this.value = value;
    this.path = path;
    this.troubles = troubles;
  }

  get given(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  error(message: string): undefined {
    this.troubles.error(this.path, message);
  }

  warning(message: string): void {
    this.troubles.warning(this.path, message);
  }

  /** One line of text without control characters. */
  text(maxLength = 1_000): string | undefined {
    if (!this.given) return undefined;
    const { value } = this;
    if (typeof value !== "string" || value.trim() === "") return this.error("must be a text");
    if (value.length > maxLength) return this.error(`must have at most ${maxLength} characters`);
    if (CONTROL.test(value) || !value.isWellFormed())
      return this.error("must be one line of text without control characters");
    return value;
  }

  /** Text for people, whose line breaks become spaces. */
  prose(maxLength = 1_000): string | undefined {
    if (typeof this.value !== "string") return this.text(maxLength);
    return new Field(this.value.trim().replace(/\s+/g, " "), this.path, this.troubles).text(maxLength);
  }

  flag(fallback: boolean): boolean {
    if (!this.given) return fallback;
    if (typeof this.value !== "boolean") this.error("must be true or false");
    return this.value === true;
  }

  whole<F>(bounds: Bounds, fallback: F): number | F {
    if (!this.given) return fallback;
    const { value } = this;
    if (Number.isSafeInteger(value) && within(value as number, bounds)) return value as number;
    this.error(`must be a whole number from ${bounds.least} to ${bounds.most}`);
    return fallback;
  }

  number<F>(bounds: Bounds, fallback: F): number | F {
    if (!this.given) return fallback;
    const { value } = this;
    if (typeof value === "number" && within(value, bounds)) return value;
    this.error(`must be a number from ${bounds.least} to ${bounds.most}`);
    return fallback;
  }

  /** Milliseconds of a span; bounds are milliseconds. */
  span<F>(bounds: Bounds, fallback: F): number | F {
    if (!this.given) return fallback;
    const ms = parseSpan(this.value);
    if (ms === undefined) this.error("must be a span like 30s, 5m, 2h or 7d");
    else if (!within(ms, bounds))
      this.error(`must be a span from ${spanText(bounds.least)} to ${spanText(bounds.most)}, not ${spanText(ms)}`);
    else return ms;
    return fallback;
  }

  /** One of a few words, in any case of letters. */
  choice<Word extends string, F>(words: readonly Word[], fallback: F): Word | F {
    if (!this.given) return fallback;
    const text = typeof this.value === "string" ? this.value : "";
    const found = words.find((word) => word.toLowerCase() === text.toLowerCase());
    if (found === undefined) this.error(`must be one of ${words.join(", ")}${didYouMean(text, words)}`);
    return found ?? fallback;
  }

  /** The entries of a list; a single value is a list of one. */
  list(most = MAX_LIST): readonly Field[] {
    if (!this.given) return [];
    const values: readonly unknown[] = Array.isArray(this.value) ? this.value : [this.value];
    if (values.length > most) this.error(`must have at most ${most} entries, not ${values.length}`);
    const one = !Array.isArray(this.value);
    return values
      .slice(0, most)
      .map((value, i) => new Field(value, one ? this.path : `${this.path}[${i}]`, this.troubles));
  }

  /** What each entry becomes, without those that are wrong; an empty entry is wrong. */
  each<T>(read: (entry: Field) => T | undefined, most?: number): T[] {
    const values: T[] = [];
    for (const entry of this.list(most)) {
      const value = entry.given ? read(entry) : entry.error("is empty");
      if (value !== undefined) values.push(value);
    }
    return values;
  }

  texts(most?: number): string[] {
    return this.each((entry) => entry.text(), most);
  }
}

function within(value: number, { least, most }: Bounds): boolean {
  return value >= least && value <= most;
}
