/**
 * Payload: the fields of an event, read without trust.
 *
 * A field that is absent, null or blank reads as null. One of a wrong type does too, and makes the payload malformed: the
 * event is then counted as one that could not be read as a whole, and the rest of it is used.
 */
export type Fields = Readonly<Record<string, unknown>>;

/** Ten thousand years: more than any time between two timestamps, and little enough to be added up. */
export const LONGEST_SECONDS = 10_000 * 366 * 86_400;

const NONE: Fields = Object.freeze({});

export class Payload {
  readonly fields: Fields;
  malformed: boolean;

  constructor(data: unknown) {
    this.malformed = !isFields(data);
    this.fields = isFields(data) ? data : NONE;
  }

  /** An object within; empty where there is none. */
  within(value: unknown): Fields {
    if (isFields(value)) return value;
    this.#expect(value === undefined || value === null);
    return NONE;
  }

  /** Text without the blanks around it. */
  text(value: unknown): string | null {
    if (typeof value === "string") return value.trim() || null;
    this.#expect(value === undefined || value === null);
    return null;
  }

  /** Text, or a number as text. */
  id(value: unknown): string | null {
    return typeof value === "number" || typeof value === "bigint" ? String(value) : this.text(value);
  }

  firstText(values: readonly unknown[]): string | null {
    for (const value of values) {
      const text = this.text(value);
      if (text !== null) return text;
    }
    return null;
  }

  firstId(values: readonly unknown[]): string | null {
    for (const value of values) {
      const id = this.id(value);
      if (id !== null) return id;
    }
    return null;
  }

  /** A length of time in seconds, also one written as text (as Python's `float` takes it). */
  seconds(value: unknown): number | null {
    if (value === undefined || value === null) return null;
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    const good = typeof number === "number" && number >= 0 && number <= LONGEST_SECONDS;
    this.#expect(good);
    return good ? number : null;
  }

  /** A status in one word: `ActionStatus.SUCCEEDED` is `succeeded`. */
  status(value: unknown): string | null {
    return statusWord(this.text(value));
  }

  /** Notes a field that is not what it should be. */
  spoil(): void {
    this.malformed = true;
  }

  #expect(good: boolean): void {
    if (!good) this.malformed = true;
  }
}

export function statusWord(text: string | null): string | null {
  if (text === null) return null;
  return text.slice(text.lastIndexOf(".") + 1).toLowerCase();
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
