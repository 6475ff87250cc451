/**
 * Sink: where a shipper delivers. One method, one verdict per event, and a closed list of ways to fail.
 *
 * Resolved verdicts are final except `conflict` and `retry`. A rejected send means that nothing is known about the batch;
 * sending it again is safe because every event carries its id.
 */
import type { EventInput } from "../event/event.ts";

/**
 * `stored`: durable; `duplicate` when the other side had it already. `conflict`: the id holds another event.
 * `rejected`: will never be taken. `retry`: not now.
 * @since 0.1.0
 */
export type Verdict =
  | { readonly status: "stored"; readonly duplicate?: true }
  | { readonly status: "conflict" | "retry" }
  | { readonly status: "rejected"; readonly reason: string };

/** @since 0.1.0 */
export interface Sink {
  /**
   * Delivers a batch; resolves when it is durable on the other side.
   * @throws SendError; anything else counts as `retry`.
   */
  send(events: readonly EventInput[], signal: AbortSignal): Promise<readonly Verdict[]>;
  /** These will be sent next: work that can be done while others are under way. Never fails. */
  prepare?(events: readonly EventInput[]): void;
  /**
   * Tears down connections so that the next send starts afresh; for a watchdog that sees no progress. Sends under way
   * may fail with `retry`. Not awaited for long: it must not depend on the other side.
   */
  reset?(): void | Promise<void>;
  /** Lets go of connections. Called once. */
  close(): Promise<void>;
}

/**
 * Why a whole batch failed, by what helps: `retry` waiting; `too-large` halving; `refused` finding the one bad event;
 * `hold` a person (wrong token, wrong address).
 */
export type SendErrorKind = "retry" | "too-large" | "refused" | "hold";

export class SendError extends Error {
  override readonly name = "SendError";
  readonly kind: SendErrorKind;
  /** The other side asked for this much patience, in ms. */
  readonly retryAfterMs: number;

  constructor(kind: SendErrorKind, message: string, retryAfterMs = 0) {
    super(message);
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The outcome of `work`, or the reason of `signal` as soon as it is aborted: for work that cannot be told to stop. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
  });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
