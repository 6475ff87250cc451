/** A small lab for tests of alerting: rules, events and a world, all in virtual time. Registers no hooks. */

import { dueAt } from "../../src/alert/due.ts";
import { type FoldLimits, fold } from "../../src/alert/fold.ts";
import { type Group, keyOf, newGroup } from "../../src/alert/group.ts";
import type { Condition, Rule, When } from "../../src/alert/rule.ts";
import type { Draft } from "../../src/alert/say.ts";
import { tick } from "../../src/alert/tick.ts";
import { quietWorld, type World } from "../../src/alert/world.ts";
import type { MarkedEvent } from "../../src/backend/alert-records.ts";
import type { Event, StoredEvent } from "../../src/event/event.ts";
import { compileMatcher } from "../../src/event/selector/matches.ts";
import { parseSelector } from "../../src/event/selector/parse.ts";
import type { Selector } from "../../src/event/selector/selector.ts";
import { zoneReader } from "../../src/event/zone.ts";

export const T0 = Date.parse("2026-03-02T10:00:00.000Z");
export const SECOND = 1000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;
export const NODE = "01JNODE0000000000000000001";

export const LIMITS: FoldLimits = {
  maxSamples: 5,
  severityFromLevel: new Map([
    [30, "warning"],
    [40, "error"],
    [50, "critical"],
  ]),
  stormPerMinute: 1000,
  redact: [],
};

export function condition(selector: Selector): Condition {
  return { selector, matches: compileMatcher(parseSelector(selector, { naiveTimezone: "UTC" }), zoneReader("UTC")) };
}

export function ruleOf(when: When | Selector = {}, change: Partial<Rule> = {}): Rule {
  const checked = "kind" in when ? (when as When) : ({ kind: "match", select: condition(when) } as const);
  return {
    id: "r",
    description: null,
    enabled: true,
    when: checked,
    groupBy: ["source.node_id"],
    severity: "error",
    forMs: 0,
    groupWaitMs: null,
    groupIntervalMs: 5 * MINUTE,
    repeatIntervalMs: 4 * HOUR,
    resolveAfterMs: 15 * MINUTE,
    resolveWhen: null,
    sendResolved: true,
    burst: 1,
    receivers: ["ops"],
    oneOff: false,
    maxKeys: 10_000,
    ...change,
  };
}

let made = 0;

export interface EventChange extends Partial<Omit<Event, "event_data">> {
  readonly event_data?: Event["event_data"];
  readonly skew_ms?: number;
}

/** An event that arrived at `atMs`, marked for rule `r`. */
export function arrived(atMs: number, change: EventChange = {}, matched: readonly string[] = ["r"]): MarkedEvent {
  const received_at = new Date(atMs).toISOString();
  const event: StoredEvent = {
    _id: `e${++made}`,
    event_type: "node_error",
    log_level: 40,
    alert: false,
    event_timestamp: received_at,
    source: { node_id: NODE },
    event_data: { message: "gripper lost the plate" },
    trace_id: null,
    span_id: null,
    archived: false,
    archived_at: null,
    received_at,
    skew_ms: 0,
    ...change,
  };
  return { event, matched };
}

/** What was said, and when. */
export interface Spoken {
  readonly atMs: number;
  readonly draft: Draft;
}

/** One group on a clock that the test moves; ticks exactly when due. */
export class Bench {
  readonly spoken: Spoken[] = [];
  readonly rule: Rule;
  world: World;
  group: Group;
  nowMs = T0;
  gone = false;

  constructor(rule: Rule, world: Partial<World> = {}) {
    this.rule = rule;
    this.world = { ...quietWorld, ...world };
    this.group = newGroup(rule, keyOf(rule, arrived(T0).event), { nowMs: T0 });
  }

  /** Folds events that arrive now. */
  event(...changes: EventChange[]): this {
    const events = (changes.length === 0 ? [{}] : changes).map((change) => arrived(this.nowMs, change));
    return this.fold(events);
  }

  fold(events: readonly MarkedEvent[]): this {
    this.group = fold(this.group, events, { rule: this.rule, nowMs: this.nowMs, fence: 1, limits: LIMITS });
    return this.tick();
  }

  /** Ticks now, due or not. */
  tick(): this {
    const ticked = tick(this.group, { rule: this.rule, world: this.world, nowMs: this.nowMs });
    this.group = ticked.group;
    this.gone = ticked.gone;
    for (const draft of ticked.drafts) this.spoken.push({ atMs: this.nowMs, draft });
    return this;
  }

  dueMs(): number | null {
    return dueAt(this.group, this.rule, this.world);
  }

  /** Moves the clock, ticking at each due time on the way. */
  advance(ms: number): this {
    const endMs = this.nowMs + ms;
    for (let dueMs = this.dueMs(); dueMs !== null && dueMs <= endMs && !this.gone; dueMs = this.dueMs()) {
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.tick();
    }
    this.nowMs = endMs;
    return this;
  }

  /** `occasion@seconds since T0` of everything said. */
  said(): string[] {
    return this.spoken.map(({ atMs, draft }) => `${draft.occasion}@${(atMs - T0) / SECOND}`);
  }

  get state(): string {
    return this.group.incident?.state ?? "idle";
  }
}
