/** The report by session: each with its experiments and nodes, and the system's totals, in which no time counts twice. */
import { durationParts } from "./duration.ts";
import type { Told } from "./history.ts";
import { subtract, total, union, unionOf } from "./interval.ts";
import { sharesByNode, together } from "./listed-nodes.ts";
import { experimentDisplay, nodeDisplay, sessionName } from "./names.ts";
import { hours, percentage, round } from "./number.ts";
import type { NodeDetails, NodeTotals, OverallSummary, SessionDetails, SessionsReport } from "./sessions-shape.ts";
import { naiveUtc } from "./time-text.ts";
import type { Micros, NodeShare, SessionShare } from "./types.ts";

export async function sessionsReport(told: Told): Promise<SessionsReport> {
  const { sessions } = told.history;
  const details: SessionDetails[] = [];
  for (const share of sessions) {
    await told.pace();
    details.push(sessionDetails(share));
  }
  return {
    report_metadata: {
      generated_at: told.generatedAt,
      analysis_start: naiveUtc(told.from),
      analysis_end: naiveUtc(told.to),
      total_sessions: sessions.length,
      analysis_duration_hours: hours(Number(told.to - told.from)),
      skipped_events: told.skipped,
    },
    overall_summary: overallSummary(told, await nodeTotals(told)),
    session_details: details,
  };
}

function overallSummary({ history, from, to }: Told, nodes: Readonly<Record<string, NodeTotals>>): OverallSummary {
  const shares = history.sessions;
  const length = shares.reduce((sum, { session }) => sum + session.end - session.start, 0);
  const active = shares.reduce((sum, share) => sum + total(share.active), 0);
  return {
    total_sessions: shares.length,
    total_system_runtime_hours: hours(total(union(shares.map(({ session }) => session)))),
    total_active_time_hours: hours(total(unionOf(shares.map((share) => share.active)))),
    average_system_utilization_percent: round(percentage(active, length), 1),
    total_experiments: history.experiments.length,
    nodes_tracked: Object.keys(nodes).length,
    node_summary: nodes,
    analysis_period: {
      start_time: naiveUtc(from),
      end_time: naiveUtc(to),
      duration_hours: hours(Number(to - from)),
    },
    total_session_hours: hours(length),
  };
}

/** By node, in the order in which sessions list them. */
async function nodeTotals({ history, pace }: Told): Promise<Record<string, NodeTotals>> {
  const totals: Record<string, NodeTotals> = Object.create(null);
  for (const shares of sharesByNode(history)) {
    await pace();
    const busy = total(together(shares, "busy"));
    totals[shares[0]!.node.id] = {
      average_utilization_percent: round(percentage(busy, total(together(shares, "up"))), 1),
      total_busy_time_hours: hours(busy),
      sessions_active: shares.length,
    };
  }
  return totals;
}

function sessionDetails({ session, experiments, active, nodes }: SessionShare): SessionDetails {
  const length = session.end - session.start;
  const busy = total(active);
  const utilizations: Record<string, NodeDetails> = Object.create(null);
  for (const share of nodes) utilizations[share.node.id] = nodeDetails(share, length);
  return {
    session_type: session.type,
    session_id: session.id,
    session_name: sessionName(session),
    start_time: naiveUtc(session.start),
    end_time: naiveUtc(session.end),
    timing: {
      duration: durationParts(length),
      active_time: durationParts(busy),
      idle_time: durationParts(length - busy),
    },
    system_utilization_percent: round(percentage(busy, length), 1),
    total_experiments: experiments.length,
    experiment_details: experiments.map((experiment) => ({
      experiment_id: experiment.id,
      experiment_name: experiment.name,
      display_name: experimentDisplay(experiment),
    })),
    nodes_active: nodes.length,
    node_utilizations: utilizations,
    raw_hours: { duration: hours(length), active: hours(busy), idle: hours(length - busy) },
    duration_hours: hours(length),
    active_time_hours: hours(busy),
    started_before_window: session.startedBeforeWindow,
    ended_by: session.endedBy,
  };
}

function nodeDetails({ node, up, busy, error, state }: NodeShare, length: Micros): NodeDetails {
  const upTime = total(up);
  const busyTime = total(busy);
  const idleTime = total(subtract(up, busy));
  return {
    node_id: node.id,
    node_name: node.name,
    display_name: nodeDisplay(node),
    utilization_percent: round(percentage(busyTime, upTime), 1),
    state,
    timing: {
      busy_time: durationParts(busyTime),
      idle_time: durationParts(idleTime),
      total_time: durationParts(length),
    },
    raw_hours: { busy: hours(busyTime), idle: hours(idleTime), total: hours(length) },
    busy_time_hours: hours(busyTime),
    idle_time_hours: hours(idleTime),
    error_time_hours: hours(total(error)),
    inactive_time_hours: hours(length - upTime),
    up_time_hours: hours(upTime),
  };
}
