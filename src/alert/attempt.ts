/**
 * Attempt: one message on its way, with a limit of time. Whatever the channel does, the answer is a Delivery: one that
 * throws or never answers gets a `retry`. What the channel does to the notification it was handed changes nothing.
 */
import { deliveryOf } from "./channel-answer.ts";
import type { AlertClock } from "./clock.ts";
import type { Channel, Delivery, Notification } from "./notification.ts";

/** A channel has this long to give up after it was told to. */
const GRACE_MS = 1_000;

export interface Attempt {
  readonly ended: Promise<Delivery>;
  /** Gives up now. */
  stop(): void;
}

export interface AttemptOptions {
  readonly clock: AlertClock;
  readonly timeoutMs: number;
  /** Told what a channel threw, which it should not. */
  readonly onError: (error: unknown) => void;
}

export function startAttempt(channel: Channel, notification: Notification, options: AttemptOptions): Attempt {
  const { clock } = options;
  const controller = new AbortController();
  let giveUp = (): void => {};
  const late = new Promise<Delivery>((resolve) => {
    giveUp = () => resolve(failed("the channel did not answer in time"));
  });
  let cancelGrace = (): void => {};
  const stop = (): void => {
    if (controller.signal.aborted) return;
    controller.abort();
    cancelGrace = clock.after(GRACE_MS, giveUp);
  };
  const cancelLimit = clock.after(options.timeoutMs, stop);
  const sent = safely(() => channel.send(structuredClone(notification), controller.signal), options.onError);
  const ended = Promise.race([sent, late]).finally(() => {
    cancelLimit();
    cancelGrace();
  });
  return { ended, stop };
}

async function safely(send: () => Promise<Delivery>, onError: (error: unknown) => void): Promise<Delivery> {
  try {
    return deliveryOf(await send());
  } catch (error) {
    onError(error);
    return failed("the channel failed in a way it should not; see the error log");
  }
}

function failed(reason: string): Delivery {
  return { status: "retry", reason, channelDown: true };
}
