/**
 * A writer in a thread of its own: calls go out as messages and come back in order.
 *
 * The thread is never terminated, because a driver may abort the process when that happens within a statement: it ends
 * itself. A thread that ended by itself (out of memory) fails what it had, and the next call starts another.
 */
import { Worker } from "node:worker_threads";
import { EventStoreError, type EventStoreErrorCode } from "../../errors.ts";
import type { Instant } from "../../event/instant.ts";
import type { Marks, RecordKind } from "../alert-records.ts";
import type { AppendOutcome } from "../backend.ts";
import { dropGate, type Gate, newGate } from "../gate.ts";
import { STORED, type WrittenEvent } from "./append.ts";
import type { RecordRow, RecordVersion } from "./records.ts";
import type { Writer } from "./writer.ts";

/** Arguments of a method of Writer, rows as columns: lists of texts are copied faster than as many objects. */
export interface Requests {
  append: [columns: Columns, received: Instant];
  archive: [ids: readonly string[], at: Instant];
  unarchive: [ids: readonly string[]];
  purge: [archivedBefore: Instant, limit: number];
  unmark: [lane: string, ids: readonly string[]];
  writeRecords: [kind: RecordKind, rows: readonly RecordRow[]];
  removeRecord: [kind: RecordKind, version: RecordVersion];
  close: [];
}

export interface Columns {
  readonly ids: readonly string[];
  readonly instants: readonly Instant[];
  readonly heads: readonly string[];
  readonly datas: readonly string[];
  readonly activities: readonly (string | null)[];
  readonly timesDefaulted: readonly boolean[];
  /** Few events have any: theirs, with their places. */
  readonly marks: readonly (readonly [at: number, marks: Marks])[];
}

/** What the thread is started with. */
export interface Start {
  readonly path: string;
  readonly gate: Gate;
}

export interface Request {
  readonly id: number;
  readonly method: keyof Requests;
  readonly args: readonly unknown[];
}

export type Reply = { readonly id: number } & ({ readonly result: unknown } | { readonly error: ThreadError });

export interface ThreadError {
  readonly code: EventStoreErrorCode | undefined;
  readonly message: string;
  readonly cause: string | undefined;
}

/** The outcomes that are not "stored", with their places. */
export type OtherOutcomes = readonly (readonly [at: number, outcome: AppendOutcome])[];

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class ThreadWriter implements Writer {
  readonly #file: string;
  readonly #path: string;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #lastId = 0;

  /** @param file the thread's code @param path the database */
  constructor(file: string, path: string) {
    this.#file = file;
    this.#path = path;
  }

  async append(
    batch: readonly WrittenEvent[],
    received: Instant,
    marks?: readonly (Marks | undefined)[],
  ): Promise<AppendOutcome[]> {
    const others = (await this.#call("append", [columnsOf(batch, marks), received])) as OtherOutcomes;
    const outcomes = new Array<AppendOutcome>(batch.length).fill(STORED);
    for (const [at, outcome] of others) outcomes[at] = outcome;
    return outcomes;
  }

  archive(ids: readonly string[], at: Instant): Promise<number> {
    return this.#call("archive", [ids, at]) as Promise<number>;
  }

  unarchive(ids: readonly string[]): Promise<number> {
    return this.#call("unarchive", [ids]) as Promise<number>;
  }

  purge(archivedBefore: Instant, limit: number): Promise<number> {
    return this.#call("purge", [archivedBefore, limit]) as Promise<number>;
  }

  async unmark(lane: string, ids: readonly string[]): Promise<void> {
    await this.#call("unmark", [lane, ids]);
  }

  writeRecords(kind: RecordKind, rows: readonly RecordRow[]): Promise<boolean[]> {
    return this.#call("writeRecords", [kind, rows]) as Promise<boolean[]>;
  }

  removeRecord(kind: RecordKind, version: RecordVersion): Promise<boolean> {
    return this.#call("removeRecord", [kind, version]) as Promise<boolean>;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    await this.#call("close", []);
    // Its end is waited for, and must be seen.
    worker.ref();
    await ended;
  }

  #call<Method extends keyof Requests>(method: Method, args: Requests[Method]): Promise<unknown> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, method, args } satisfies Request);
    });
  }

  #start(): Worker {
    const gate = newGate();
    const workerData: Start = { path: this.#path, gate };
    const worker = new Worker(this.#file, { workerData, execArgv: [], name: "sqlite-writer" });
    worker.on("message", (reply: Reply) => this.#settle(worker, reply));
    worker.on("error", (error) => this.#lose(worker, error));
    worker.on("exit", () => {
      dropGate(gate);
      this.#lose(worker, undefined);
    });
    return worker;
  }

  #settle(worker: Worker, reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    // An idle thread does not keep the process alive.
    if (this.#pending.size === 0) worker.unref();
    if ("error" in reply) pending?.reject(errorOf(reply.error));
    else pending?.resolve(reply.result);
  }

  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const error = new EventStoreError("EVT_BACKEND_UNAVAILABLE", `the thread that writes ${this.#path} ended`, {
      cause,
    });
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

function columnsOf(batch: readonly WrittenEvent[], marks: readonly (Marks | undefined)[] = []): Columns {
  return {
    ids: batch.map((row) => row.event._id),
    instants: batch.map((row) => row.instant),
    heads: batch.map((row) => row.head),
    datas: batch.map((row) => row.data),
    activities: batch.map((row) => row.activity),
    timesDefaulted: batch.map((row) => row.timeDefaulted),
    marks: marks.flatMap((its, at) => (its ? [[at, its] as const] : [])),
  };
}

function errorOf({ code, message, cause }: ThreadError): Error {
  const options = cause === undefined ? {} : { cause: new Error(cause) };
  return code === undefined ? new TypeError(message, options) : new EventStoreError(code, message, options);
}
