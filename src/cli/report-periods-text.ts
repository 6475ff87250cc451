/** The report by period as tables: the periods, then nodes, workcells, users and experiments. */
import type { PeriodsReport, Trend } from "../report/index.ts";
import { counted } from "./exit.ts";
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
  text,
  timesOf,
  wallSpan,
} from "./report-words.ts";

const USE = [number("USE"), BAR];
const use = (value: number): Cell[] => [percent(value), value / 100];
const PEAK = [number("PEAK"), text("IN")];

interface Peak {
  readonly peak_utilization: number;
  readonly peak_period: string | null;
}

/** The peak of what was never used is in no period. */
function peak({ peak_utilization: value, peak_period }: Peak): Cell[] {
  return [percent(value), value > 0 ? (peak_period ?? "") : ""];
}

export function periodsText(report: PeriodsReport, place: Place, look: GridLook): string {
  const { period_start, period_end } = report.summary_metadata;
  return [
    heading("Use of the lab", [period_start, period_end], place),
    section(periodGrid(report), look),
    meansText(report),
    section(nodeGrid(report), look),
    section(workcellGrid(report), look),
    section(userGrid(report), look),
    moreUsersText(report),
    section(experimentGrid(report, place), look),
    moreText(report),
  ].join("");
}

function periodGrid({ time_series: { system }, key_metrics: all }: PeriodsReport): Grid {
  const columns = [
    text("PERIOD"),
    ...USE,
    number("ACTIVE"),
    number("RUNTIME"),
    number("EXPERIMENTS"),
    number("STARTED"),
  ];
  const labels = periodLabels(system);
  const rows = system.map((period, at): Cell[] => [
    labels[at] as string,
    ...use(period.utilization),
    hours(period.active_time_hours),
    hours(period.runtime_hours),
    count(period.experiments_active),
    count(period.experiments),
  ]);
  const [active, runtime] = [sum(system, "active_time_hours"), sum(system, "runtime_hours")];
  const counts = [count(all.total_experiments_active), count(all.total_experiments)];
  return {
    columns,
    rows: [...rows, ["all", ...use(percentOf(active, runtime)), hours(active), hours(runtime), ...counts]],
  };
}

/** A dash where a server does not tell. */
const count = (value: number | undefined): string => (value === undefined ? "-" : `${value}`);

function sum<Key extends string>(rows: readonly { readonly [K in Key]: number }[], key: Key): number {
  return rows.reduce((all, row) => all + row[key], 0);
}

/** When clocks are set back, an hour comes twice: those have their offset. */
function periodLabels(periods: PeriodsReport["time_series"]["system"]): string[] {
  return periods.map((period, at) => {
    const { period_display: label, start_time, start_time_utc } = period;
    const twice = [periods[at - 1], periods[at + 1]].some((next) => next?.period_display === label);
    return twice ? `${label} ${offset(Date.parse(`${start_time}Z`) - Date.parse(`${start_time_utc}Z`))}` : label;
  });
}

/** `+02:00` */
function offset(ms: number): string {
  const clock = new Date(Math.abs(ms)).toISOString().slice(11, 16);
  return `${ms < 0 ? "-" : "+"}${clock}`;
}

/** What a row of the table cannot tell. */
function meansText({ key_metrics, workcell_summary, trends }: PeriodsReport): string {
  const { active_periods, total_periods, average_utilization, peak_context } = key_metrics;
  const active = `\n${active_periods} of ${counted(total_periods, "period")} active`;
  // MADSci's server counts no time then.
  const invented = Object.keys(workcell_summary).length === 0 && key_metrics.total_runtime_hours > 0;
  const sessions = invented ? "No session was told of: all of the time counts as one.\n" : "";
  if (active_periods === 0) return `${active}.\n${sessions}`;
  const trend = trendText(trends.utilization_trend);
  return `${active}, on average ${percent(average_utilization)}. ${peak_context}; ${trend}.\n${sessions}`;
}

function nodeGrid({ node_summary, time_series: { nodes } }: PeriodsReport): Grid {
  const columns = [text("NODE"), ...USE, number("BUSY"), ...PEAK];
  const rows = Object.entries(node_summary).map(([id, node]): Cell[] => {
    const own = nodes[id] ?? [];
    const [busy, up] = [sum(own, "busy_time_hours"), sum(own, "up_time_hours")];
    // MADSci's server tells neither.
    if (!(up > 0))
      return [node.display_name, ...use(node.average_utilization), hours(node.total_busy_hours), ...peak(node)];
    return [node.display_name, ...use(percentOf(busy, up)), hours(busy), ...peak(node)];
  });
  return { columns, rows };
}

function workcellGrid({ workcell_summary, time_series: { workcells } }: PeriodsReport): Grid {
  const columns = [text("WORKCELL"), ...USE, number("ACTIVE"), number("RUNTIME"), ...PEAK];
  const rows = Object.entries(workcell_summary).map(([id, workcell]): Cell[] => {
    const own = workcells[id] ?? [];
    const [active, runtime] = [sum(own, "active_time_hours"), sum(own, "runtime_hours")];
    return [
      workcell.display_name,
      ...use(percentOf(active, runtime)),
      hours(active),
      hours(runtime),
      ...peak(workcell),
    ];
  });
  return { columns, rows };
}

function userGrid({ user_utilization }: PeriodsReport): Grid {
  const columns = [text("USER"), number("COMPLETED"), BAR, number("RUNTIME"), number("WORKFLOWS")];
  const rows = (user_utilization?.top_users ?? []).map((user): Cell[] => [
    user.author,
    ...use(user.completion_rate_percent),
    hours(user.total_runtime_hours),
    `${user.total_workflows}`,
  ]);
  return { columns, rows };
}

function moreUsersText({ user_utilization: users }: PeriodsReport): string {
  if (users === undefined || !(users.total_users > users.top_users?.length)) return "";
  return `${users.top_users.length} of ${counted(users.total_users, "user")}; report users has all\n`;
}

function experimentGrid({ summary_metadata, experiment_details }: PeriodsReport, place: Place): Grid {
  const times = timesOf(summary_metadata.period_start, summary_metadata.period_end, place);
  const columns = [text("EXPERIMENT"), text("FROM"), spare(text("TO"), 2), text("STATUS"), spare(number("LENGTH"), 1)];
  const rows = experiment_details.experiments.map((row): Cell[] => [
    row.experiment_name,
    ...wallSpan([row.start_time, row.end_time ?? ""], times),
    row.status,
    row.duration_display,
  ]);
  return { columns, rows };
}

function moreText({ experiment_details: { total_experiments, experiments } }: PeriodsReport): string {
  if (total_experiments === experiments.length) return "";
  return `${experiments.length} of ${counted(total_experiments, "experiment")}; see --experiments-limit and --experiments-offset\n`;
}

function trendText(trend: Trend): string {
  if (trend.direction === "insufficient_data") return "too few active periods for a trend";
  const [first, last] = [percent(trend.first_value), percent(trend.last_value)];
  return `use is ${trend.direction} (from ${first} in the first active period to ${last} in the last)`;
}
