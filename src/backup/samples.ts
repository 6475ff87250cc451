/** A random sample of each collection's documents, in bounded memory: each document is as likely as any other to be in it. */

/** Documents that are larger all in all are left out. */
const MOST_BYTES = 16_777_216;

interface Sample {
  seen: number;
  bytes: number;
  readonly documents: Uint8Array[];
}

export class Samples {
  readonly #size: number;
  readonly #samples = new Map<string, Sample>();

  /** @param size documents per collection */
  constructor(size: number) {
    this.#size = size;
  }

  add(collection: string, documents: readonly Uint8Array[]): void {
    const sample = this.#samples.get(collection) ?? { seen: 0, bytes: 0, documents: [] };
    this.#samples.set(collection, sample);
    for (const document of documents) {
      const place = sample.seen < this.#size ? sample.seen : Math.floor(Math.random() * (sample.seen + 1));
      sample.seen++;
      if (place < this.#size) put(sample, place, document);
    }
  }

  of(collection: string): readonly Uint8Array[] {
    return this.#samples.get(collection)?.documents ?? [];
  }
}

function put(sample: Sample, place: number, document: Uint8Array): void {
  const index = Math.min(place, sample.documents.length);
  const bytes = sample.bytes - (sample.documents[index]?.length ?? 0) + document.length;
  if (bytes > MOST_BYTES) return;
  sample.bytes = bytes;
  // A copy of its own: the batch it came in would stay in memory with it.
  sample.documents[index] = Uint8Array.from(document);
}
