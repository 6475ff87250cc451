/** Who reads a draft: receivers → channels → recipients, one notification each; nobody twice. */
import type { Channel } from "./notification.ts";
import type { NotificationDraft } from "./outbox-record.ts";
import type { AlertPlan } from "./plan.ts";
import type { Draft } from "./say.ts";

export interface Reach {
  readonly receivers: ReadonlyMap<string, AlertPlan["receivers"][number]>;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly compat: boolean;
}

export function notificationsOf(drafts: readonly Draft[], reach: Reach): NotificationDraft[] {
  const found = new Map<string, NotificationDraft>();
  for (const draft of drafts) for (const one of ofDraft(draft, reach)) found.set(keyOf(one), one);
  return [...found.values()];
}

function keyOf({ incident_id, sequence, channel, recipient }: NotificationDraft): string {
  return JSON.stringify([incident_id, sequence, channel, recipient]);
}

function ofDraft(draft: Draft, { receivers, channels, compat }: Reach): NotificationDraft[] {
  const { occasion, incident, sequence, others, next } = draft;
  return draft.receivers.flatMap((receiver) =>
    (draft.channels ?? receivers.get(receiver)?.channels ?? []).flatMap((channel) =>
      (channels.get(channel)?.recipients ?? []).map((recipient) => ({
        ...{ incident_id: incident.incident_id, sequence, channel, recipient },
        notice: { occasion, incident, others, next, receiver, compat },
      })),
    ),
  );
}
