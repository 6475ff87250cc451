/** The sessions report as tables: the sessions, then the nodes over all of them. */
import type { NodeDetails, SessionDetails, SessionsReport } from "../report/index.ts";
import type { Cell, Grid, GridLook } from "./report-grid.ts";
import {
  BAR,
  heading,
  hours,
  number,
  type Place,
  percent,
  percentOf,
  section,
  spare,
  type Times,
  text,
  timesOf,
  wallSpan,
} from "./report-words.ts";

/** A percentage that is not nothing, and too little for a number. */
const SOME = 0.01;

export function sessionsText(report: SessionsReport, place: Place, look: GridLook): string {
  const { analysis_start, analysis_end } = report.report_metadata;
  const head = heading("Sessions", [analysis_start, analysis_end], place);
  return head + section(sessionGrid(report, place), look) + section(nodeGrid(report), look);
}

function sessionGrid({ report_metadata, session_details, overall_summary: all }: SessionsReport, place: Place): Grid {
  const times = timesOf(report_metadata.analysis_start, report_metadata.analysis_end, place);
  const titles = [text("SESSION"), text("FROM"), spare(text("TO"), 2), number("LENGTH"), spare(number("ACTIVE"), 1)];
  const counts = [spare(number("EXP"), 3), spare(number("NODES"), 3)];
  const columns = [...titles, number("USE"), BAR, ...counts, spare(text("NOTE"), 1)];
  const rows = session_details.map((session) => sessionRow(session, times));
  const total = [
    ...["all", "", "", hours(all.total_system_runtime_hours), hours(all.total_active_time_hours)],
    ...useCells(percentOf(all.total_active_time_hours, all.total_system_runtime_hours)),
    ...[`${all.total_experiments}`, `${all.nodes_tracked}`, sumNote(all)],
  ];
  return { columns, rows: [...rows, total] };
}

function sessionRow(session: SessionDetails, times: Times): Cell[] {
  const { session_name, start_time, end_time, duration_hours, active_time_hours } = session;
  const span = wallSpan([start_time, end_time], times);
  const use = useCells(percentOf(active_time_hours, duration_hours));
  const counts = [`${session.total_experiments}`, `${session.nodes_active}`];
  const lengths = [hours(duration_hours), hours(active_time_hours)];
  return [session_name, ...span, ...lengths, ...use, ...counts, notes(session)];
}

function useCells(use: number): Cell[] {
  return [percent(use), use / 100];
}

function notes({ session_type, started_before_window, ended_by }: SessionDetails): string {
  if (session_type === "default_analysis") return "no session was told of";
  const found = [
    started_before_window && "began before",
    ended_by === "restart" && "ended by a restart",
    ended_by === "window" && "still open",
  ];
  return found.filter(Boolean).join(", ");
}

/** Where sessions overlap, the time they cover is less than their sum. */
function sumNote({ total_session_hours, total_system_runtime_hours }: SessionsReport["overall_summary"]): string {
  const overlap = total_session_hours - total_system_runtime_hours;
  return overlap > 1 / 3600 ? `sum of the sessions: ${hours(total_session_hours)}` : "";
}

function nodeGrid({ overall_summary, session_details }: SessionsReport): Grid {
  const columns = [text("NODE"), number("BUSY"), number("USE"), BAR, spare(number("SESSIONS"), 1), text("STATE")];
  const details = new Map<string, NodeDetails>();
  for (const { node_utilizations } of session_details)
    for (const [id, node] of Object.entries(node_utilizations)) details.set(id, node);
  const rows = Object.entries(overall_summary.node_summary).map(([id, totals]): Cell[] => {
    const { average_utilization_percent: use, total_busy_time_hours, sessions_active } = totals;
    const node = details.get(id);
    // The report rounds it to a tenth.
    const exact = use === 0 && total_busy_time_hours > 0 ? SOME : use;
    const cells = [hours(total_busy_time_hours), ...useCells(exact), `${sessions_active}`, node?.state ?? ""];
    return [node?.display_name ?? id, ...cells];
  });
  return { columns, rows };
}
