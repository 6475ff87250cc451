/** Clock: time and timers as the engine needs them, so that tests can move them. */
export interface Clock {
  /** Milliseconds; only differences count. */
  now(): number;
  /** Runs `action` once after `ms`; the answer cancels it. `idle` timers do not keep the process alive. */
  after(ms: number, action: () => void, idle?: boolean): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, action, idle = false) => {
    const timer = setTimeout(action, ms);
    if (idle) timer.unref();
    return () => clearTimeout(timer);
  },
};
