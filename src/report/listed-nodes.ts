/** Nodes as the whole window sees them: time that several sessions list of one counts once. */
import { unionOf } from "./interval.ts";
import type { LabHistory, NodeShare, Spans } from "./types.ts";

/** What sessions list of each node, in the order in which they do; of a node that none lists there is nothing. */
export function sharesByNode({ sessions }: LabHistory): NodeShare[][] {
  const byId = new Map<string, NodeShare[]>();
  for (const { nodes } of sessions) {
    for (const share of nodes) {
      const known = byId.get(share.node.id);
      if (known) known.push(share);
      else byId.set(share.node.id, [share]);
    }
  }
  return [...byId.values()];
}

export function together(shares: readonly NodeShare[], key: "up" | "busy" | "error"): Spans {
  return unionOf(shares.map((share) => share[key]));
}
