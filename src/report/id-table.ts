/**
 * Id table: numbers from 0 on for the ids of what may be very many (actions, workflows), in as few bytes as can be.
 *
 * The ids' characters stand one after the other, a byte each, and are found by a hash: no objects, and a third of what a
 * `Map` of texts needs. An id that is long, has a character of more than a byte, or finds no place near where its hash says,
 * is kept as text.
 */

const LONGEST = 128;
/** Places looked at for one id: without a limit, ids chosen to collide would make every look a long one. */
const NEAR = 64;
const NONE = -1;
/** Ids to a place at most. */
const LOAD = 0.7;

export class IdTable {
  #size = 0;
  /** Behind the last id there is room for the one asked for. */
  #bytes = new Uint8Array(4 * LONGEST);
  /** Where the bytes of each id begin; one more tells where those of the last one end. */
  #begins = new Uint32Array(16);
  /** Numbers by hash. */
  #places = new Int32Array(16).fill(NONE);
  readonly #texts = new Map<string, number>();
  /** Number → id, of those in `#texts`. */
  readonly #textOf = new Map<number, string>();
  readonly #seed = Math.floor(Math.random() * 2 ** 32);

  /** The id's number; -1 where it has none. */
  find(id: string): number {
    const begin = this.#begins[this.#size]!;
    const number = this.#write(id, begin) ? this.#placed(begin, id.length) : NONE;
    return number === NONE && this.#texts.size > 0 ? (this.#texts.get(id) ?? NONE) : number;
  }

  /** Gives an id that has none the next number. */
  add(id: string): number {
    this.#makeRoom();
    const number = this.#size++;
    const begin = this.#begins[number]!;
    this.#begins[number + 1] = begin;
    if (!this.#write(id, begin) || !this.#place(number, this.#hash(begin, begin + id.length)))
      this.#keepText(number, id);
    else this.#begins[number + 1] = begin + id.length;
    return number;
  }

  at(number: number): string {
    const text = this.#textOf.get(number);
    if (text !== undefined) return text;
    const bytes = this.#bytes.subarray(this.#begins[number]!, this.#begins[number + 1]!);
    return String.fromCharCode.apply(null, bytes as unknown as number[]);
  }

  /** False for an id whose bytes are not kept; nor is what then stands there. */
  #write(id: string, begin: number): boolean {
    if (id.length > LONGEST) return false;
    let all = 0;
    for (let i = 0; i < id.length; i++) {
      const code = id.charCodeAt(i);
      all |= code;
      this.#bytes[begin + i] = code;
    }
    return all < 256;
  }

  /** The number of the id of the same bytes. */
  #placed(begin: number, length: number): number {
    const mask = this.#places.length - 1;
    let place = this.#hash(begin, begin + length);
    for (let looks = 0; looks < NEAR; looks++, place++) {
      const number = this.#places[place & mask]!;
      if (number === NONE || this.#isSame(number, begin, length)) return number;
    }
    return NONE;
  }

  #isSame(number: number, begin: number, length: number): boolean {
    const other = this.#begins[number]!;
    if (this.#begins[number + 1]! - other !== length) return false;
    for (let i = 0; i < length; i++) if (this.#bytes[other + i] !== this.#bytes[begin + i]) return false;
    return true;
  }

  /** False where there is no place near. */
  #place(number: number, hash: number): boolean {
    const mask = this.#places.length - 1;
    for (let looks = 0, place = hash; looks < NEAR; looks++, place++) {
      if (this.#places[place & mask] !== NONE) continue;
      this.#places[place & mask] = number;
      return true;
    }
    return false;
  }

  #keepText(number: number, id: string): void {
    this.#texts.set(id, number);
    this.#textOf.set(number, id);
  }

  /** For one more. */
  #makeRoom(): void {
    const used = this.#begins[this.#size]!;
    if (used + 2 * LONGEST > this.#bytes.length) {
      const longer = new Uint8Array(Math.ceil(this.#bytes.length * 1.25));
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    if (this.#size + 2 > this.#begins.length) {
      const longer = new Uint32Array(Math.ceil(this.#begins.length * 1.25));
      longer.set(this.#begins);
      this.#begins = longer;
    }
    if (this.#size + 1 > this.#places.length * LOAD) this.#morePlaces();
  }

  #morePlaces(): void {
    this.#places = new Int32Array(this.#places.length * 2).fill(NONE);
    for (let number = 0; number < this.#size; number++) {
      if (this.#textOf.has(number)) continue;
      const hash = this.#hash(this.#begins[number]!, this.#begins[number + 1]!);
      if (!this.#place(number, hash)) this.#keepText(number, this.at(number));
    }
  }

  #hash(begin: number, end: number): number {
    let hash = this.#seed;
    for (let i = begin; i < end; i++) {
      hash = Math.imul(hash ^ this.#bytes[i]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash >>> 3;
  }
}
