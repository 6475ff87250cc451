/**
 * Io: the outside of the process as commands see it. Data goes to `out`, everything else to `err`.
 *
 * A reader that goes away (`| head`) is no error: `out.write` answers false from then on and the command stops. A disk
 * that is full is one.
 */
import { fstatSync, writeSync } from "node:fs";
import { Writable } from "node:stream";
import { EventStoreError } from "../errors.ts";
import { oneLine } from "./exit.ts";
import { cut } from "./width.ts";

export interface Io {
  readonly out: Output;
  /** Writes one line to stderr. */
  err(line: string): void;
  readonly stdin: NodeJS.ReadableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** True when a person reads stdout. */
  readonly terminal: boolean;
  /** Characters in a line of that terminal; undefined elsewhere. */
  readonly columns: number | undefined;
  /** Writes over the last line of a terminal on stderr; undefined where there is none. */
  readonly progress?: ((line: string) => void) | undefined;
}

export class Output {
  readonly #stream: NodeJS.WritableStream;
  #gone = false;
  #failure: EventStoreError | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
    stream.on("error", (error) => this.#ended(error));
  }

  /** True when nobody reads any more. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Resolves when it is on its way; false when nobody reads any more. @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` */
  write(text: string | Uint8Array): Promise<boolean> {
    const writing = this.#write(text);
    // A caller that does not wait learns of a failure from `flushed`.
    writing.catch(() => {});
    this.#last = writing;
    return writing;
  }

  /** Resolves when all of it is on its way. @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` */
  async flushed(): Promise<void> {
    await this.#last;
  }

  async #write(text: string | Uint8Array): Promise<boolean> {
    if (!this.#gone && this.#failure === undefined)
      await new Promise<void>((resolve) => {
        this.#stream.write(text, (error) => {
          if (error) this.#ended(error);
          resolve();
        });
      });
    if (this.#failure !== undefined) throw this.#failure;
    return !this.#gone;
  }

  #ended(cause: NodeJS.ErrnoException): void {
    if (cause.code === "EPIPE" || cause.code === "ERR_STREAM_DESTROYED") this.#gone = true;
    else {
      const message = `stdout cannot be written (${cause.code ?? cause.message})`;
      this.#failure ??= new EventStoreError("EVT_BACKEND_UNAVAILABLE", message, { cause });
    }
  }
}

/** The real process. */
export function processIo(): Io {
  process.stderr.on("error", () => {});
  return {
    out: new Output(stdout()),
    err: (line) => void process.stderr.write(`${line}\n`),
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
    terminal: process.stdout.isTTY === true,
    columns: columnsOf(process.stdout, process.env),
    progress: progressOn(process.stderr, process.env),
  };
}

/** Node's own stream to a file takes a part written for all of it: where the disk becomes full the end would just be missing. */
function stdout(): NodeJS.WritableStream {
  const { fd } = process.stdout;
  if (!fstatSync(fd).isFile()) return process.stdout;
  return new Writable({
    write(bytes: Uint8Array, _encoding, done) {
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

interface MaybeTerminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Characters in a line of a terminal: what COLUMNS says, as for other programs, else how wide it is. */
export function columnsOf({ isTTY, columns }: MaybeTerminal, env: Io["env"]): number | undefined {
  if (isTTY !== true) return undefined;
  return (/^[1-9]\d{0,5}$/.test(env.COLUMNS ?? "") ? Number(env.COLUMNS) : columns) || undefined;
}

/** Writes over one line of a terminal. A longer one would be broken into two, of which the next would cover only one. */
export function progressOn(
  stream: MaybeTerminal & { write(text: string): unknown },
  env: Io["env"],
): Io["progress"] | undefined {
  if (stream.isTTY !== true) return undefined;
  return (line) => void stream.write(`\r${cut(line, (columnsOf(stream, env) ?? Infinity) - 1)}\u001b[K`);
}

/** Warnings are one line each on stderr. */
export function warn(io: Io, message: string): void {
  io.err(`warning: ${oneLine(message)}`);
}

/** All of stdin as text, at most `maxBytes`; undefined when it is longer. */
export async function readAll(stdin: NodeJS.ReadableStream, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > maxBytes) return undefined;
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}
