/** The other end of thread.ts: a thread with the writing connection, which answers one message after the other. */
import { parentPort, workerData } from "node:worker_threads";
import { EventStoreError } from "../../errors.ts";
import type { Marks } from "../alert-records.ts";
import type { AppendOutcome } from "../backend.ts";
import { passThrough, throughGate } from "../gate.ts";
import type { WrittenEvent } from "./append.ts";
import { Connection } from "./connection.ts";
import { WRITER_PRAGMAS } from "./schema.ts";
import type { Columns, OtherOutcomes, Reply, Request, Requests, Start, ThreadError } from "./thread.ts";
import { LocalWriter, type Writer } from "./writer.ts";

const METHODS: { [Method in keyof Requests]: (writer: Writer, ...args: Requests[Method]) => Promise<unknown> } = {
  append: async (writer, columns, received) =>
    othersOf(await writer.append(rowsOf(columns), received, marksOf(columns))),
  archive: (writer, ...args) => writer.archive(...args),
  unarchive: (writer, ...args) => writer.unarchive(...args),
  purge: (writer, ...args) => writer.purge(...args),
  unmark: (writer, ...args) => writer.unmark(...args),
  writeRecords: (writer, ...args) => writer.writeRecords(...args),
  removeRecord: (writer, ...args) => writer.removeRecord(...args),
  close: (writer) => writer.close(),
};

const { path, gate } = workerData as Start;
passThrough(gate);
let writer: Writer | undefined;
/** Calls run one after the other, as they came. */
let last: Promise<unknown> = Promise.resolve();

parentPort?.on("message", (request: Request) => {
  last = last.then(() => throughGate(() => answer(request)));
});

/** The writer, opened for the first call; a call that failed to open it leaves the next to try, and none to close. */
async function opened(method: keyof Requests): Promise<Writer | undefined> {
  if (method !== "close") writer ??= await open();
  return writer;
}

async function open(): Promise<Writer> {
  const connection = await Connection.open(path);
  connection.exec(WRITER_PRAGMAS);
  return new LocalWriter(connection);
}

async function answer({ id, method, args }: Request): Promise<void> {
  const run = METHODS[method] as (writer: Writer, ...args: readonly unknown[]) => Promise<unknown>;
  const reply: Reply = await opened(method)
    .then((writer) => writer && run(writer, ...args))
    .then((result) => ({ id, result }))
    .catch((error: unknown) => ({ id, error: describe(error) }));
  parentPort?.postMessage(reply);
  // Ends the thread, whatever else a preloaded module may have begun in it.
  if (method === "close") process.exit();
}

function rowsOf({ ids, instants, heads, datas, activities, timesDefaulted }: Columns): WrittenEvent[] {
  return ids.map((_id, at) => ({
    event: { _id },
    instant: instants[at] as bigint,
    head: heads[at] as string,
    data: datas[at] as string,
    activity: activities[at] as string | null,
    timeDefaulted: timesDefaulted[at] as boolean,
  }));
}

function marksOf({ marks }: Columns): readonly (Marks | undefined)[] {
  const all: (Marks | undefined)[] = [];
  for (const [at, its] of marks) all[at] = its;
  return all;
}

function othersOf(outcomes: readonly AppendOutcome[]): OtherOutcomes {
  return [...outcomes.entries()].filter(([, outcome]) => outcome.status !== "stored");
}

function describe(error: unknown): ThreadError {
  const message = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && error.cause !== undefined ? String(error.cause) : undefined;
  return { code: error instanceof EventStoreError ? error.code : undefined, message, cause };
}
