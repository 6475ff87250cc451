/** Clock: time and timers of alerting, so that tests can move them. */

/** @since 0.1.0 */
export interface AlertClock {
  /** Epoch milliseconds: what is stored and compared across restarts. */
  now(): number;
  /** Milliseconds that never jump; only differences count. */
  elapsed(): number;
  /** Runs `action` once after `ms`; the answer cancels it. Does not keep the process alive. */
  after(ms: number, action: () => void): () => void;
}

/** Longest a timer of Node can be. */
const LONGEST_MS = 2_147_483_647;

export const systemClock: AlertClock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: (ms, action) => {
    const timer = setTimeout(action, Math.min(Math.max(0, ms), LONGEST_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
