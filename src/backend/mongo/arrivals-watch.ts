/**
 * ArrivalWatch: one change stream over the inserts of all writers, where the server offers one (replica sets, mongos).
 *
 *   closed ─ open() ─► open ─ fails (server's history lost, privilege gone, not the primary any more …) ─► closed
 *     └── refused by the server: not asked again for a minute
 *
 * A stream that failed is not resumed by its old token, which a server may refuse for ever; the driver itself resumes
 * where that is possible. Whoever uses this looks into the database for what happened while it was closed.
 */
import type { RawDocument } from "./read.ts";

/** As much of the driver's ChangeStream as is needed. */
export interface ChangeSource {
  /** The next change; null when there is none within a moment. */
  tryNext(): Promise<unknown>;
  close(): Promise<void>;
}

export interface WatchOptions {
  /** Starts a stream of inserts; what happens from its first `tryNext` on must be told. */
  readonly watch: () => ChangeSource;
  /** Guards a call to the server; rejects when the server is gone. */
  readonly attempt: <T>(run: () => Promise<T>) => Promise<T>;
  /** Milliseconds of a clock that never goes back. */
  readonly clock: () => number;
  /** Told when the server refuses. */
  readonly refused: (code: number) => void;
}

const REFUSED_MS = 60_000;

export class ArrivalWatch {
  readonly #options: WatchOptions;
  #source: ChangeSource | undefined;
  /** Came with the opening. */
  #first: unknown = null;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#source !== undefined;
  }

  /** Resolves to whether a stream is open; one that was opened just now tells only what happens from now on. */
  async open(): Promise<boolean> {
    if (this.#source) return true;
    if (this.#options.clock() < this.#notBefore) return false;
    const source = this.#options.watch();
    this.#source = source;
    try {
      this.#first = await this.#options.attempt(() => source.tryNext());
    } catch (error) {
      this.close();
      const code = codeOf(error);
      if (code === undefined) throw error;
      this.#notBefore = this.#options.clock() + REFUSED_MS;
      this.#options.refused(code);
    }
    return this.#source === source;
  }

  /** Documents inserted since the last call, about `limit` at most; undefined when the stream broke. */
  async drain(limit: number): Promise<{ documents: RawDocument[]; more: boolean } | undefined> {
    const inserted: RawDocument[] = [];
    const source = this.#source;
    if (!source) return undefined;
    try {
      for (let change = this.#first; inserted.length < limit; change = null) {
        this.#first = null;
        change ??= await this.#options.attempt(() => source.tryNext());
        if (change === null) return { documents: inserted, more: false };
        const document = documentOf(change);
        if (document) inserted.push(document);
      }
      return { documents: inserted, more: true };
    } catch {
      // What was drained so far is found in the database, with what was not.
      this.close();
      return undefined;
    }
  }

  /** Never waits: a server that is gone would not answer. */
  close(): void {
    this.#first = null;
    this.#source?.close().catch(() => {});
    this.#source = undefined;
  }
}

function documentOf(change: unknown): RawDocument | undefined {
  const { operationType, fullDocument } = change as { operationType?: unknown; fullDocument?: unknown };
  return operationType === "insert" ? (fullDocument as RawDocument) : undefined;
}

/** The server's own answer; undefined when it did not answer. */
function codeOf(error: unknown): number | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === "number" ? code : undefined;
}
