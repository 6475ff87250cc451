/**
 * Said before: a leader that died between making a notification and writing the group that has said it leaves words under
 * a number its group does not know to be taken. When the group has changed before the next leader speaks, the same number
 * would stand for other words, and those would be lost: then the number is skipped.
 */
import type { AlertRecord, AlertRecords } from "../backend/alert-records.ts";
import type { Group } from "./group.ts";
import type { Notification } from "./notification.ts";
import { type NotificationDraft, notificationId } from "./outbox-record.ts";
import type { Draft } from "./say.ts";
import { incidentId, isOpen } from "./view.ts";

const READ = 200;

/** True when there are other words under one of these ids already. */
export async function saidOtherwise(records: AlertRecords, drafts: readonly NotificationDraft[]): Promise<boolean> {
  const wanted = new Map(
    drafts.map((draft) => [notificationId(draft.incident_id, draft.sequence, draft.channel, draft.recipient), draft]),
  );
  const ids = [...wanted.keys()];
  for (let at = 0; at < ids.length; at += READ) {
    const found = await records.read("notifications", ids.slice(at, at + READ));
    if (found.some((record) => differs(record, wanted.get(record._id)))) return true;
  }
  return false;
}

/** The same news told at another time are the same words. */
function differs({ body }: AlertRecord, draft: NotificationDraft | undefined): boolean {
  const { occasion, incident } = (body as unknown as Notification).notice;
  const { notice } = draft as NotificationDraft;
  return occasion !== notice.occasion || incident.total !== notice.incident.total;
}

/** The group with one number of each of these incidents given away. */
export function withNumbersTaken(group: Group, drafts: readonly Draft[]): Group {
  const spoken = new Set(drafts.map(({ incident }) => incident.incident_id));
  const retired = group.retired.map((one) => {
    if (!spoken.has(one.incident.incident_id)) return one;
    return { ...one, incident: { ...one.incident, sequence: one.incident.sequence + 1 } };
  });
  if (!isOpen(group) || !spoken.has(incidentId(group, group.incident.number))) return { ...group, retired };
  return { ...group, retired, incident: { ...group.incident, sequence: group.incident.sequence + 1 } };
}
