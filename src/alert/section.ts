/**
 * Section: an object of a configuration, whose keys may be written in camelCase or snake_case.
 *
 * Readers ask for the keys they know; `close` then reports the others.
 */
import { isPlainObject } from "../event/selector/operand.ts";
import { Field } from "./field.ts";
import { didYouMean } from "./nearest-word.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const MAX_KEYS = 1_000;

export class Section {
  readonly path: string;
  readonly given: boolean;
  readonly #field: Field;
  readonly #fields = new Map<string, Field>();
  readonly #known = new Set<string>();
  readonly #written = new Set<string>();

  /** @param base keys that hold unless they are written, under whichever of their names */
  constructor(field: Field, base?: Field) {
    this.#field = field;
    this.path = field.path;
    this.given = field.given;
    for (const [key, inner] of base ? entries(base) : []) this.#fields.set(camelCase(key), inner);
    for (const [key, inner] of entries(field)) {
      const name = camelCase(key);
      if (this.#written.has(name)) inner.error(`stands twice, also as ${name}; keep one`);
      this.#written.add(name);
      this.#fields.set(name, inner);
    }
  }

  /** The value under a key, or under another name of the same; both is a trouble. */
  field(name: string, ...aliases: readonly string[]): Field {
    const names = [name, ...aliases];
    for (const one of names) this.#known.add(one);
    const written = names.filter((one) => this.#written.has(one));
    const from = written.length > 0 ? written : names;
    const [first, second] = from.map((one) => this.#fields.get(one)).filter((field) => field?.given);
    if (first && second) second.error(`means the same as ${first.path}; keep one`);
    // One that is written without a value is spelled as it is written.
    const path = from.map((one) => this.#fields.get(one)?.path).find((known) => known !== undefined);
    return first ?? new Field(undefined, path ?? inside(this.path, name), this.#field.troubles);
  }

  section(name: string, ...aliases: readonly string[]): Section {
    return new Section(this.field(name, ...aliases));
  }

  error(message: string): undefined {
    return this.#field.error(message);
  }

  /** Reports keys nobody asked for. @param elsewhere what to say about keys that have a meaning in another place */
  close(elsewhere?: (key: string) => string | undefined): void {
    for (const [name, field] of this.#fields) {
      if (this.#known.has(name)) continue;
      const hint = elsewhere?.(name) ?? `is not known here${didYouMean(name, this.#known)}`;
      field.error(hint);
    }
  }
}

/** Things people name: receivers, channels. Names are kept as written. */
export function named(field: Field): readonly (readonly [string, Field])[] {
  return entries(field).filter(([name, inner]) => {
    if (!NAME.test(name)) inner.error("is no name; use letters, digits, dashes, dots and underscores, at most 64");
    return NAME.test(name);
  });
}

/** Keys and values of an object; a trouble when it is none. */
export function entries(field: Field): readonly (readonly [string, Field])[] {
  if (!field.given) return [];
  if (!isPlainObject(field.value)) {
    field.error("must be an object of keys and values");
    return [];
  }
  const pairs = Object.entries(field.value);
  if (pairs.length > MAX_KEYS) field.error(`must have at most ${MAX_KEYS} keys`);
  return pairs
    .slice(0, MAX_KEYS)
    .map(([key, value]) => [key, new Field(value, inside(field.path, key), field.troubles)] as const);
}

function inside(path: string, key: string): string {
  const shown = /^[\w.-]{1,80}$/.test(key) ? key : JSON.stringify(key.slice(0, 80));
  return path === "" ? shown : `${path}.${shown}`;
}

function camelCase(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
