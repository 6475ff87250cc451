/**
 * Who reads a draft: receivers → channels → recipients, one notification each; nobody twice. Whoever was told by an
 * escalation hears all that follows.
 */
import { escalationId } from "./live.ts";
import type { Channel } from "./notification.ts";
import type { NotificationDraft } from "./outbox-record.ts";
import type { AlertPlan } from "./plan.ts";
import type { Draft } from "./say.ts";

export interface Reach {
  readonly receivers: ReadonlyMap<string, AlertPlan["receivers"][number]>;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly compat: boolean;
  /** Ids of rules that watch over the alerts themselves: what they say must not rely on what has failed. @default none */
  readonly watch?: ReadonlySet<string>;
  /** Names of channels that do not get through at the moment. @default none */
  readonly failing?: () => ReadonlySet<string>;
}

export function notificationsOf(drafts: readonly Draft[], reach: Reach): NotificationDraft[] {
  const found = new Map<string, NotificationDraft>();
  for (const draft of drafts) for (const one of ofDraft(draft, reach)) found.set(keyOf(one), one);
  return [...found.values()];
}

function keyOf({ incident_id, sequence, channel, recipient }: NotificationDraft): string {
  return JSON.stringify([incident_id, sequence, channel, recipient]);
}

function ofDraft(draft: Draft, reach: Reach): NotificationDraft[] {
  const { occasion, incident, sequence, others, next } = draft;
  const { channels, compat } = reach;
  const routes = routesOf(draft, reach).filter(({ channel }) => hears(draft, channels.get(channel)));
  return routes.flatMap(({ receiver, channel }) =>
    (channels.get(channel)?.recipients ?? []).map((recipient) => ({
      ...{ incident_id: incident.incident_id, sequence, channel, recipient },
      notice: { occasion, incident, others, next, receiver, compat },
    })),
  );
}

/** An acknowledgement is news to a channel that keeps a state of its own, and noise to people. */
function hears({ occasion }: Draft, channel: Channel | undefined): boolean {
  return occasion !== "acknowledged" || channel?.type === "pagerduty";
}

interface Route {
  readonly receiver: string;
  readonly channel: string;
}

/** Where none of its ways gets through, a word about the alerts themselves takes all others that do. */
function routesOf(draft: Draft, reach: Reach): Route[] {
  const routes = draft.receivers.flatMap((receiver) =>
    channelsOf(draft, receiver, reach).map((channel) => ({ receiver, channel })),
  );
  const [first] = routes;
  const { watch, failing, channels } = reach;
  if (!first || !failing || !watch?.has(draft.incident.rule)) return routes;
  const down = failing();
  if (!routes.every(({ channel }) => down.has(channel))) return routes;
  const others = [...channels.keys()].filter((channel) => !down.has(channel));
  return others.length === 0 ? routes : others.map((channel) => ({ receiver: first.receiver, channel }));
}

function channelsOf(draft: Draft, name: string, { receivers }: Reach): readonly string[] {
  if (draft.channels) return draft.channels;
  const receiver = receivers.get(name);
  const steps = receiver?.escalate.filter((_, i) => draft.escalated.includes(escalationId(name, i))) ?? [];
  return [...(receiver?.channels ?? []), ...steps.flatMap(({ channels }) => channels)];
}
