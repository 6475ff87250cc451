/** ReceiverFile: who is told, as people write it → Receivers. */
import { channelNames } from "./channel-file.ts";
import type { Field } from "./field.ts";
import type { Receiver } from "./plan.ts";
import { named, Section } from "./section.ts";

const AFTER = { least: 1_000, most: 7 * 86_400_000 };
const MAX_STEPS = 10;

/** @param channels names of the channels that are written, right or wrong */
export function readReceivers(field: Field, channels: ReadonlySet<string>): readonly Receiver[] {
  if (!field.given) return channels.size === 0 ? [] : [everyChannel(channels)];
  return named(field).map(([name, written]) => Object.freeze(readReceiver(name, written, channels)));
}

/** Where nobody has said who is told, all channels are. */
function everyChannel(channels: ReadonlySet<string>): Receiver {
  return Object.freeze({ name: "default", channels: Object.freeze([...channels]), escalate: [] });
}

function readReceiver(name: string, written: Field, channels: ReadonlySet<string>): Receiver {
  if (Array.isArray(written.value) && written.value.length === 0) written.warning("has no channels, so nobody is told");
  if (typeof written.value === "string" || Array.isArray(written.value))
    return { name, channels: channelNames(written, channels), escalate: [] };
  const section = new Section(written);
  const own = section.field("channels");
  const receiver = {
    name,
    channels: channelNames(own, channels),
    escalate: Object.freeze(section.field("escalate").each((step) => readStep(step, channels), MAX_STEPS)),
  };
  if (own.list().length === 0) own.error("is missing; it lists the channels to use");
  section.close();
  return receiver;
}

function readStep(step: Field, channels: ReadonlySet<string>): Receiver["escalate"][number] | undefined {
  const section = new Section(step);
  const after = section.field("after");
  const afterMs = after.given ? after.span(AFTER, undefined) : after.error("is missing; it says when, like 15m");
  const further = section.field("channels");
  if (further.list().length === 0) further.error("is missing; it lists the channels to use then");
  const names = channelNames(further, channels);
  section.close();
  return afterMs === undefined ? undefined : Object.freeze({ afterMs, channels: names });
}

/** Channels no receiver leads to. */
export function warnOfUnused(field: Field, receivers: readonly Receiver[]): void {
  const used = new Set(
    receivers.flatMap(({ channels, escalate }) => [channels, ...escalate.map((step) => step.channels)]).flat(),
  );
  for (const [name, written] of named(field)) if (!used.has(name)) written.warning("is used by no receiver");
}
