/** The other end of report-thread.ts: opens the store to read it, and makes one report after the other. */
import { getPriority, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { passThrough } from "../backend/gate.ts";
import { EventStoreError } from "../errors.ts";
import { EventStore } from "../store/store.ts";
import { PERIODS, type ReportKind, SESSIONS, USERS } from "./report-kinds.ts";
import { textOf } from "./report-text.ts";
import { READY, type Reply, type Request, type ThreadError, type ThreadStart } from "./report-thread.ts";
import type { ReportName } from "./reporter.ts";

const KINDS = { sessions: SESSIONS, periods: PERIODS, users: USERS } as Readonly<
  Record<ReportName, ReportKind<unknown, object>>
>;

/** A report under way: `pieces` once it is made. */
interface Running {
  readonly stop: AbortController;
  pieces?: AsyncGenerator<string>;
}

const { url, options, gate } = workerData as ThreadStart;
passThrough(gate);
const running = new Map<number, Running>();
let opening: Promise<EventStore> | undefined;

/** Less than the process, but enough that a report gets on while others keep the machine busy: 40 % of what they get. */
const NICER = 4;
const NICEST = 19;

// Requests that store events come first. Linux alone has priorities of threads; elsewhere it would be the process's.
if (process.platform === "linux") setPriority(Math.min(getPriority() + NICER, NICEST));

parentPort?.on("message", (request: Request) => {
  if (request.do === "close") return void end();
  if (request.do === "stop") return forget(request.id);
  const answer = request.do === "make" ? make(request) : next(request.id);
  const failed = (error: unknown): Reply => {
    forget(request.id);
    return { id: request.id, error: described(error) };
  };
  void answer.catch(failed).then((reply) => parentPort?.postMessage(reply));
});

async function make({ id, name, form, wish }: Request & { do: "make" }): Promise<Reply> {
  const report: Running = { stop: new AbortController() };
  running.set(id, report);
  const kind = KINDS[name];
  const store = await opened().catch(() => undefined);
  if (store === undefined) return { id, unable: true };
  const { at, ...options } = wish;
  const made = await kind.make(store, { ...options, now: () => at, signal: report.stop.signal });
  const { savedName, pieces } = textOf(kind, made, { form, signal: report.stop.signal });
  report.pieces = pieces;
  return { id, savedName };
}

async function next(id: number): Promise<Reply> {
  const { pieces } = running.get(id) ?? {};
  // Nothing must look like the end of a text but its end.
  if (pieces === undefined) throw new Error(`report ${id} is over`);
  const { done, value } = await pieces.next();
  if (!done) return { id, piece: value };
  forget(id);
  return { id, piece: null };
}

function forget(id: number): void {
  running.get(id)?.stop.abort();
  running.delete(id);
}

/** Opened for the first report; one that failed to leaves the next to try. The server itself has warned of what there is. */
function opened(): Promise<EventStore> {
  if (opening !== undefined) return opening;
  opening = EventStore.open(url, { ...options, readOnly: true, onWarning: () => {} });
  opening.then(
    () => parentPort?.postMessage(READY),
    () => {
      opening = undefined;
    },
  );
  return opening;
}

async function end(): Promise<void> {
  for (const { stop } of running.values()) stop.abort();
  const open = await opening?.catch(() => undefined);
  await open?.close().catch(() => {});
  // Ends the thread, whatever else a preloaded module may have begun in it.
  process.exit();
}

function described(error: unknown): ThreadError {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const words = cause instanceof Error ? cause.message : undefined;
  if (!(error instanceof EventStoreError)) return { code: undefined, message, issues: [], cause: words };
  return { code: error.code, message, issues: error.issues, cause: words };
}
