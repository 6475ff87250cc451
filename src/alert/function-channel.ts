/**
 * Function channel: notifications as calls of a function of the host program: a queue of its own, a chat we do not know,
 * a lamp. Also what tests use instead of a mail server.
 *
 * The function may do anything: what it throws is a retry, and one that ignores its signal is left behind.
 */
import { EventStoreError } from "../errors.ts";
import { deliveryOf } from "./channel-answer.ts";
import type { Channel, Delivery, Notification } from "./notification.ts";

/** @since 0.1.0 */
export interface FunctionChannelOptions {
  /** Who gets notices of its own. @default [name] */
  readonly recipients?: readonly string[];
  /**
   * Nothing, or `sent`, when it is done; a throw means: try again later. The notification is a copy, to do with as it
   * likes. An answer that is no Delivery is `refused`; a pause (`afterMs`) that is no number is none.
   */
  readonly send: (
    notification: Notification,
    signal: AbortSignal,
  ) => Promise<Delivery> | Promise<void> | Delivery | undefined;
  /** Rejects when it cannot work. */
  readonly verify?: (signal: AbortSignal) => Promise<void>;
  readonly close?: () => Promise<void> | void;
  /** Calls under way at once. @default 5 */
  readonly concurrency?: number;
}

const DEFAULT_CONCURRENCY = 5;
const MAX_WORDS = 200;

/** @throws EventStoreError `EVT_INVALID_OPTION`. @since 0.1.0 */
export function functionChannel(name: string, options: FunctionChannelOptions): Channel {
  const { recipients = [name], send, concurrency = DEFAULT_CONCURRENCY } = options;
  if (typeof name !== "string" || name === "") throw invalid("name: must be a text that is not empty");
  if (typeof send !== "function") throw invalid(`channel "${name}": send must be a function`);
  if (recipients.length === 0) throw invalid(`channel "${name}": recipients must name at least one`);
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw invalid(`channel "${name}": concurrency must be a whole number, 1 or more`);
  }
  let closing: Promise<void> | undefined;
  return {
    name,
    type: "function",
    recipients: [...recipients],
    concurrency,
    verify: async (signal) => options.verify?.(signal),
    send: (notification, signal) => attempt(options, notification, signal),
    close: () => {
      closing ??= (async () => options.close?.())();
      return closing;
    },
  };
}

async function attempt(
  { send }: FunctionChannelOptions,
  notification: Notification,
  signal: AbortSignal,
): Promise<Delivery> {
  const gone: Delivery = { status: "retry", channelDown: true, reason: "stopped before it was done" };
  if (signal.aborted) return gone;
  let stop = () => {};
  const stopped = new Promise<Delivery>((resolve) => {
    stop = () => resolve(gone);
  });
  signal.addEventListener("abort", stop, { once: true });
  try {
    const call = async () => checked(await send(notification, signal));
    return await Promise.race([call(), stopped]);
  } catch (error) {
    return { status: "retry", channelDown: true, reason: wordsOf(error) };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

const checked = (result: unknown): Delivery => deliveryOf(result ?? { status: "sent" });

function wordsOf(error: unknown): string {
  const words = error instanceof Error ? error.message : typeof error === "string" ? error : "";
  return words === "" ? "the function failed" : words.slice(0, MAX_WORDS).toWellFormed();
}

const invalid = (words: string) => new EventStoreError("EVT_INVALID_OPTION", words);
