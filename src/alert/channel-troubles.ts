/**
 * ChannelTroubles: words about a channel that does not take messages, once until it does.
 *
 * The first message that must be tried again is told, with its reason; the channel is well again when that recipient has
 * got one (or was given up, which is told by itself). So a server that is down for an hour is one line, not one per attempt.
 */
import type { Notification } from "./notification.ts";

export class ChannelTroubles {
  readonly #warn: (message: string) => void;
  /** Whose message was told of, by channel. */
  readonly #told = new Map<string, string>();

  /** Channels that have given up a message and taken none since. */
  readonly #gaveUp = new Set<string>();

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** Channels whose last message was not taken. */
  failing(): ReadonlySet<string> {
    return new Set([...this.#told.keys(), ...this.#gaveUp]);
  }

  /** After an attempt, or where one was given up. */
  saw({ state, channel, recipient, last_error }: Notification): void {
    const told = this.#told.get(channel);
    if (state === "retry" && told === undefined) {
      this.#told.set(channel, recipient);
      this.#warn(`a message to ${recipient} through ${channel} has to wait and is tried again: ${last_error}`);
    }
    if (state === "dead") this.#gaveUp.add(channel);
    if (state === "sent") this.#gaveUp.delete(channel);
    if ((state === "sent" || state === "dead") && told === recipient) this.#told.delete(channel);
  }
}
