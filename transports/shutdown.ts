/**
 * Shutdown: signals and uncaught errors end a process without a word to its workers; these handlers say it.
 *
 * A signal: deliver, within the time given. Then the application's own handlers go on, or, without any, the signal is
 * raised again, so that the process ends as it would have. An uncaught error becomes one fatal line; how the process
 * ends is not changed.
 */

/** @since 0.1.0 */
export interface ShutdownOptions {
  /** @default ["SIGTERM", "SIGINT", "SIGHUP"] */
  readonly signals?: readonly NodeJS.Signals[];
  /** Longest a signal waits for deliveries, in ms. @default 3_000 */
  readonly timeoutMs?: number;
}

export interface Shutdown {
  readonly write: (line: string) => void;
  /** Everything delivered or safe. */
  readonly flush: (done: () => void) => void;
  /** The same for good. */
  readonly end: (done: () => void) => void;
}

const TIMEOUT_MS = 3000;
/** Process 1 of a container ignores a signal that nobody handles. */
const RAISED_MS = 500;
const NUMBER: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** The handlers of all transports: to each other they are no handlers of the application's. */
const ours = new Set<NodeJS.SignalsListener>();
/** Transports that have not ended yet, since a signal. */
let ending = 0;

/** Answers a function that takes the handlers away again. */
export function installShutdown(shutdown: Shutdown, options: ShutdownOptions = {}): () => void {
  const { signals = ["SIGTERM", "SIGINT", "SIGHUP"], timeoutMs = TIMEOUT_MS } = options;
  let isEnding = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (process.listeners(signal).some((listener) => !ours.has(listener))) return shutdown.flush(() => {});
    // Twice means now.
    if (isEnding) return raise(signal);
    isEnding = true;
    ending += 1;
    within(timeoutMs, shutdown.end, () => {
      ending -= 1;
      if (ending === 0) raise(signal);
    });
  };
  const onError = (error: unknown, origin: string) => shutdown.write(`${fatalLine(error, origin)}\n`);
  const remove = () => {
    ours.delete(onSignal);
    for (const signal of signals) process.off(signal, onSignal);
    process.off("uncaughtExceptionMonitor", onError);
  };
  ours.add(onSignal);
  // First of all: a handler for one time is gone when it has been called, and would not be seen.
  for (const signal of signals) process.prependListener(signal, onSignal);
  process.on("uncaughtExceptionMonitor", onError);
  return remove;
}

/** Ends the process as the signal would have. */
function raise(signal: NodeJS.Signals): void {
  for (const listener of ours) process.off(signal, listener);
  process.kill(process.pid, signal);
  setTimeout(() => process.exit(128 + (NUMBER[signal] ?? 0)), RAISED_MS);
}

function within(ms: number, action: (done: () => void) => void, done: () => void): void {
  const timer = setTimeout(done, ms);
  action(() => {
    clearTimeout(timer);
    done();
  });
}

/** As pino would have logged it. */
function fatalLine(error: unknown, origin: string): string {
  const { name, message, stack } = error instanceof Error ? error : new Error(textOf(error));
  const err = { type: name, message, stack };
  return JSON.stringify({ level: 60, time: Date.now(), pid: process.pid, origin, err, msg: `uncaught: ${message}` });
}

/** Anything can be thrown, also what has no text. */
function textOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "something without a text was thrown";
  }
}
