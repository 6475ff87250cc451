/** PlanChannels: the channels of the settings, opened here to be checked and tried; no database is asked. */
import { openChannels } from "../alert/channels.ts";
import { systemClock } from "../alert/clock.ts";
import type { Channel, Delivery } from "../alert/notification.ts";
import type { AlertPlan } from "../alert/plan.ts";
import { testChannel, verifyChannels } from "../alert/test-send.ts";
import type { StoredEvent } from "../event/event.ts";
import { usageError } from "./exit.ts";

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
  verify(name?: string): Promise<readonly ChannelFound[]> {
    return verifyChannels(this.#channels, this.#known(name), this.#plan.delivery.timeoutMs);
  }

  /** One message to each recipient, or to `to`. @throws EventStoreError `EVT_INVALID_OPTION` for an unknown one */
  test(name: string, to?: string, event?: StoredEvent): Promise<readonly ChannelSent[]> {
    const options = { channel: this.#known(name) as string, to, event, nowMs: Date.now(), plan: this.#plan };
    return testChannel(this.#channels, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
  }

  /** In the words of flags. */
  #known(name: string | undefined): string | undefined {
    if (name === undefined || this.#channels.has(name)) return name;
    const known = [...this.#channels.keys()].join(", ") || "none";
    throw usageError(`--channel ${name} is no channel of the settings; there are ${known}`);
  }
}
