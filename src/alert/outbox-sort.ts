/**
 * What is to be done with each notification whose time has come. Takes places at gates and reserves caps; writes nothing.
 */
import type { AlertRecord } from "../backend/alert-records.ts";
import type { Allowance } from "./allowance.ts";
import type { Gate, Release } from "./gate.ts";
import type { Notification } from "./notification.ts";
import { awaitsDigest, isAllowed, notificationOf } from "./outbox-record.ts";
import type { Turns } from "./outbox-turns.ts";
import type { DeliveryPlan, QuietHours } from "./plan.ts";
import { afterQuiet } from "./world.ts";

/** Whoever waits for a turn looks again after this long: people may have discarded the one before. */
const LONGEST_TURN_MS = 60_000;

/** A notification that has a place at its channel. */
export interface Ready {
  readonly record: AlertRecord;
  readonly gate: Gate;
  readonly release: Release;
  /** Its recipient's cap is to be charged. */
  readonly charge: boolean;
}

/** A notification that has none yet. */
export interface Waiting {
  readonly record: AlertRecord;
  readonly gate: Gate;
  /** It is not its turn either. */
  readonly behind: boolean;
}

/** A notification that is not to be looked at before then. */
interface Later {
  readonly record: AlertRecord;
  readonly untilMs: number;
}

export interface Sorted {
  readonly ready: readonly Ready[];
  /** Their recipient has had enough. */
  readonly toFold: readonly AlertRecord[];
  /** Their digest is due. */
  readonly toDigest: readonly AlertRecord[];
  /** Their channel is shut for a while, or one before them is, or their digest would come in quiet hours. */
  readonly later: readonly Later[];
  /** They wait for a place or for their turn, which comes when one under way ends. */
  readonly waiting: readonly Waiting[];
  /** Their channel is not there any more. */
  readonly stranded: readonly AlertRecord[];
  /** Kept long enough. */
  readonly expired: readonly AlertRecord[];
}

type Piles = { readonly [Pile in keyof Sorted]: Sorted[Pile][number][] };

export interface SortFacts {
  readonly gates: ReadonlyMap<string, Gate>;
  readonly allowance: Allowance;
  readonly turns: Turns;
  readonly plan: DeliveryPlan["perRecipient"];
  /** Digests wait until they are over. */
  readonly quietHours: QuietHours | null;
  readonly nowMs: number;
}

/** Of those due at the same instant, what was said first goes first. */
function bySaying(a: AlertRecord, b: AlertRecord): number {
  return (a.dueMs ?? 0) - (b.dueMs ?? 0) || Number(a.body.sequence) - Number(b.body.sequence);
}

export function sortDue(records: readonly AlertRecord[], facts: SortFacts): Sorted {
  const sorted: Piles = { ready: [], toFold: [], toDigest: [], later: [], waiting: [], stranded: [], expired: [] };
  for (const record of [...records].sort(bySaying)) {
    if (awaitsDigest(record)) placeFolded(record, facts, sorted);
    else if (isFinished(record)) sorted.expired.push(record);
    else place(record, facts, sorted);
  }
  return sorted;
}

/** Those whose recipients' caps matter. */
export function capped(records: readonly AlertRecord[], gates: ReadonlyMap<string, Gate>): Notification[] {
  return records.filter((record) => waits(record) && isCapped(record, gates)).map(notificationOf);
}

function placeFolded(record: AlertRecord, facts: SortFacts, piles: Piles): void {
  const untilMs = afterQuiet(facts, facts.nowMs, notificationOf(record).notice.incident.severity);
  if (untilMs > facts.nowMs) piles.later.push({ record, untilMs });
  else piles.toDigest.push(record);
}

function place(record: AlertRecord, facts: SortFacts, piles: Piles): void {
  const notification = notificationOf(record);
  const gate = facts.gates.get(notification.channel);
  if (gate === undefined) {
    facts.turns.drop(record);
    return void piles.stranded.push(record);
  }
  const charge = isCapped(record, facts.gates);
  if (charge && !facts.allowance.reserve(notification, capRequest(notification, facts))) {
    facts.turns.drop(record);
    return void piles.toFold.push(record);
  }
  if (gate.shutMs > 0) return void piles.later.push({ record, untilMs: Math.ceil(facts.nowMs + gate.shutMs) });
  const before = facts.turns.before(record);
  if (before?.state !== "sending" && (before?.dueMs ?? 0) > facts.nowMs) {
    const untilMs = Math.min(before?.dueMs ?? 0, facts.nowMs + LONGEST_TURN_MS);
    return void piles.later.push({ record, untilMs });
  }
  const release = before === undefined ? gate.enter() : null;
  if (release === null) return void piles.waiting.push({ record, gate, behind: before !== undefined });
  if (charge) facts.allowance.charge(notification, capRequest(notification, facts));
  piles.ready.push({ record, gate, release, charge });
}

/** Mail only; a digest is what caps lead to, and a test was asked for. One that was allowed once stays so. */
function isCapped(record: AlertRecord, gates: ReadonlyMap<string, Gate>): boolean {
  const { channel, occasion } = notificationOf(record);
  const mail = gates.get(channel)?.channel.type === "email";
  return mail && occasion !== "digest" && occasion !== "test" && !isAllowed(record);
}

function capRequest({ notice }: Notification, { nowMs, plan }: SortFacts) {
  return { nowMs, plan, critical: notice.incident.severity === "critical" };
}

function waits({ state }: AlertRecord): boolean {
  return state === "pending" || state === "retry";
}

/** Kept only until their day comes. */
export function isFinished(record: AlertRecord): boolean {
  return !waits(record) && !awaitsDigest(record);
}
