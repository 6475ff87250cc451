/** What an engine may be started with besides its plan. */
import type { AlertClock } from "./clock.ts";
import type { Channel } from "./notification.ts";

/** @since 0.1.0 */
export interface EngineOptions {
  /** Channels of the host program (`functionChannel`); rules reach them through receivers like any other. */
  readonly channels?: readonly Channel[];
  /** Told once per trouble that fails no call. @default (message) => process.emitWarning(message) */
  readonly onWarning?: (message: string) => void;
  /** More counters for rules of kind `ledger`. */
  readonly counters?: () => Readonly<Record<string, number>>;
  /** @default the system's */
  readonly clock?: AlertClock;
  /** From 0 up to 1. @default Math.random */
  readonly random?: () => number;
  /**
   * False: answers and changes what people ask for, and leaves folding, ticking and sending to another process.
   * @default true
   */
  readonly lead?: boolean;
}
