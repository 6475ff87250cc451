/** The report by period as tables: the periods, then nodes, workcells, users and experiments. */
import type { PeriodsReport, Trend } from "../report/index.ts";
import { counted } from "./exit.ts";
import type { Cell, Grid, GridLook } from "./report-grid.ts";
import { BAR, heading, hours, number, type Place, percent, section, text, timesOf, wallSpan } from "./report-words.ts";

const USE = [number("USE"), BAR];
const use = (value: number): Cell[] => [percent(value), value / 100];

export function periodsText(report: PeriodsReport, place: Place, look: GridLook): string {
  const { period_start, period_end } = report.summary_metadata;
  const grids = [periodGrid, nodeGrid, workcellGrid, userGrid];
  return [
    heading("Use of the lab", [period_start, period_end], place),
    section(periodGrid(report), look),
    meansText(report),
    ...grids.slice(1).map((grid) => section(grid(report), look)),
    section(experimentGrid(report, place), look),
    moreText(report),
  ].join("");
}

function periodGrid({ time_series, key_metrics: all }: PeriodsReport): Grid {
  const columns = [text("PERIOD"), ...USE, number("ACTIVE"), number("RUNTIME"), number("EXPERIMENTS")];
  const rows = time_series.system.map((period): Cell[] => [
    period.period_display,
    ...use(period.utilization),
    hours(period.active_time_hours),
    hours(period.runtime_hours),
    `${period.experiments}`,
  ]);
  const [active, runtime] = [all.total_active_time_hours, all.total_runtime_hours];
  const share = runtime > 0 ? (100 * active) / runtime : 0;
  return {
    columns,
    rows: [...rows, ["all", ...use(share), hours(active), hours(runtime), `${all.total_experiments}`]],
  };
}

/** What a row of the table cannot tell. */
function meansText({ key_metrics, trends }: PeriodsReport): string {
  const { active_periods, total_periods, average_utilization, peak_context } = key_metrics;
  const active = `${active_periods} of ${counted(total_periods, "period")} active, on average ${percent(average_utilization)}`;
  return `\n${active}. ${peak_context}; ${trendText(trends.utilization_trend)}.\n`;
}

function nodeGrid({ node_summary }: PeriodsReport): Grid {
  const columns = [text("NODE"), ...USE, number("BUSY"), number("PEAK"), text("IN")];
  const rows = Object.values(node_summary).map((node): Cell[] => [
    node.display_name,
    ...use(node.average_utilization),
    hours(node.total_busy_hours),
    percent(node.peak_utilization),
    node.peak_period ?? "",
  ]);
  return { columns, rows };
}

function workcellGrid({ workcell_summary }: PeriodsReport): Grid {
  const columns = [text("WORKCELL"), ...USE, number("ACTIVE"), number("RUNTIME"), number("PEAK"), text("IN")];
  const rows = Object.values(workcell_summary).map((workcell): Cell[] => [
    workcell.display_name,
    ...use(workcell.average_utilization),
    hours(workcell.total_active_time_hours),
    hours(workcell.total_runtime_hours),
    percent(workcell.peak_utilization),
    workcell.peak_period ?? "",
  ]);
  return { columns, rows };
}

function userGrid({ user_utilization }: PeriodsReport): Grid {
  const columns = [text("USER"), number("DONE"), BAR, number("RUNTIME"), number("WORKFLOWS")];
  const rows = (user_utilization?.top_users ?? []).map((user): Cell[] => [
    user.author,
    ...use(user.completion_rate_percent),
    hours(user.total_runtime_hours),
    `${user.total_workflows}`,
  ]);
  return { columns, rows };
}

function experimentGrid({ summary_metadata, experiment_details }: PeriodsReport, place: Place): Grid {
  const times = timesOf(summary_metadata.period_start, summary_metadata.period_end, place);
  const columns = [text("EXPERIMENT"), text("FROM"), text("TO"), text("STATUS"), text("LENGTH")];
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
  const change = `${trend.change_percent > 0 ? "+" : ""}${percent(trend.change_percent)}`;
  return `use is ${trend.direction} (${change} from the first active period to the last)`;
}
