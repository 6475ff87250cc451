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

/** Answers a function that takes the handlers away again. */
export function installShutdown(shutdown: Shutdown, options: ShutdownOptions = {}): () => void {
  const { signals = ["SIGTERM", "SIGINT", "SIGHUP"], timeoutMs = TIMEOUT_MS } = options;
  let ending: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    const others = process.listenerCount(signal) > 1;
    // Twice means now.
    if (ending !== undefined && !others) return raise(signal);
    ending = signal;
    if (others) return shutdown.flush(() => {});
    within(timeoutMs, shutdown.end, () => raise(signal));
  };
  const raise = (signal: NodeJS.Signals) => {
    remove();
    process.kill(process.pid, signal);
    setTimeout(() => process.exit(128 + (NUMBER[signal] ?? 0)), RAISED_MS);
  };
  const onError = (error: unknown, origin: string) => shutdown.write(`${fatalLine(error, origin)}\n`);
  const remove = () => {
    for (const signal of signals) process.off(signal, onSignal);
    process.off("uncaughtExceptionMonitor", onError);
  };
  for (const signal of signals) process.on(signal, onSignal);
  process.on("uncaughtExceptionMonitor", onError);
  return remove;
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
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const err = { type: name, message, stack };
  return JSON.stringify({ level: 60, time: Date.now(), pid: process.pid, origin, err, msg: `uncaught: ${message}` });
}
