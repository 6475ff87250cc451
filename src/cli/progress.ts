/** Progress: how far a long delivery has come, over and over on one line of a terminal; silent elsewhere. */
import type { Io } from "./io.ts";

const EVERY_MS = 500;
const BAR = 20;

export class Progress {
  readonly #io: Io;
  readonly #bytes: number;
  readonly #startMs = performance.now();
  #read = 0;
  #saidMs = 0;

  /** @param bytes how many there are to read */
  constructor(io: Io, bytes: number) {
    this.#io = io;
    this.#bytes = bytes;
  }

  read(bytes: number): void {
    this.#read += bytes;
  }

  /** So many lines are read by now. */
  lines(lines: number): void {
    const nowMs = performance.now();
    if (this.#io.progress === undefined || nowMs - this.#saidMs < EVERY_MS) return;
    this.#saidMs = nowMs;
    const share = this.#bytes === 0 ? 1 : Math.min(1, this.#read / this.#bytes);
    const bar = "#".repeat(Math.round(share * BAR)).padEnd(BAR, "-");
    const rate = Math.round((lines * 1000) / Math.max(1, nowMs - this.#startMs));
    this.#io.progress(`[${bar}] ${mib(this.#read)} of ${mib(this.#bytes)} MiB, ${rate} lines/s`);
  }

  /** Clears the line. */
  end(): void {
    this.#io.progress?.("");
  }
}

function mib(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}
