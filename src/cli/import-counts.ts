/** What became of the events of an import, in numbers. */

const NAMES = ["read", "stored", "duplicate", "conflict", "invalid", "archived", "repaired"] as const;
export type CountName = (typeof NAMES)[number];

export class Counts {
  readonly #numbers: Record<CountName, number>;

  constructor(numbers: Readonly<Record<string, number>> = {}) {
    this.#numbers = Object.fromEntries(NAMES.map((name) => [name, numbers[name] ?? 0])) as Record<CountName, number>;
  }

  get numbers(): Readonly<Record<CountName, number>> {
    return { ...this.#numbers };
  }

  /** Events that are not stored. */
  get refused(): number {
    return this.#numbers.conflict + this.#numbers.invalid;
  }

  add(name: CountName, count = 1): void {
    this.#numbers[name] += count;
  }

  addAll(other: Counts): void {
    for (const name of NAMES) this.#numbers[name] += other.#numbers[name];
  }

  toString(): string {
    const { read, stored, duplicate, conflict, invalid, archived, repaired } = this.#numbers;
    const more = [archived > 0 ? `${archived} archived` : "", repaired > 0 ? `${repaired} repaired` : ""];
    const told = [`${stored} stored`, `${duplicate} duplicate`, `${conflict} conflict`, `${invalid} invalid`, ...more];
    return `${read} read: ${told.filter(Boolean).join(", ")}`;
  }
}
