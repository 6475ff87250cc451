/** GroupShelf: groups and hubs as records, each with what was read last, so that a write names the version it was made from. */
import type { AlertRecord, AlertRecords } from "../backend/alert-records.ts";
import { EventStoreError } from "../errors.ts";
import { type Group, groupOf, groupToRecord } from "./group.ts";
import { type Hub, hubId, hubOf, hubToRecord } from "./hub.ts";
import type { Incident } from "./incident.ts";

/** Closed incidents are kept this long. */
const KEEP_CLOSED_MS = 90 * 86_400_000;
/** Ids per read. */
const READ = 500;

/** Somebody else leads now: what was under way must not be written. */
export class Superseded extends EventStoreError {
  constructor() {
    super("EVT_CONFLICT", "another process has taken over the alerts");
  }
}

export class GroupShelf {
  readonly #records: AlertRecords;
  /** As they lie in the database, as far as this process knows. */
  readonly #held = new Map<string, AlertRecord>();

  constructor(records: AlertRecords) {
    this.#records = records;
  }

  /** @throws Superseded where one of them was written by a later leader. */
  async groups(ids: readonly string[], fence: number): Promise<Map<string, Group>> {
    const groups = (await this.#read("groups", ids)).map(groupOf);
    if (groups.some((group) => group.fence > fence)) throw new Superseded();
    return new Map(groups.map((group) => [group.id, group]));
  }

  /** By rule. */
  async hubs(rules: readonly string[], fence: number): Promise<Map<string, Hub>> {
    const hubs = (await this.#read("state", rules.map(hubId))).map(hubOf);
    if (hubs.some((hub) => hub.fence > fence)) throw new Superseded();
    return new Map(hubs.map((hub) => [hub.rule, hub]));
  }

  /** True when all were written; false: somebody else has changed one of them, so read again. */
  async writeHubs(hubs: readonly Hub[]): Promise<boolean> {
    return this.#write(
      "state",
      hubs.map((hub) => hubToRecord(hub, this.#next(hubId(hub.rule)))),
    );
  }

  /** As writeHubs; one that is as it was read is not written. @param dueMs of each, see `dueAt` */
  async writeGroups(groups: readonly { readonly group: Group; readonly dueMs: number | null }[]): Promise<boolean> {
    const changed = groups.filter(({ group, dueMs }) => {
      const held = this.#held.get(group.id);
      return held === undefined || held.body !== (group as unknown) || held.dueMs !== dueMs;
    });
    return this.#write(
      "groups",
      changed.map(({ group, dueMs }) => groupToRecord(group, this.#next(group.id), dueMs)),
    );
  }

  /** False: somebody else has changed it, so read again. */
  async removeGroup(id: string): Promise<boolean> {
    const version = this.#held.get(id)?.version;
    this.#held.delete(id);
    return version === undefined || this.#records.remove("groups", id, version);
  }

  /**
   * Incidents that are over. One that was written before a crash and went on after it is written as it is now; writing
   * one twice is writing it once.
   */
  async writeClosed(incidents: readonly Incident[], nowMs: number): Promise<void> {
    if (incidents.length === 0) return;
    const records = incidents.map((incident) => closedRecord(incident, 1, nowMs));
    const written = await this.#records.write("incidents", records);
    const known = incidents.filter((_, i) => !written[i]);
    if (known.length === 0) return;
    const before = new Map(
      (
        await this.#records.read(
          "incidents",
          known.map(({ incident_id }) => incident_id),
        )
      ).map((record) => [record._id, record]),
    );
    const later = known.flatMap((incident) => {
      const record = before.get(incident.incident_id);
      const same = !record || (record.body.total === incident.total && record.body.sequence === incident.sequence);
      return same ? [] : [closedRecord(incident, record.version + 1, nowMs)];
    });
    if (later.length > 0) await this.#records.write("incidents", later);
  }

  /** Forgets what is not at work. */
  settle(): void {
    this.#held.clear();
  }

  #next(id: string): number {
    return (this.#held.get(id)?.version ?? 0) + 1;
  }

  async #read(kind: "groups" | "state", ids: readonly string[]): Promise<AlertRecord[]> {
    const found: AlertRecord[] = [];
    for (let at = 0; at < ids.length; at += READ) {
      found.push(...(await this.#records.read(kind, ids.slice(at, at + READ))));
    }
    for (const id of ids) this.#held.delete(id);
    for (const record of found) this.#held.set(record._id, record);
    return found;
  }

  async #write(kind: "groups" | "state", records: readonly AlertRecord[]): Promise<boolean> {
    if (records.length === 0) return true;
    const written = await this.#records.write(kind, records);
    records.forEach((record, i) => void (written[i] && this.#held.set(record._id, record)));
    return written.every(Boolean);
  }
}

function closedRecord(incident: Incident, version: number, nowMs: number): AlertRecord {
  const body = incident as unknown as AlertRecord["body"];
  const place = { dueMs: nowMs + KEEP_CLOSED_MS, updatedMs: Date.parse(incident.closed_at ?? incident.last_at) };
  return { _id: incident.incident_id, version, state: "closed", ...place, body };
}
