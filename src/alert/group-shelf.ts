/** GroupShelf: groups and hubs as records, each with the version it was read at. */
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
  readonly #versions = new Map<string, number>();

  constructor(records: AlertRecords) {
    this.#records = records;
  }

  /** @throws Superseded where one of them was written by a later leader. */
  async groups(ids: readonly string[], fence: number): Promise<Map<string, Group>> {
    return new Map((await this.#read("groups", ids)).map((record) => [record._id, this.taken(record, fence)]));
  }

  /** By rule. */
  async hubs(rules: readonly string[], fence: number): Promise<Map<string, Hub>> {
    const hubs = (await this.#read("state", rules.map(hubId))).map((record) => {
      this.#versions.set(record._id, record.version);
      return hubOf(record);
    });
    if (hubs.some((hub) => hub.fence > fence)) throw new Superseded();
    return new Map(hubs.map((hub) => [hub.rule, hub]));
  }

  /** The group of a record that was read elsewhere. */
  taken(record: AlertRecord, fence: number): Group {
    const group = groupOf(record);
    if (group.fence > fence) throw new Superseded();
    this.#versions.set(record._id, record.version);
    return group;
  }

  /** True when all were written; false: somebody else has changed one of them, so read again. */
  async writeHubs(hubs: readonly Hub[]): Promise<boolean> {
    return this.#write(
      "state",
      hubs.map((hub) => hubToRecord(hub, this.#next(hubId(hub.rule)))),
    );
  }

  /** @param dueMs of each, see `dueAt` */
  async writeGroups(groups: readonly { readonly group: Group; readonly dueMs: number | null }[]): Promise<boolean> {
    return this.#write(
      "groups",
      groups.map(({ group, dueMs }) => groupToRecord(group, this.#next(group.id), dueMs)),
    );
  }

  async removeGroup(id: string): Promise<void> {
    const version = this.#versions.get(id);
    if (version !== undefined) await this.#records.remove("groups", id, version);
    this.#versions.delete(id);
  }

  /** Incidents that are over; writing one twice is writing it once. */
  async writeClosed(incidents: readonly Incident[], nowMs: number): Promise<void> {
    const records = incidents.map((incident): AlertRecord => {
      const body = incident as unknown as AlertRecord["body"];
      const place = { dueMs: nowMs + KEEP_CLOSED_MS, updatedMs: Date.parse(incident.closed_at ?? incident.last_at) };
      return { _id: incident.incident_id, version: 1, state: "closed", ...place, body };
    });
    if (records.length > 0) await this.#records.write("incidents", records);
  }

  /** Forgets the versions of what is not at work. */
  settle(): void {
    this.#versions.clear();
  }

  #next(id: string): number {
    return (this.#versions.get(id) ?? 0) + 1;
  }

  async #read(kind: "groups" | "state", ids: readonly string[]): Promise<AlertRecord[]> {
    const found: AlertRecord[] = [];
    for (let at = 0; at < ids.length; at += READ) {
      found.push(...(await this.#records.read(kind, ids.slice(at, at + READ))));
    }
    for (const id of ids) this.#versions.delete(id);
    for (const { _id, version } of found) this.#versions.set(_id, version);
    return found;
  }

  async #write(kind: "groups" | "state", records: readonly AlertRecord[]): Promise<boolean> {
    if (records.length === 0) return true;
    const written = await this.#records.write(kind, records);
    records.forEach(({ _id, version }, i) => void (written[i] && this.#versions.set(_id, version)));
    return written.every(Boolean);
  }
}
