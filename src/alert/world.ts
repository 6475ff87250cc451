/**
 * World: all that a tick looks at besides the group itself. Plain data of one moment; the engine makes it anew when
 * silences, live incidents, activities or counters change, and then looks at the live groups again.
 */
import type { Activity } from "./activity.ts";
import { windowEnd } from "./day-window.ts";
import type { Inhibitors } from "./inhibit.ts";
import type { AlertPlan, QuietHours, Receiver } from "./plan.ts";
import type { Severity } from "./rule.ts";
import type { ReadySilence } from "./silence.ts";

export interface World {
  /** All that have not ended, and those that ended less than {@link UNSILENCE_GRACE_MS} ago. */
  readonly silences: readonly ReadySilence[];
  readonly inhibitors: Inhibitors;
  readonly quietHours: QuietHours | null;
  readonly receivers: ReadonlyMap<string, Receiver>;
  /** Receivers with a channel that keeps a state of its own, and so must hear of acknowledgements. */
  readonly stateful: ReadonlySet<string>;
  /** Activities by rule, from the rules' hubs. */
  readonly activities: ReadonlyMap<string, readonly Activity[]>;
  /** Since when this process has been watching without a break, epoch ms: silence before it proves nothing. */
  readonly resumedAtMs: number;
  readonly counters: Readonly<Record<string, number>>;
  /** Newest events an incident keeps. */
  readonly maxSamples: number;
  /** Of times in words. */
  readonly timezone: string;
}

/** How long a group waits for the summary of its ended silence before it speaks for itself. */
export const UNSILENCE_GRACE_MS = 60_000;

export const quietWorld: World = {
  silences: [],
  inhibitors: { sources: [] },
  quietHours: null,
  receivers: new Map(),
  stateful: new Set(),
  activities: new Map(),
  resumedAtMs: 0,
  counters: {},
  maxSamples: 5,
  timezone: "UTC",
};

/** The part of a world that the plan decides. */
export function worldOf(
  plan: Pick<AlertPlan, "quietHours" | "receivers" | "channels" | "timezone" | "maxSamples">,
): World {
  const receivers = new Map(plan.receivers.map((receiver) => [receiver.name, receiver]));
  const { quietHours, timezone, maxSamples } = plan;
  return { ...quietWorld, quietHours, receivers, stateful: statefulOf(plan), timezone, maxSamples };
}

function statefulOf({ receivers, channels }: Pick<AlertPlan, "receivers" | "channels">): ReadonlySet<string> {
  const keeping = new Set(channels.filter(({ type }) => type === "pagerduty").map(({ name }) => name));
  const keeps = ({ channels: own, escalate }: Receiver) =>
    [...own, ...escalate.flatMap((step) => step.channels)].some((name) => keeping.has(name));
  return new Set(receivers.filter(keeps).map(({ name }) => name));
}

/** `atMs`, or the end of the quiet hours it lies in. */
export function afterQuiet({ quietHours }: Pick<World, "quietHours">, atMs: number, severity: Severity): number {
  if (quietHours === null || quietHours.except.includes(severity)) return atMs;
  // "from" equal to "to" would be quiet for ever: then there are no quiet hours.
  if (quietHours.from === quietHours.to) return atMs;
  return windowEnd(quietHours, atMs) ?? atMs;
}
