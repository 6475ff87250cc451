/** A lab of one node for tests: what it and its engine say, and what the sweep makes of it. */
import type { Activity } from "../../src/event/activity.ts";
import type { Interval } from "../../src/report/types.ts";
import { historyOf, span, told } from "./stream.ts";

export const day = span("00:00", "23:59");
export const W = { workcell_id: "W" };
export const V = { workcell_id: "V" };
export const N = { node_id: "N" };
export const up = [told("06:00", "node_start", N, { node_name: "arm" }), told("07:00", "workcell_start", W)];

export const action = (time: string, status: string, id = "A", source: Activity["source"] = N) =>
  told(time, "action_status_change", source, { action_id: id, status });
export const sent = (
  time: string,
  step: "start" | "complete" | "failed",
  id = "A",
  name = "arm",
  source: Activity["source"] = W,
) => told(time, `action_${step}`, source, { action_id: id, node_name: name });

export async function nodesOf(events: readonly Activity[], window: Interval = day) {
  return (await historyOf(events, window)).nodes;
}

export async function busyOf(events: readonly Activity[], window: Interval = day) {
  return (await nodesOf([...up, ...events], window))[0]?.busy;
}

export async function sharesOf(events: readonly Activity[], window: Interval = day) {
  const { sessions } = await historyOf(events, window);
  return sessions.map(({ session, nodes }) => ({
    id: session.id,
    nodes: nodes.map(({ node, state, busy }) => ({ id: node.id, state, busy })),
  }));
}
