/** PlanChannels: the channels of the settings, opened here to be checked and tried; no database is asked. */
import { openChannels } from "../alert/channels.ts";
import { systemClock } from "../alert/clock.ts";
import type { Channel, Delivery } from "../alert/notification.ts";
import type { AlertPlan } from "../alert/plan.ts";
import type { StoredEvent } from "../event/event.ts";
import { oneLine, usageError } from "./exit.ts";
import { testNotification } from "./test-notification.ts";

export interface ChannelFound {
  readonly channel: string;
  /** In words; null where it works. */
  readonly problem: string | null;
}

export interface ChannelSent {
  readonly recipient: string;
  readonly delivery: Delivery;
}

export class PlanChannels implements AsyncDisposable {
  readonly #plan: AlertPlan;
  readonly #channels: ReadonlyMap<string, Channel>;

  /** @throws EventStoreError for a channel that cannot be opened */
  constructor(plan: AlertPlan) {
    this.#plan = plan;
    this.#channels = openChannels(plan, { clock: systemClock });
  }

  /** All, or one; each within the plan's time for one attempt. @throws EventStoreError `EVT_INVALID_OPTION` for an unknown one */
  async verify(name?: string): Promise<readonly ChannelFound[]> {
    const chosen = name === undefined ? [...this.#channels.values()] : [this.#named(name)];
    return Promise.all(chosen.map((channel) => this.#verified(channel)));
  }

  /** One message to each recipient, or to `to`. @throws EventStoreError `EVT_INVALID_OPTION` for an unknown one */
  async test(name: string, to?: string, event?: StoredEvent): Promise<readonly ChannelSent[]> {
    const channel = this.#named(name);
    const sent: ChannelSent[] = [];
    for (const recipient of to === undefined ? channel.recipients : [to]) {
      const notification = testNotification({ channel: name, recipient, event, plan: this.#plan });
      const delivery = await channel.send(notification, AbortSignal.timeout(this.#plan.delivery.timeoutMs));
      sent.push({ recipient, delivery });
    }
    return sent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
  }

  async #verified(channel: Channel): Promise<ChannelFound> {
    try {
      await channel.verify(AbortSignal.timeout(this.#plan.delivery.timeoutMs));
      return { channel: channel.name, problem: null };
    } catch (error) {
      return { channel: channel.name, problem: oneLine(error instanceof Error ? error.message : String(error)) };
    }
  }

  #named(name: string): Channel {
    const channel = this.#channels.get(name);
    if (channel !== undefined) return channel;
    const known = [...this.#channels.keys()].join(", ") || "none";
    throw usageError(`--channel ${name} is no channel of the settings; there are ${known}`);
  }
}
