/** Who was told of incidents: their notifications, found by their ids, which follow from incident, sequence and recipient. */
import type { AlertRecord, AlertRecords } from "../backend/alert-records.ts";
import type { Incident } from "./incident.ts";
import type { Channel, Notification } from "./notification.ts";
import { notificationId, notificationOf } from "./outbox-record.ts";
import { isBefore } from "./record-page.ts";

/** Newest notices of one incident that are looked for. */
const MOST_SEQUENCES = 200;
/** Newest notifications looked through for what has no such id today: summaries of others, and channels that are gone. */
const MOST_NEWEST = 1000;
const READ = 500;

export interface ToldParts {
  readonly channels: ReadonlyMap<string, Pick<Channel, "name" | "recipients">>;
}

/** The newest change first. */
export async function toldOf(
  records: AlertRecords,
  incidents: readonly Incident[],
  { channels }: ToldParts,
): Promise<Notification[]> {
  if (incidents.length === 0) return [];
  const found = new Map<string, AlertRecord>();
  const ids = incidents.flatMap((incident) => idsOf(incident, [...channels.values()]));
  for (let at = 0; at < ids.length; at += READ)
    for (const record of await records.read("notifications", ids.slice(at, at + READ))) found.set(record._id, record);
  const wanted = new Set(incidents.map(({ incident_id }) => incident_id));
  for (const record of await records.list("notifications", { limit: MOST_NEWEST }))
    if (isAbout(notificationOf(record), wanted)) found.set(record._id, record);
  return [...found.values()].sort((a, b) => (isBefore(a, b) ? -1 : 1)).map(notificationOf);
}

/** One more than it knows of: words come before the incident that has said them. */
function idsOf({ incident_id, sequence }: Incident, channels: readonly Pick<Channel, "name" | "recipients">[]) {
  const ids: string[] = [];
  for (let number = sequence + 1; number > Math.max(0, sequence + 1 - MOST_SEQUENCES); number--)
    for (const { name, recipients } of channels)
      for (const recipient of recipients) ids.push(notificationId(incident_id, number, name, recipient));
  return ids;
}

/** Also in a summary or a digest. */
function isAbout({ incident_id, notice }: Notification, wanted: ReadonlySet<string>): boolean {
  return wanted.has(incident_id) || notice.others.some(({ incident }) => wanted.has(incident.incident_id));
}
