/** Rejects: what an import could not store. The first few are told on stderr, all of them go to a file where one is named. */
import { appendFileSync, type Stats, statSync, truncateSync } from "node:fs";
import { resolve } from "node:path";
import { EventStoreError } from "../errors.ts";
import { stringifyJson } from "../event/json.ts";
import { oneLine, usageError } from "./exit.ts";
import type { Io } from "./io.ts";

/** Reasons told on stderr. */
const TOLD = 5;

export interface Reject {
  readonly file: string;
  readonly place: string;
  readonly status: "invalid" | "conflict";
  readonly reason: string;
  /** What stood there. */
  readonly text: string;
}

export class Rejects {
  readonly #io: Io;
  readonly #path: string | undefined;
  #seen = 0;

  /** @param file that is added to; made now where it is not there @throws EventStoreError `EVT_INVALID_OPTION` */
  constructor(file: string | undefined, io: Io) {
    this.#io = io;
    this.#path = file === undefined ? undefined : resolve(io.cwd, file);
    try {
      if (this.#path !== undefined) appendFileSync(this.#path, "");
    } catch (cause) {
      throw usageError(`--rejects ${file} cannot be written (${(cause as NodeJS.ErrnoException).code})`, cause);
    }
  }

  /** All of them or none. @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` where the file takes no more */
  add(rejects: readonly Reject[]): void {
    if (rejects.length > 0 && this.#seen < TOLD) this.#io.progress?.("");
    for (const { file, place, status, reason } of rejects) {
      this.#seen += 1;
      if (this.#seen <= TOLD) this.#io.err(`${file} ${place}: ${status}: ${oneLine(reason)}`);
    }
    if (this.#path === undefined || rejects.length === 0) return;
    this.#append(this.#path, rejects.map((reject) => `${stringifyJson(reject)}\n`).join(""));
  }

  #append(path: string, text: string): void {
    let before: Stats | undefined;
    try {
      before = statSync(path, { throwIfNoEntry: false });
      appendFileSync(path, text);
    } catch (cause) {
      // What was written of it would stand there twice.
      if (before?.isFile()) truncateSync(path, before.size);
      const { code, message } = cause as NodeJS.ErrnoException;
      const what = `--rejects ${path} cannot be written (${code ?? message})`;
      throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", what, { cause });
    }
  }

  /** Says how many were not told. */
  end(): void {
    if (this.#seen <= TOLD) return;
    const where = this.#path === undefined ? "--rejects FILE collects all of them" : "the file of rejects has them";
    this.#io.err(`and ${this.#seen - TOLD} more that were refused; ${where}`);
  }
}
