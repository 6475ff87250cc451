/**
 * Report: what the shipper has to say about itself, on standard error, at most one line per kind and interval.
 *
 * Written with `fs.writeSync(2)`: in a worker thread `console` is lost while the main thread waits for the exit. Never
 * through the logger, which would ship it. Event data never appears.
 */
import { writeSync } from "node:fs";

const INTERVAL_MS = 10_000;

/** Says `message` unless one of its `kind` was said within the interval; what was left unsaid is counted. */
export type Report = (kind: string, message: string) => void;

export interface ReportOptions {
  readonly now?: () => number;
  readonly write?: (line: string) => void;
}

export function createReport({ now = Date.now, write = writeStderr }: ReportOptions = {}): Report {
  const said = new Map<string, { atMs: number; unsaid: number }>();
  return (kind, message) => {
    const last = said.get(kind);
    if (last !== undefined && now() - last.atMs < INTERVAL_MS) {
      last.unsaid += 1;
      return;
    }
    const more = last === undefined || last.unsaid === 0 ? "" : ` (and ${last.unsaid} more of this kind)`;
    said.set(kind, { atMs: now(), unsaid: 0 });
    write(`madsci-events: ${message}${more}\n`);
  };
}

function writeStderr(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    // A closed or full stderr must not reach the application.
  }
}
