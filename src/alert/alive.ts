/** As long as a timer of Node can be. */
const LONGEST_MS = 2_147_483_647;

/** The timers of a clock do not keep the process alive; somebody who waits does. */
export function alive<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, LONGEST_MS);
  return promise.finally(() => clearInterval(timer));
}
