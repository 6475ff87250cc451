/**
 * Reports made in a thread of their own, which reads the store for itself: a server stores events meanwhile as if nobody asked.
 * They come out of it as text, piece by piece as it is sent: to take over a whole report would hold up the server's thread.
 *
 * The thread begins with the first report. It is never terminated, because a driver may abort the process when that happens
 * within a statement: it ends by itself. One that ended unasked (out of memory) fails what it had, and the next report starts
 * another. Where none can be had (the process may start no threads), or it cannot open the store, whoever asked makes the report.
 *
 * It is asked for the next report when it has answered about the last one, also where nobody waits for that any more: one that
 * is given up goes on until the thread looks up from its page, and many of those at once would fill the memory.
 */

import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { dropGate, type Gate, newGate } from "../backend/gate.ts";
import { threadFile } from "../backend/thread-file.ts";
import { EventStoreError, type EventStoreErrorCode, type FieldIssue } from "../errors.ts";
import type { StoreOrigin } from "../store/origin.ts";
import type { Reporter, ReportForm, ReportName, ReportText, ReportWish } from "./reporter.ts";

/** What the thread is started with. */
export interface ThreadStart extends StoreOrigin {
  readonly gate: Gate;
}

export type Request =
  | {
      readonly do: "make";
      readonly id: number;
      readonly name: ReportName;
      readonly form: ReportForm;
      readonly wish: ReportWish;
    }
  | { readonly do: "next" | "stop"; readonly id: number }
  | { readonly do: "close" };

/** To `make` (unable: the store cannot be opened there), to `next` (null: that was all), or to either. */
export type Reply = { readonly id: number } & (
  | { readonly savedName: string }
  | { readonly unable: true }
  | { readonly piece: string | null }
  | { readonly error: ThreadError }
);

/** Comes before everything else: the thread has opened the store. */
export const READY = "ready";

export interface ThreadError {
  /** Undefined: nobody expected it. */
  readonly code: EventStoreErrorCode | undefined;
  readonly message: string;
  readonly issues: readonly FieldIssue[];
  readonly cause: string | undefined;
}

const FILE = "report-worker.js";

/**
 * Reports of the store at `origin.url`, which another thread can open (not one in memory); undefined where there is no file for
 * the thread (a bundle).
 * @param file the thread's code
 * @since 0.1.0
 */
export function reportThread(origin: StoreOrigin, file = threadFile(FILE)): Reporter | undefined {
  return file !== undefined && existsSync(file) ? new ReportThread(file, origin) : undefined;
}

interface Pending {
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

class ReportThread implements Reporter {
  readonly #file: string;
  readonly #origin: StoreOrigin;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  /** A thread has opened the store: what ends one later has to do with what it makes. */
  #wasReady = false;
  #cannotStart = false;
  #closing = false;
  #lastId = 0;
  /** The report the thread makes, and what to call when it has answered. */
  #making: { readonly id: number; readonly over: () => void } | undefined;
  /** Resolves when all that were asked for before are over. */
  #idle: Promise<void> = Promise.resolve();

  constructor(file: string, origin: StoreOrigin) {
    this.#file = file;
    this.#origin = origin;
  }

  async make(
    name: ReportName,
    form: ReportForm,
    wish: ReportWish,
    signal: AbortSignal,
  ): Promise<ReportText | undefined> {
    const id = ++this.#lastId;
    const worker = await this.#turn(id, signal);
    if (worker === undefined) return undefined;
    signal.addEventListener("abort", () => this.#stop(worker, id, signal.reason), { once: true });
    const made = await this.#ask(worker, { do: "make", id, name, form, wish });
    return "savedName" in made ? { savedName: made.savedName, pieces: this.#pieces(worker, id, signal) } : undefined;
  }

  /** Waits until the thread has nothing else to make; it makes `id` from then on. Undefined where there is no thread. */
  async #turn(id: number, signal: AbortSignal): Promise<Worker | undefined> {
    const before = this.#idle;
    let over = () => {};
    this.#idle = new Promise((resolve) => {
      over = resolve;
    });
    this.#worker?.ref(); // also while it still works on one that was given up
    await before;
    try {
      signal.throwIfAborted();
      const worker = this.#cannotStart ? undefined : this.#running();
      if (worker === undefined) over();
      else this.#making = { id, over };
      return worker;
    } catch (error) {
      over();
      throw error;
    }
  }

