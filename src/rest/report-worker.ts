/** The other end of report-thread.ts: opens the store to read it, and makes one report after the other. */
import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { EventStoreError } from "../errors.ts";
import { periods, sessions, users } from "../report/index.ts";
import { EventStore } from "../store/store.ts";
import type { Reply, Request, ThreadError, ThreadStart } from "./report-thread.ts";
import type { ReportName, ReportWish } from "./reporter.ts";

type Make = (store: EventStore, options: ReportWish & { readonly signal: AbortSignal }) => Promise<unknown>;

const MAKE: Readonly<Record<ReportName, Make>> = { sessions, periods, users };

const { url, options } = workerData as ThreadStart;
const running = new Map<number, AbortController>();
let store: Promise<EventStore> | undefined;

// Requests that store events come first. Linux alone has priorities of threads; elsewhere it would be the process's.
if (process.platform === "linux") setPriority(constants.priority.PRIORITY_LOW);

parentPort?.on("message", (request: Request) => {
  if (request.do === "close") return void end();
  if (request.do === "stop") return running.get(request.id)?.abort();
  void answer(request.id, request.name, request.wish);
});

async function answer(id: number, name: ReportName, wish: ReportWish): Promise<void> {
  const stop = new AbortController();
  running.set(id, stop);
  const reply: Reply = await opened()
    .then((open) => MAKE[name](open, { ...wish, signal: stop.signal }))
    .then((report) => ({ id, report }))
    .catch((error: unknown) => ({ id, error: described(error) }));
  running.delete(id);
  parentPort?.postMessage(reply);
}

/** Opened for the first report; one that failed to leaves the next to try. The server itself has warned of what there is. */
function opened(): Promise<EventStore> {
  store ??= EventStore.open(url, { ...options, readOnly: true, onWarning: () => {} });
  store.catch(() => {
    store = undefined;
  });
  return store;
}

async function end(): Promise<void> {
  for (const stop of running.values()) stop.abort();
  const open = await store?.catch(() => undefined);
  await open?.close().catch(() => {});
  // Ends the thread.
  parentPort?.close();
}

function described(error: unknown): ThreadError {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const words = cause instanceof Error ? cause.message : undefined;
  if (!(error instanceof EventStoreError)) return { code: undefined, message, issues: [], cause: words };
  return { code: error.code, message, issues: error.issues, cause: words };
}
