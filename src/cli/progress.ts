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
    const rate = Math.round((lines * 1000) / Math.max(1, nowMs - this.#startMs));
    const done = `${mib(this.#read)} of ${mib(this.#bytes)} MiB, ${rate} lines/s`;
    this.#io.progress(`${progressBar(share)} ${done}${timeLeft(nowMs - this.#startMs, share)}`);
  }

  /** Clears the line. */
  end(): void {
    this.#io.progress?.("");
  }
}

/** `[#####---------------]` */
export function progressBar(share: number): string {
  return `[${"#".repeat(Math.round(share * BAR)).padEnd(BAR, "-")}]`;
}

/** `, 8 s left`; nothing where that cannot be told. */
export function timeLeft(goneMs: number, share: number): string {
  return share > 0 && share < 1 ? `, ${duration((goneMs * (1 - share)) / share)} left` : "";
}

function mib(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}

/** `8 s`, `3 min`, `2.5 h`. */
function duration(ms: number): string {
  if (ms < 90_000) return `${Math.ceil(ms / 1000)} s`;
  return ms < 5_400_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}
