/** What the benches of alerting have in common: rules as a lab may have them, and events of which a given part alerts. */
import type { AlertOptions, RuleOptions } from "../../src/alert/options.ts";
import type { EventInput } from "../../src/event/event.ts";
import { labEvent, ulidOf } from "./events.ts";

/** Twenty rules beside the lab pack, of the sorts people write; all but one look at types that `quietEvent` never has. */
function ownRules(): RuleOptions[] {
  const type = (n: number) => `bench_type_${n}`;
  const kinds: readonly ((n: number) => RuleOptions)[] = [
    (n) => ({ id: `own-type-${n}`, select: { event_type: type(n) } }),
    (n) => ({ id: `own-pressure-${n}`, select: { event_type: type(n), "event_data.pressure": { $gt: 4 } } }),
    (n) => ({ id: `own-many-${n}`, kind: "threshold", count: 5, within: "10m", select: { event_type: type(n) } }),
    (n) => ({ id: `own-level-${n}`, select: { log_level: { $gte: 40 }, "source.node_id": `node-${n}` } }),
    (n) => ({ id: `own-text-${n}`, select: { "event_data.message": { $regex: `^clotted ${n}` } } }),
  ];
  return Array.from({ length: 20 }, (_, n) => (kinds[n % kinds.length] as (n: number) => RuleOptions)(n));
}

/** Lab pack and twenty rules, told through a channel of the host program called `told`. */
export function labOptions(change: Partial<AlertOptions> = {}): AlertOptions {
  return { rules: ownRules(), receivers: { ops: ["told"] }, defaults: { receivers: ["ops"] }, ...change };
}

/** An event no rule looks at. */
function quietEvent(n: number, run: number): EventInput {
  return { ...labEvent(n, run), event_type: "resource_update", log_level: 20 };
}

/** Of `every` events the last one alerts. @param groups how many nodes report errors */
export function mixedEvent(n: number, mix: { every: number; groups?: number; run?: number }): EventInput {
  const { every, groups = 12, run = 0 } = mix;
  if (n % every !== every - 1) return quietEvent(n, run);
  const quiet = quietEvent(n, run);
  const node_id = ulidOf(1_700_000_000_000, Math.floor(n / every) % groups);
  return { ...quiet, event_type: "node_error", log_level: 30, source: { ...quiet.source, node_id } };
}

/** What keeps Node from compiling in the middle of a measurement, and the disk from growing its files. */
export const WARM_UP = 5_000;
