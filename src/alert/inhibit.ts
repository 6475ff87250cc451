/**
 * Inhibition: while one incident is live, what follows from it is quiet.
 *
 * The live incidents are sorted once into {@link Inhibitors}; asking is then a look-up. An incident that matches both
 * sides of an inhibition is never kept quiet by another that does (nor by itself), else the two could silence each other.
 * Incidents agree in a field of `equal` only when both have it: a missing value proves nothing.
 */
import type { StoredEvent } from "../event/event.ts";
import { textAt } from "./event-path.ts";
import type { Group } from "./group.ts";
import type { Inhibition } from "./plan.ts";
import { incidentId, isOpen, type Open, selectable } from "./view.ts";

interface Sources {
  /** Ids by the values at `equal`: of incidents that only `source` accepts, and of those both sides accept. */
  readonly only: Map<string, string[]>;
  readonly both: Map<string, string[]>;
}

export interface Inhibitors {
  readonly sources: readonly { readonly inhibition: Inhibition; readonly live: Sources }[];
}

/** Ids kept per value: one more than can be the asker's own. */
const KEPT = 2;

/** @param groups all with a live incident; others do no harm */
export function inhibitorsOf(inhibitions: readonly Inhibition[], groups: Iterable<Group>): Inhibitors {
  const sources = inhibitions.map((inhibition) => ({
    inhibition,
    live: { only: new Map(), both: new Map() } as Sources,
  }));
  if (sources.length === 0) return { sources };
  for (const group of groups) {
    if (!inhibits(group)) continue;
    const document = selectable(group, group.incident);
    const id = incidentId(group, group.incident.number);
    for (const { inhibition, live } of sources) addSource(inhibition, live, { document, id });
  }
  return { sources };
}

/** Fires or is acknowledged: pending ones may yet come to nothing, resolved ones are over. */
function inhibits(group: Group): group is Open {
  return isOpen(group) && (group.incident.state === "firing" || group.incident.state === "acknowledged");
}

function addSource(inhibition: Inhibition, live: Sources, source: { document: StoredEvent; id: string }): void {
  const found = sourceOf(inhibition, source.document);
  if (found === null) return;
  const ids = live[found.side].get(found.values) ?? [];
  if (ids.length < KEPT) live[found.side].set(found.values, [...ids, source.id]);
}

function sourceOf(inhibition: Inhibition, document: StoredEvent) {
  if (!inhibition.source.matches(document)) return null;
  const values = valuesAt(inhibition.equal, document);
  const side: keyof Sources = inhibition.target.matches(document) ? "both" : "only";
  return values === null ? null : { side, values };
}

/** All that the group gives to {@link inhibitorsOf}, as text: where it stays, nobody else's inhibition changes. */
export function inhibitsAs(inhibitions: readonly Inhibition[], group: Group | undefined): string {
  if (inhibitions.length === 0 || !group || !inhibits(group)) return "";
  const document = selectable(group, group.incident);
  const sources = inhibitions.map((inhibition) => sourceOf(inhibition, document));
  return sources.some((source) => source !== null) ? JSON.stringify([group.incident.number, sources]) : "";
}

function valuesAt(equal: readonly string[], document: StoredEvent): string | null {
  const values = equal.map((path) => textAt(document, path));
  return values.includes(null) ? null : JSON.stringify(values);
}

/** Whether an incident lives that could keep another quiet. */
export function isLiveSource({ live }: Pick<Inhibitors["sources"][number], "live">): boolean {
  return live.only.size + live.both.size > 0;
}

/** Id of an incident that keeps this one quiet, or null. */
export function inhibitorOf({ sources }: Inhibitors, document: StoredEvent, id: string): string | null {
  for (const { inhibition, live } of sources) {
    if (!isLiveSource({ live }) || !inhibition.target.matches(document)) continue;
    const values = valuesAt(inhibition.targetEqual ?? inhibition.equal, document);
    if (values === null) continue;
    const isSource = inhibition.source.matches(document);
    const ids = [...(live.only.get(values) ?? []), ...(isSource ? [] : (live.both.get(values) ?? []))];
    const found = ids.find((source) => source !== id);
    if (found !== undefined) return found;
  }
  return null;
}