  async *#pieces(worker: Worker, id: number, signal: AbortSignal): AsyncGenerator<string> {
    try {
      for (;;) {
        signal.throwIfAborted();
        const { piece } = (await this.#ask(worker, { do: "next", id })) as { piece: string | null };
        if (piece === null) return;
        yield piece;
      }
    } finally {
      this.#stop(worker, id, signal.reason);
    }
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    this.#closing = true;
    worker.ref();
    worker.postMessage({ do: "close" } satisfies Request);
    await ended;
  }

  #ask(worker: Worker, request: Request & { readonly id: number }): Promise<Reply> {
    return new Promise((resolve, reject) => {
      // One that has ended answers nothing.
      if (this.#worker !== worker) return reject(ended());
      this.#pending.set(request.id, { resolve, reject });
      worker.ref();
      worker.postMessage(request);
    });
  }

  #stop(worker: Worker, id: number, reason: unknown): void {
    worker.postMessage({ do: "stop", id } satisfies Request);
    this.#taken(worker, id)?.reject(reason);
  }

  /** Who waits for an answer about the report. The thread keeps the process alive only as long as somebody does. */
  #taken(worker: Worker, id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0 && !this.#closing) worker.unref();
    return pending;
  }

  #running(): Worker | undefined {
    if (this.#worker !== undefined) return this.#worker;
    const gate = newGate();
    const workerData: ThreadStart = { ...this.#origin, gate };
    const worker = this.#started(workerData);
    if (worker === undefined) {
      dropGate(gate);
      return undefined;
    }
    worker.on("message", (reply: Reply | typeof READY) => {
      if (reply === READY) this.#wasReady = true;
      else this.#settle(worker, reply);
    });
    let failure: unknown;
    worker.on("error", (error) => {
      failure = error;
    });
    worker.on("exit", () => {
      dropGate(gate);
      this.#fail(worker, failure);
    });
    this.#worker = worker;
    return worker;
  }

  /** Undefined where the process may start no threads. */
  #started(workerData: ThreadStart): Worker | undefined {
    try {
      return new Worker(this.#file, { workerData, execArgv: [], name: "reports" });
    } catch (error) {
      this.#giveUp(error);
      return undefined;
    }
  }

  /** No thread can be had in this process; said once, because requests will wait for reports now. */
  #giveUp(cause: unknown): void {
    this.#cannotStart = true;
    const reason = cause instanceof Error ? cause.message : "it ended before it had opened the store";
    const message = `reports hold up other requests, because the thread that was to make them cannot start: ${reason}`;
    process.emitWarning(message, { type: "MadsciEvents" });
  }

  #settle(worker: Worker, reply: Reply): void {
    if (this.#making?.id === reply.id) this.#making.over();
    const pending = this.#taken(worker, reply.id);
    if ("error" in reply) pending?.reject(thrown(reply.error));
    else pending?.resolve(reply);
  }

  #fail(worker: Worker, cause: unknown): void {
    if (this.#worker === worker) this.#worker = undefined;
    if (!this.#wasReady && !this.#closing) this.#giveUp(cause);
    this.#closing = false;
    this.#making?.over();
    for (const [id, { resolve, reject }] of this.#pending) {
      if (this.#cannotStart) resolve({ id, unable: true });
      else reject(ended(cause));
    }
    this.#pending.clear();
  }
}

function ended(cause?: unknown): EventStoreError {
  const message = "the thread that makes reports ended; ask again, for a shorter window where it has too little memory";
  return new EventStoreError("EVT_BACKEND_UNAVAILABLE", message, { cause });
}

function thrown({ code, message, issues, cause }: ThreadError): Error {
  if (code === undefined) return new Error(message, { cause });
  return new EventStoreError(code, message, { issues, ...(cause !== undefined && { cause: new Error(cause) }) });
}
