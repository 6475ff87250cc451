/** Lines of a byte stream: split at `\n` only (JSON text may hold other line separators), each within a bound. */
import { isUtf8 } from "node:buffer";

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Undefined when it has a problem. */
  readonly text: string | undefined;
  readonly problem: "too long" | "not UTF-8" | undefined;
}

/** The lines of each chunk as it comes, so that a slow sender's lines do not wait for a full batch. */
export async function* readLines(stream: AsyncIterable<unknown>, maxBytes: number): AsyncGenerator<Line[], void> {
  let number = 0;
  let kept: Buffer[] = [];
  let bytes = 0;
  const take = (piece: Buffer): void => {
    bytes += piece.length;
    if (bytes <= maxBytes) kept.push(piece);
  };
  const line = (): Line => {
    const whole = bytes <= maxBytes ? Buffer.concat(kept) : undefined;
    kept = [];
    bytes = 0;
    number += 1;
    if (whole === undefined) return { number, text: undefined, problem: "too long" };
    if (!isUtf8(whole)) return { number, text: undefined, problem: "not UTF-8" };
    return { number, text: whole.toString("utf8").replace(/\r$/, ""), problem: undefined };
  };
  for await (const chunk of stream) {
    const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    const lines: Line[] = [];
    let start = 0;
    for (let end = buffer.indexOf(10); end >= 0; end = buffer.indexOf(10, start)) {
      take(buffer.subarray(start, end));
      lines.push(line());
      start = end + 1;
    }
    take(buffer.subarray(start));
    if (lines.length > 0) yield lines;
  }
  if (bytes > 0) yield [line()];
}
