/**
 * Hub: what a rule knows across its groups, one record per rule: how many groups there are, whether its events storm,
 * and the activities of `during`. It is written before the groups of the same batch.
 */
import type { AlertRecord } from "../backend/alert-records.ts";
import type { StoredEvent } from "../event/event.ts";
import { type Activity, activityAfter } from "./activity.ts";
import { sha256 } from "./event-path.ts";
import { type Group, RING } from "./group.ts";
import type { Rule } from "./rule.ts";
import { calm, rewindStorm, type Storm, storming } from "./storm.ts";

export interface Hub {
  readonly rule: string;
  readonly fence: number;
  readonly ring: readonly string[];
  /** Groups that exist. */
  readonly groups: number;
  /** Ids of the newest of them: after a crash they may be counted and not be there. At most {@link RING}. */
  readonly made: readonly string[];
  /** Highest incident number of any group removed: new groups count on from here, so no incident id is given twice. */
  readonly floor: number;
  readonly storm: Storm;
  readonly activity: readonly Activity[];
  readonly updatedMs: number;
}

/** Of its record, in kind `state`. */
export function hubId(rule: string): string {
  return `hub:${rule}`;
}

export function newHub(rule: string, nowMs: number): Hub {
  return { rule, fence: 0, ring: [], groups: 0, made: [], floor: 0, storm: calm, activity: [], updatedMs: nowMs };
}

export function hubToRecord(hub: Hub, version: number): AlertRecord {
  const body = hub as unknown as AlertRecord["body"];
  return { _id: hubId(hub.rule), version, state: "hub", dueMs: null, updatedMs: hub.updatedMs, body };
}

export function hubOf(record: AlertRecord): Hub {
  return record.body as unknown as Hub;
}

/** One more event of the rule; the ring is the caller's (fold-batch.ts). */
export function hubAfter(
  hub: Hub,
  rule: Rule,
  seen: { readonly event: StoredEvent; readonly atMs: number; readonly nowMs: number; readonly perMinute: number },
): Hub {
  const during = rule.when.kind === "absence" ? rule.when.during : null;
  const storm = storming(rewindStorm(hub.storm, seen.nowMs), seen.atMs, seen.perMinute);
  const activity = during ? activityAfter(hub.activity, during, seen) : hub.activity;
  return { ...hub, storm, activity, updatedMs: seen.nowMs };
}

/** One more group. */
export function withGroup(hub: Hub, id: string): Hub {
  return { ...hub, groups: hub.groups + 1, made: [...hub.made, id].slice(-RING) };
}

/** Write the hub, then remove the group's record. */
export function withoutGroup(hub: Hub, group: Group): Hub {
  const made = hub.made.filter((id) => id !== group.id);
  const groups = group.role === "keyed" ? Math.max(0, hub.groups - 1) : hub.groups;
  return { ...hub, groups, made, floor: Math.max(hub.floor, group.number) };
}

/** Ids may be 256 characters long; the ring keeps a hash of long ones. */
export function ringId({ _id }: StoredEvent): string {
  return _id.length <= 64 ? _id : sha256(_id).slice(0, 40);
}
