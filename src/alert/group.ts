/**
 * Group: the events of one rule that belong together (same values at the rule's `groupBy`), what the rule remembers of
 * them, and the incident they have open. One record each; everything in it is JSON.
 *
 * A group is never changed in place: fold.ts, tick.ts and act.ts answer with the next one, or with the very same object
 * when nothing happened. Instants are epoch milliseconds.
 */
import type { AlertRecord } from "../backend/alert-records.ts";
import type { Event } from "../event/event.ts";
import { sha256, textAt } from "./event-path.ts";
import type { Flap } from "./flap.ts";
import type { Incident, Sample } from "./incident.ts";
import type { Live, Owed } from "./live.ts";
import { type Memory, startMemory } from "./memory.ts";
import type { Rule, Severity } from "./rule.ts";

/** Most events folded at once: a longer batch writes each group less often, and holds up the event loop longer. */
export const BATCH = 500;
/** Event ids a group remembers as folded. At least a batch, or a batch folded twice would count twice. */
export const RING = 640;
if (RING < BATCH) throw new TypeError("the ring of folded ids must hold a whole batch");

/**
 * `keyed`: an ordinary group. `storm`: the rule's events while they came too fast. `overflow`: events of groups beyond
 * the rule's `maxKeys`, counted together.
 */
type Role = "keyed" | "storm" | "overflow";
/** The one group of its role that a rule has. */
export type SharedRole = Exclude<Role, "keyed">;
export type Key = readonly (string | null)[];

/** An incident that is over, kept until the engine has written its record. */
export interface Retired {
  readonly incident: Incident;
  readonly owed: Owed;
  /** As {@link Live}'s. */
  readonly escalated: readonly string[];
  /** What is owed had to wait; not to be said before this. */
  readonly askMs?: number;
}

export interface Group {
  readonly id: string;
  readonly rule: string;
  readonly role: Role;
  readonly key: Key;
  readonly labels: { readonly [path: string]: string | null };
  /** Of the leader that folded last. */
  readonly fence: number;
  readonly ring: readonly string[];
  readonly memory: Memory;
  readonly incident: Live | null;
  /** Number of the newest incident. */
  readonly number: number;
  /** Newest last, at most {@link MAX_RETIRED}; one that opened and closed within the same batch may go unrecorded. */
  readonly retired: readonly Retired[];
  readonly flap: Flap;
  /** Newest events before an incident opens, for rules that need several. */
  readonly recent: readonly Sample[];
  /** Values at the paths of `during.equal`, of the newest event. */
  readonly facts: Key;
  readonly severity: Severity;
  /** Events of this group so far. */
  readonly events: number;
  readonly seenMs: number;
  readonly updatedMs: number;
}

export const MAX_RETIRED = 20;
/** Only groups of a role have it: no path of an event is called so. */
export const ROLE_LABEL = "role";
/** What an event and the one that ends its matter never share. */
const DIFFERENT: ReadonlySet<string> = new Set(["event_type", "log_level"]);

/** Groups of one rule share the beginning of their ids. */
export function groupPrefix(rule: string): string {
  return sha256(rule).slice(0, 6);
}

/** 20 hex digits. A key is a list and a role a text, so no value of an event has the id of a role's group. */
export function groupId(rule: string, key: Key | SharedRole): string {
  const text = JSON.stringify([rule, key]);
  const known = KNOWN_IDS.get(text);
  if (known !== undefined) return known;
  const id = groupPrefix(rule) + sha256(text).slice(0, 14);
  if (KNOWN_IDS.size >= MAX_KNOWN_IDS) KNOWN_IDS.clear();
  KNOWN_IDS.set(text, id);
  return id;
}

/** The same few are asked for several times per event, and hashing is slow. When full it starts anew. */
const KNOWN_IDS = new Map<string, string>();
const MAX_KNOWN_IDS = 10_000;

/**
 * Paths whose values make a group. Where one event ends what another began (`resolveWhen`, `sequence`) they differ in
 * type and level, so these two never tell groups apart there.
 */
function groupPaths(rule: Rule): readonly string[] {
  if (rule.when.kind === "ledger") return [];
  if (rule.resolveWhen === null && rule.when.kind !== "sequence") return rule.groupBy;
  return rule.groupBy.filter((path) => !DIFFERENT.has(path));
}

/** Values at the rule's paths: null where absent, JSON text for what is no text, cut at 200 characters. */
export function keyOf(rule: Rule, event: Event): Key {
  return groupPaths(rule).map((path) => (path === "rule" ? rule.id : textAt(event, path)));
}

/** @param from number of the last incident of any group of this rule that has been removed (see hub.ts) */
export function newGroup(
  rule: Rule,
  keyOrRole: Key | SharedRole,
  from: { readonly nowMs: number; readonly number?: number },
): Group {
  const [role, key]: readonly [Role, Key] = typeof keyOrRole === "string" ? [keyOrRole, []] : ["keyed", keyOrRole];
  return {
    id: groupId(rule.id, keyOrRole),
    rule: rule.id,
    role,
    key,
    labels: role === "keyed" ? labelsOf(rule, key) : { rule: rule.id, [ROLE_LABEL]: role },
    fence: 0,
    ring: [],
    memory: startMemory(role === "keyed" ? rule.when.kind : "match"),
    incident: null,
    number: from.number ?? 0,
    retired: [],
    flap: { changes: [], sinceMs: null, told: false },
    recent: [],
    facts: [],
    severity: rule.severity === "level" ? "warning" : rule.severity,
    events: 0,
    seenMs: from.nowMs,
    updatedMs: from.nowMs,
  };
}

function labelsOf(rule: Rule, key: Key): Record<string, string | null> {
  return Object.fromEntries(groupPaths(rule).map((path, i) => [path, key[i] ?? null]));
}

/** `state` is the incident's, or `idle`. @param dueMs see `dueAt` of due.ts */
export function groupToRecord(group: Group, version: number, dueMs: number | null): AlertRecord {
  return {
    _id: group.id,
    version,
    state: group.incident?.state ?? "idle",
    dueMs,
    updatedMs: group.updatedMs,
    body: group as unknown as AlertRecord["body"],
  };
}

export function groupOf(record: AlertRecord): Group {
  return record.body as unknown as Group;
}

/** Once the records of its retired incidents are written and nothing is owed. */
export function withoutRetired(group: Group): Group {
  const retired = group.retired.filter(({ owed }) => owed !== null);
  return retired.length === group.retired.length ? group : { ...group, retired };
}
