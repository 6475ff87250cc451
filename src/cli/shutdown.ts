/**
 * Shutdown: the first SIGTERM or SIGINT asks for a clean end, the second ends at once, and so does a clean end that
 * takes too long.
 */

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Longest a clean end may take before the process exits anyway, in ms. */
export const SHUTDOWN_LIMIT_MS = 10_000;

const waiting: ((signal: keyof typeof SIGNALS) => void)[] = [];

/** Resolves with the first signal; from then on a second one exits with the signal's own code. */
export function firstSignal(): Promise<keyof typeof SIGNALS> {
  return new Promise((resolve) => {
    // One pair of listeners, however many commands a process runs.
    if (waiting.push(resolve) > 1) return;
    let asked = false;
    for (const signal of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) {
      process.on(signal, () => {
        if (asked) process.exit(SIGNALS[signal]);
        asked = true;
        for (const tell of waiting) tell(signal);
      });
    }
  });
}

/** Aborted with the first signal; a second one exits. */
export function untilSignal(): AbortSignal {
  const stop = new AbortController();
  void firstSignal().then(() => stop.abort());
  return stop.signal;
}

/** Runs the clean end; false when it was not done within the limit. */
export async function within(limitMs: number, work: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  const done = await Promise.race([work().then(() => true), late]);
  clearTimeout(timer);
  return done;
}
