/** What callers hand to a stream's `write` and `end`. */

/** @throws TypeError for what is no text */
export function textOf(line: unknown): string {
  if (typeof line === "string") return line;
  if (line instanceof Uint8Array) return Buffer.from(line).toString("utf8");
  throw new TypeError(`a line must be a text, not ${line === null ? "null" : typeof line}`);
}

/** `end(done)`, `end(line, done)` and `end(line, encoding, done)`, as Node's streams have it. */
export function endOf(given: readonly unknown[]): {
  readonly line: string | undefined;
  readonly done: (() => void) | undefined;
} {
  const [first] = given;
  const line = first === undefined || first === null || typeof first === "function" ? undefined : textOf(first);
  return { line, done: given.find((one): one is () => void => typeof one === "function") };
}
