/** Channels of a plan, by name, and those a host program brings. Whoever opens them closes them. */
import { EventStoreError } from "../errors.ts";
import type { StoredEvent } from "../event/event.ts";
import { type AlertClock, systemClock } from "./clock.ts";
import type { Resolver } from "./https-request.ts";
import type { Incident } from "./incident.ts";
import type { IncidentLinks } from "./links.ts";
import { mailChannel } from "./mail-channel.ts";
import type { Channel } from "./notification.ts";
import type { AlertPlan, ChannelPlan } from "./plan.ts";
import { redacting } from "./redact-notice.ts";
import { webhookChannel } from "./webhook-channel.ts";

/** Longest a close waits for those of the channels, in ms. */
const CLOSE_MS = 3_000;

export interface ChannelsContext {
  readonly clock: AlertClock;
  /** Pages about an incident; null leaves links out. */
  readonly links?: (incident: Incident) => IncidentLinks | null;
  /** A stored event; MADSci's form of a mail shows it whole. */
  readonly event?: (id: string) => Promise<StoredEvent | undefined>;
  /** Channels of the host program, e.g. of `functionChannel`. */
  readonly own?: readonly Channel[];
  /** Told once of each template of mails that fails. */
  readonly onWarning?: (message: string) => void;
  /** For webhooks, instead of the system's name service. */
  readonly resolve?: Resolver;
  /** Authorities webhooks trust instead of the well-known ones, PEM. */
  readonly ca?: string;
}

/** Connects to nothing yet. No channel sees what `redact` names, whoever brings it. @throws EventStoreError `EVT_INVALID_OPTION` for a channel that cannot work, or a name used twice. */
export function openChannels(plan: AlertPlan, context: ChannelsContext): Map<string, Channel> {
  const channels = new Map<string, Channel>();
  const planned = plan.channels.map((each) => channelOf(each, plan, context));
  for (const channel of [...planned, ...(context.own ?? [])]) {
    if (channels.has(channel.name)) {
      const words = `channels.${channel.name}: this name is used twice; give one of them another`;
      throw new EventStoreError("EVT_INVALID_OPTION", words);
    }
    channels.set(channel.name, redacting(channel, plan.redact));
  }
  return channels;
}

function channelOf(channel: ChannelPlan, plan: AlertPlan, context: ChannelsContext): Channel {
  const { publicUrl, timezone, templates, delivery } = plan;
  const { clock, event, links, onWarning, resolve, ca } = context;
  if (channel.type === "email")
    return mailChannel(channel, { publicUrl, timezone, links, event, templates, onWarning });
  const concurrency = delivery.concurrency.webhook;
  return webhookChannel(channel, { publicUrl, timezone, clock, links, concurrency, resolve, ca });
}

/** One that cannot be closed does not keep the others open; one that does not end is left behind after a few seconds. */
export async function closeChannels(channels: Iterable<Channel>, clock: AlertClock = systemClock): Promise<void> {
  let cancel = (): void => {};
  const late = new Promise<void>((resolve) => {
    cancel = clock.after(CLOSE_MS, resolve);
  });
  const closed = Promise.allSettled([...channels].map(async (channel) => channel.close()));
  await Promise.race([closed, late]).finally(cancel);
}
