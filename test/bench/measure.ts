/** Numbers out of runs. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** Nearest rank; of two in the middle the lower. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export interface Pair {
  readonly ours: Spread;
  readonly reference: Spread;
  /** Ours ÷ reference of each round, so that a slow minute of the machine meets both. */
  readonly ratio: Spread;
}

/** Runs both alternately, the order turned each round. Each run answers with a rate. */
export async function interleaved(
  rounds: number,
  ours: () => Promise<number>,
  reference: () => Promise<number>,
): Promise<Pair> {
  const rates: { readonly ours: number; readonly reference: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const first = round % 2 === 0 ? await ours() : await reference();
    const second = round % 2 === 0 ? await reference() : await ours();
    rates.push(round % 2 === 0 ? { ours: first, reference: second } : { ours: second, reference: first });
  }
  return {
    ours: spreadOf(rates.map((rate) => rate.ours)),
    reference: spreadOf(rates.map((rate) => rate.reference)),
    ratio: spreadOf(rates.map((rate) => rate.ours / rate.reference)),
  };
}

/** A size or time from the environment. */
export function sizeOf(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (Number.isInteger(value) && value > 0) return value;
  throw new RangeError(`${name} must be a whole number above 0`);
}
