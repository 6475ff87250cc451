/** Export run: pages of a search → a file, or stdout, in constant memory. */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { StoredEvent } from "../event/event.ts";
import type { Found } from "./access.ts";
import type { ExportFile } from "./export-file.ts";
import type { Encode } from "./export-format.ts";
import type { Accepts } from "./grep.ts";
import type { Io } from "./io.ts";

const SHOWN_EVERY_MS = 500;
const pack = promisify(gzip);

export interface ExportRunOptions {
  readonly io: Io;
  readonly encode: Encode;
  readonly accepts: Accepts | undefined;
  /** True when it is to end. */
  readonly isStopped: () => boolean;
}

/** False when it was stopped before the end. */
export async function exportToFile(found: Found, file: ExportFile, options: ExportRunOptions): Promise<boolean> {
  const shown = new Shown(options.io, file.events);
  for await (const page of found.pages()) {
    const events = chosen(page, options.accepts);
    await file.add(options.encode(events), events.length, found.cursor);
    shown.at(file.events, file.bytes);
    if (options.isStopped()) return false;
  }
  shown.end();
  return true;
}

/** How many were written; ends early when nobody reads any more. */
export async function exportToStdout(found: Found, isPacked: boolean, options: ExportRunOptions): Promise<number> {
  let written = 0;
  for await (const page of found.pages()) {
    const events = chosen(page, options.accepts);
    const bytes = Buffer.concat(options.encode(events));
    if (!(await options.io.out.write(isPacked ? await pack(bytes) : bytes)) || options.isStopped()) return written;
    written += events.length;
  }
  return written;
}

function chosen(page: readonly StoredEvent[], accepts: Accepts | undefined): readonly StoredEvent[] {
  return accepts === undefined ? page : page.filter(accepts);
}

/** How far it has come, on one line of a terminal. */
class Shown {
  readonly #io: Io;
  readonly #startMs = performance.now();
  readonly #before: number;
  #saidMs = 0;

  constructor(io: Io, before: number) {
    this.#io = io;
    this.#before = before;
  }

  at(events: number, bytes: number): void {
    const nowMs = performance.now();
    if (this.#io.progress === undefined || nowMs - this.#saidMs < SHOWN_EVERY_MS) return;
    this.#saidMs = nowMs;
    const rate = Math.round(((events - this.#before) * 1000) / Math.max(1, nowMs - this.#startMs));
    this.#io.progress(`${events} events, ${(bytes / 1_048_576).toFixed(1)} MiB, ${rate} events/s`);
  }

  end(): void {
    this.#io.progress?.("");
  }
}
