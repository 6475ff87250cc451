/** Measure: how many bytes of JSON a value takes, found without writing it, and where its long texts are. */
import type { EventLimits } from "../event/limits.ts";

/** A text of more than 1 KiB of JSON, by the object or array that holds it. */
export interface LongText {
  readonly holder: Record<string | number, unknown>;
  readonly key: string | number;
  readonly bytes: number;
}

export interface Size {
  readonly bytes: number;
  readonly texts: readonly LongText[];
}

const LONG_BYTES = 1024;
/** Up to here a look at each character is cheaper than writing the text as JSON. */
const SHORT_CHARS = 256;

/** Undefined where the value is deeper or wider than allowed. */
export function measure(value: unknown, limits: Pick<EventLimits, "maxDepth" | "maxKeys">): Size | undefined {
  const walk = new Walk(limits);
  const bytes = walk.bytesOf(value, 0);
  return walk.excess ? undefined : { bytes, texts: walk.texts };
}

class Walk {
  readonly texts: LongText[] = [];
  excess = false;
  readonly #maxDepth: number;
  #keysLeft: number;

  constructor({ maxDepth, maxKeys }: Pick<EventLimits, "maxDepth" | "maxKeys">) {
    this.#maxDepth = maxDepth;
    this.#keysLeft = maxKeys;
  }

  bytesOf(value: unknown, depth: number): number {
    if (typeof value === "string") return textBytes(value);
    if (typeof value === "bigint") return integerBytes(value);
    if (typeof value !== "object" || value === null) return String(value).length;
    if (depth >= this.#maxDepth) this.excess = true;
    if (this.excess) return 0;
    const holder = value as LongText["holder"];
    let bytes = 2;
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) bytes += 1 + this.#item(holder, i, depth + 1);
      return bytes;
    }
    for (const key of Object.keys(value)) {
      if (--this.#keysLeft < 0) this.excess = true;
      if (this.excess) return 0;
      bytes += 2 + textBytes(key) + this.#item(holder, key, depth + 1);
    }
    return bytes;
  }

  #item(holder: LongText["holder"], key: string | number, depth: number): number {
    const value = holder[key];
    const bytes = this.bytesOf(value, depth);
    if (bytes > LONG_BYTES && typeof value === "string") this.texts.push({ holder, key, bytes });
    return bytes;
  }
}

/** A little above what its digits take: writing a long integer in decimal takes time, in hexadecimal none. */
function integerBytes(value: bigint): number {
  return Math.ceil(value.toString(16).length * 1.21) + 1;
}

function textBytes(text: string): number {
  return text.length <= SHORT_CHARS && isPlain(text) ? text.length + 2 : Buffer.byteLength(JSON.stringify(text));
}

/** ASCII without anything JSON escapes. */
function isPlain(text: string): boolean {
  return /^[ !#-[\]-~]*$/.test(text);
}
