/**
 * Rule: the condition under which somebody must be told. The complete, checked form; rules-file.ts reads what people write.
 *
 * `when` has one shape per kind. Stateless part: `marks` says whether an arriving event concerns the rule at all; all
 * that follows happens later, off the path of the request (fold.ts).
 */
import type { EventMatcher } from "../event/selector/matches.ts";
import type { Selector } from "../event/selector/selector.ts";

/** @since 0.1.0 */
export const SEVERITIES = ["info", "warning", "error", "critical"] as const;
/** @since 0.1.0 */
export type Severity = (typeof SEVERITIES)[number];

/** A selector as it was written (shown to people) and ready to run. */
export interface Condition {
  readonly selector: Selector;
  readonly matches: EventMatcher;
}

/** Spans are milliseconds throughout. */
export type When =
  /** Every event `select` accepts. */
  | { readonly kind: "match"; readonly select: Condition }
  /** At least `count` events in any `withinMs`. */
  | { readonly kind: "threshold"; readonly select: Condition; readonly count: number; readonly withinMs: number }
  /** More than `over` (0 to 1) of the events `select` accepts in `withinMs` are `bad`, of at least `minSamples`. */
  | {
      readonly kind: "ratio";
      readonly select: Condition;
      readonly bad: Condition;
      readonly over: number;
      readonly minSamples: number;
      readonly withinMs: number;
    }
  /** No event for `withinMs` of a group that has been seen before, while `during` holds. */
  | {
      readonly kind: "absence";
      readonly select: Condition;
      readonly withinMs: number;
      readonly during: During | null;
      /** A group is forgotten after this long without an event. */
      readonly forgetMs: number;
    }
  /** `select` seen, and no `expect` of the same `join` value in time. */
  | {
      readonly kind: "sequence";
      readonly select: Condition;
      readonly expect: Condition;
      /** Path whose value ties the two together. */
      readonly join: string;
      readonly within: Patience;
    }
  /** A fingerprint (values at `of`, numbers and ids in texts levelled) not seen for `forgetMs`. */
  | { readonly kind: "novelty"; readonly select: Condition; readonly of: readonly string[]; readonly forgetMs: number }
  /** One of our own counters is above `over`. */
  | { readonly kind: "ledger"; readonly counter: string; readonly over: number };

/** Between an event of `from` and one of `until` that agree with the group in the paths of `equal`. */
export interface During {
  readonly from: Condition;
  readonly until: Condition;
  readonly equal: readonly string[];
}

/** How long to wait: a fixed span, or a multiple of what it usually takes for events that agree at `of`. */
export type Patience =
  | { readonly ms: number }
  | { readonly times: number; readonly of: string; readonly leastMs: number; readonly mostMs: number };

export interface Rule {
  /** Letters, digits and dashes; unique. */
  readonly id: string;
  readonly description: string | null;
  readonly enabled: boolean;
  readonly when: When;
  /** Event paths whose values make one group; each group has its own incident. Also `for_each`. */
  readonly groupBy: readonly string[];
  /** Fixed, or by the level of the event. */
  readonly severity: Severity | "level";
  /** With "level": never less than this. */
  readonly severityAtLeast?: Severity;
  /** The condition must hold this long before the incident fires. */
  readonly forMs: number;
  /** First notice this long after the first event (null: 5 s when critical, else 30 s). */
  readonly groupWaitMs: number | null;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  /** Quiet for this long resolves; null never does. */
  readonly resolveAfterMs: number | null;
  /** An event that resolves the incident of its group. */
  readonly resolveWhen: Condition | null;
  readonly sendResolved: boolean;
  /** Events of a group within `groupIntervalMs` that are told one by one before the rest folds. */
  readonly burst: number;
  /** Names of receivers. */
  readonly receivers: readonly string[];
  /** Closed without a word 24 h after its last event, never resolved by quiet: `alert: true` on one event. */
  readonly oneOff: boolean;
  /** Longest list of groups kept; one more opens the rule's "too many groups" incident instead. */
  readonly maxKeys: number;
}
