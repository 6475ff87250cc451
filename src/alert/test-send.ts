/** Channels tried on purpose: one message now, past all caps, or a look whether it could go. */
import { EventStoreError } from "../errors.ts";
import type { StoredEvent } from "../event/event.ts";
import { isMailAddress } from "./address.ts";
import { deliveryOf } from "./channel-answer.ts";
import type { Channel, Delivery } from "./notification.ts";
import type { AlertPlan } from "./plan.ts";
import { testNotification } from "./test-notification.ts";

export interface TestOptions {
  readonly channel: string;
  /** In place of the channel's recipients. */
  readonly to: string | undefined;
  /** Over the network: nobody else is written to, and not often. */
  readonly byStrangers?: boolean;
  /** What the message is about. @default something made up */
  readonly event?: StoredEvent | undefined;
  readonly nowMs: number;
  readonly plan: AlertPlan;
}

type Channels = ReadonlyMap<string, Channel>;

const MINUTE_MS = 60_000;
/** For strangers; a channel of more recipients can be tested once. */
const MAX_PER_MINUTE = 10;

/** When strangers had messages sent. */
const sentAt = new WeakMap<Channels, readonly number[]>();
/** Checks under way; whoever asks meanwhile shares their result. */
const underWay = new WeakMap<Channel, Promise<string | null>>();

/** @throws EventStoreError `EVT_INVALID_OPTION` for a channel or an address nobody has, and for what strangers may not. */
export async function testChannel(channels: Channels, options: TestOptions) {
  const channel = named(channels, options.channel);
  if (options.to !== undefined) checkAddress(options.plan, channel, options.to);
  const recipients = options.to === undefined ? channel.recipients : [options.to];
  if (options.byStrangers) refuseStrangers(channels, channel, { recipients, nowMs: options.nowMs });
  const results: { readonly recipient: string; readonly delivery: Delivery }[] = [];
  for (const recipient of recipients) {
    const signal = AbortSignal.timeout(options.plan.delivery.timeoutMs);
    const notification = testNotification({ ...options, recipient });
    results.push({ recipient, delivery: deliveryOf(await channel.send(notification, signal)) });
  }
  return results;
}

/** A channel of the settings that posts to an address of its own has no others; one of the host program knows best. */
function checkAddress({ channels }: AlertPlan, { name, recipients }: Channel, to: string): void {
  const type = channels.find((channel) => channel.name === name)?.type;
  if (type === undefined || recipients.includes(to)) return;
  if (type !== "email") throw invalidTo(`channel ${name} is of type ${type} and has no addresses; leave it out`);
  if (!isMailAddress(to))
    throw invalidTo(`${JSON.stringify(to.slice(0, 80))} is no e-mail address, like lab@example.org`);
}

function invalidTo(message: string): EventStoreError {
  return new EventStoreError("EVT_INVALID_OPTION", `to: ${message}`);
}

function refuseStrangers(
  channels: Channels,
  { recipients: own, name }: Channel,
  { recipients, nowMs }: { readonly recipients: readonly string[]; readonly nowMs: number },
): void {
  if (!recipients.every((one) => own.includes(one))) {
    const fix = `to send elsewhere, use the command line where the settings are: madsci-events alerts test --channel ${name} --to …`;
    throw new EventStoreError("EVT_INVALID_OPTION", `to: must be a recipient of the channel; ${fix}`);
  }
  const lately = (sentAt.get(channels) ?? []).filter((ms) => ms > nowMs - MINUTE_MS && ms <= nowMs);
  if (lately.length > 0 && lately.length + recipients.length > MAX_PER_MINUTE) {
    const words = `at most ${MAX_PER_MINUTE} test messages a minute are sent; try again in a minute`;
    throw new EventStoreError("EVT_INVALID_OPTION", `channel: ${words}`);
  }
  sentAt.set(channels, [...lately, ...recipients.map(() => nowMs)]);
}

/** Problems are words; null is none. @throws EventStoreError `EVT_INVALID_OPTION` for a channel nobody has. */
export async function verifyChannels(channels: Channels, name: string | undefined, timeoutMs: number) {
  const chosen = name === undefined ? [...channels.values()] : [named(channels, name)];
  return Promise.all(
    chosen.map(async (channel) => ({ channel: channel.name, problem: await sharedProblem(channel, timeoutMs) })),
  );
}

function sharedProblem(channel: Channel, timeoutMs: number): Promise<string | null> {
  const started = underWay.get(channel);
  if (started !== undefined) return started;
  const problem = problemOf(channel, timeoutMs).finally(() => underWay.delete(channel));
  underWay.set(channel, problem);
  return problem;
}

async function problemOf(channel: Channel, timeoutMs: number): Promise<string | null> {
  try {
    await channel.verify(AbortSignal.timeout(timeoutMs));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function named(channels: Channels, name: string): Channel {
  const channel = channels.get(name);
  if (channel) return channel;
  const known = [...channels.keys()].join(", ") || "none";
  throw new EventStoreError("EVT_INVALID_OPTION", `channel: there is no "${name}"; there are: ${known}`);
}
