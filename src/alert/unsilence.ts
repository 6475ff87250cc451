/**
 * unsilence: a silence has ended while incidents under it live. Each receiver gets one summary of its incidents, in place
 * of a notice for each; then they go on as if told. What has to wait for the end of quiet hours speaks for itself then.
 * Call it once when a silence (or one of its weekly windows) ends; a
 * group nobody calls it for speaks for itself a minute later.
 */
import type { Group } from "./group.ts";
import { flagged } from "./look.ts";
import { ruleFor } from "./role-rule.ts";
import type { Rule } from "./rule.ts";
import { type Draft, isLive, sayAll } from "./say.ts";
import type { Open } from "./view.ts";
import { afterQuiet, type World } from "./world.ts";

export interface Unsilenced {
  /** Changed ones only. */
  readonly groups: readonly Group[];
  readonly drafts: readonly Draft[];
}

/** Incidents named in one summary; the count of the rest is in the words of `next`. */
const MOST_NAMED = 100;

interface By {
  readonly rules: ReadonlyMap<string, Rule>;
  readonly world: World;
  readonly nowMs: number;
}

/** @param groups candidates; those under other silences, or under none, are left alone */
export function unsilence(groups: readonly Group[], silenceId: string, by: By): Unsilenced {
  const changed: Group[] = [];
  const told: { readonly group: Open; readonly draft: Draft }[] = [];
  for (const group of groups) {
    const asWritten = by.rules.get(group.rule);
    if (!asWritten?.enabled || group.incident?.silencedBy !== silenceId) continue;
    const at = { rule: ruleFor(asWritten, group), world: by.world, nowMs: by.nowMs };
    const incident = { ...group.incident, silencedBy: null, silencedUntilMs: null };
    const free = flagged({ ...group, incident }, at);
    if (!speaks(free) || afterQuiet(at.world, at.nowMs, free.incident.severity) > at.nowMs) {
      changed.push(free);
      continue;
    }
    const said = sayAll(free, "unsilenced", at);
    changed.push(said.group);
    told.push(...said.drafts.map((draft) => ({ group: free, draft })));
  }
  return { groups: changed, drafts: summaries(told.map(({ draft }) => draft)) };
}

function speaks(group: Group): group is Open {
  return isLive(group) && group.incident.state !== "pending" && quietBy(group) === null && group.flap.sinceMs === null;
}

function quietBy({ incident }: Open): string | null {
  return incident.silencedBy ?? incident.inhibitedBy;
}

/** One per receiver, under the id of its first incident. */
function summaries(drafts: readonly Draft[]): Draft[] {
  const byReceiver = new Map<string, Draft[]>();
  for (const draft of drafts)
    for (const receiver of draft.receivers) byReceiver.set(receiver, [...(byReceiver.get(receiver) ?? []), draft]);
  return [...byReceiver].map(([receiver, mine]) => {
    const [first, ...rest] = mine as [Draft, ...Draft[]];
    const others = rest.slice(0, MOST_NAMED).map(({ incident }) => ({ incident, notices: 1 }));
    const more = rest.length > MOST_NAMED ? `and ${rest.length - MOST_NAMED} more incidents` : null;
    const escalated = [...new Set(mine.flatMap((draft) => draft.escalated))];
    return { ...first, receivers: [receiver], escalated, others, next: more ?? first.next };
  });
}
