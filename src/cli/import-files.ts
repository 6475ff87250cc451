/**
 * Importer: file after file into one store, each from where an earlier import of it stopped.
 *
 * What is known about an unfinished import goes when all its files are done, so that a later one looks at everything again.
 */
import { dumpCodec } from "../backend/mongo/dump.ts";
import { EventStoreError } from "../errors.ts";
import { localZone, zoneReader } from "../event/zone.ts";
import type { EventStore } from "../store/store.ts";
import { CommandFailure, usageError } from "./exit.ts";
import { bsonSteps } from "./import-bson.ts";
import { Counts } from "./import-counts.ts";
import { type Input, openFile, openStdin } from "./import-input.ts";
import { type ImportFormat, type ImportStep, type Mark, START } from "./import-item.ts";
import { madsciLogSteps } from "./import-log.ts";
import { ndjsonSteps } from "./import-ndjson.ts";
import type { Planned } from "./import-plan.ts";
import { Rejects } from "./import-rejects.ts";
import { ImportRun } from "./import-run.ts";
import { sniff } from "./import-sniff.ts";
import { ImportState, type Progressed } from "./import-state.ts";
import { ImportTarget } from "./import-target.ts";
import { type Io, warn } from "./io.ts";
import { Progress } from "./progress.ts";

export interface ImporterOptions {
  readonly io: Io;
  /** Undefined: each file's content tells. */
  readonly format: ImportFormat | undefined;
  /** File that what is refused is added to. */
  readonly rejects: string | undefined;
  readonly isRestart: boolean;
  /** Names the database; undefined for one that does not outlive the process. */
  readonly destination: string | undefined;
  /** Zone of timestamps without offset in documents of a dump. */
  readonly naiveTimezone: string | undefined;
}

export interface Imported {
  readonly refused: number;
  /** Files that could not be read to their end, and why. */
  readonly failures: readonly string[];
  /** Why it ended before it was through, and where. */
  readonly stopped: string | undefined;
}

const FORMAT_NAMES = {
  ndjson: "NDJSON",
  "madsci-log": "a MADSci log file",
  mongodump: "a mongodump collection",
} as const satisfies Record<ImportFormat, string>;

interface Opened {
  readonly input: Input;
  readonly format: ImportFormat;
  readonly state: ImportState | undefined;
}

export class Importer {
  readonly #options: ImporterOptions;
  readonly #target: ImportTarget;
  readonly #rejects: Rejects;
  readonly #counts = new Counts();
  readonly #failures: string[] = [];
  readonly #states: ImportState[] = [];
  #stopped: string | undefined;
  #isStopped = false;

  /** @throws EventStoreError `EVT_INVALID_OPTION` */
  constructor(store: EventStore, options: ImporterOptions) {
    this.#options = options;
    this.#target = new ImportTarget(store, () => this.#isStopped);
    this.#rejects = new Rejects(options.rejects, options.io);
  }

  /** Ends it after the batch under way. */
  stop(): void {
    this.#isStopped = true;
  }

  /** @throws EventStoreError before anything is stored */
  async run(plan: readonly Planned[]): Promise<Imported> {
    const opened: Opened[] = [];
    for (const one of plan) opened.push(await this.#opened(one));
    const progress = new Progress(
      this.#options.io,
      opened.reduce((sum, { input }) => sum + input.size, 0),
    );
    for (const one of opened) {
      await this.#file(one, progress);
      if (this.#stopped !== undefined) break;
    }
    progress.end();
    if (this.#stopped === undefined && this.#failures.length === 0) for (const state of this.#states) state.remove();
    this.#rejects.end();
    this.#options.io.err(`madsci-events: ${this.#counts}`);
    return { refused: this.#counts.refused, failures: this.#failures, stopped: this.#stopped };
  }

  async #opened({ path, name }: Planned): Promise<Opened> {
    const { io, format: given, destination } = this.#options;
    const input = path === undefined ? await openStdin(io.stdin) : openedFile(path, name);
    const format = given ?? sniff(input);
    if (given === undefined) io.err(`${input.name}: ${FORMAT_NAMES[format]}`);
    if (destination === undefined || path === undefined) return { input, format, state: undefined };
    return { input, format, state: new ImportState({ input, format, destination }) };
  }

  async #file({ input, format, state }: Opened, progress: Progress): Promise<void> {
    const from = await this.#start(input, state);
    if (state !== undefined) this.#states.push(state);
    const save = (progressed: Progressed) => this.#save(state, progressed);
    const options = { target: this.#target, rejects: this.#rejects, progress, isStopped: () => this.#isStopped, save };
    const run = new ImportRun(input.name, from, options);
    const bytes = input.bytes(from.mark.offset, (count) => progress.read(count));
    try {
      const { failure } = await run.take(await this.#steps(format, bytes, from.mark));
      if (failure !== undefined) this.#failures.push(failed(input.name, failure));
      if (this.#isStopped) this.#stopped = stoppedAt(input.name, run.reached.mark, undefined);
    } catch (error) {
      if (!(error instanceof EventStoreError) || !error.retryable) throw error;
      this.#stopped = stoppedAt(input.name, run.reached.mark, error.message);
    } finally {
      this.#counts.addAll(run.reached.counts);
    }
  }

  /** Where the file goes on. */
  async #start(input: Input, state: ImportState | undefined): Promise<Progressed> {
    const begin = { mark: START, counts: new Counts(), lastId: undefined };
    if (this.#options.isRestart) return begin;
    const before = state?.load();
    if (before === undefined) return begin;
    const { number } = before.mark;
    if (before.lastId !== undefined && !(await this.#target.has(before.lastId))) {
      this.#options.io.err(`${input.name}: the database no longer holds what was imported; starting over`);
      return begin;
    }
    this.#options.io.err(`${input.name}: going on after the first ${number}, which an earlier import has stored`);
    return before;
  }

  #save(state: ImportState | undefined, progressed: Progressed): void {
    if (state === undefined || progressed.mark === START || state.save(progressed) || state.isTold) return;
    state.isTold = true;
    warn(this.#options.io, "how far the import has come cannot be kept; after a stop it starts over");
  }

  async #steps(format: ImportFormat, bytes: AsyncIterable<Buffer>, from: Mark): Promise<AsyncIterable<ImportStep>> {
    if (format === "ndjson") return ndjsonSteps(bytes, from);
    if (format === "madsci-log") return madsciLogSteps(bytes, from);
    return bsonSteps(bytes, from, await dumpCodec(zoneReader(this.#options.naiveTimezone ?? localZone())));
  }
}

function openedFile(path: string, name: string): Input {
  try {
    return openFile(path, name);
  } catch (cause) {
    throw usageError(`${name} cannot be read (${(cause as NodeJS.ErrnoException).code})`, cause);
  }
}

function failed(name: string, error: Error): string {
  if (error instanceof CommandFailure) return `${name} is ${error.message}; everything before it is stored`;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return `${name} cannot be read to its end (${code}); everything before that is stored`;
}

function stoppedAt(name: string, { number, offset }: Mark, why: string | undefined): string {
  const reason = why === undefined ? "" : ` (${why})`;
  return `stopped after ${number} of ${name} (byte ${offset})${reason}; the same command goes on from there`;
}
