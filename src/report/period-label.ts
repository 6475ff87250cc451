/** What periods are called. Source: MADSci 0.7.1, spec section 11.1. */
import type { AnalysisType } from "./periods-shape.ts";
import type { Micros } from "./types.ts";

export interface PeriodLabel {
  readonly type: "period" | "day" | "week" | "month";
  readonly display: string;
  readonly short: string;
  /** `2025-06-10`, of a month `2025-06`. */
  readonly date: string;
  /** When the whole unit starts, on the local clock: `2025-06-10T00:00:00`. */
  readonly startTime: string;
}

const MONTHS = [
  ...["January", "February", "March", "April", "May", "June"],
  ...["July", "August", "September", "October", "November", "December"],
];

/** Of the calendar unit that starts when the local clock reads `wall`. */
export function periodLabel(analysisType: AnalysisType, wall: Micros): PeriodLabel {
  const startTime = new Date(wall / 1000).toISOString().slice(0, 19);
  const date = startTime.slice(0, 10);
  const [year, month, day] = date.split("-") as [string, string, string];
  const time = startTime.slice(11, 16);
  switch (analysisType) {
    case "hourly":
      return { type: "period", display: `${date} ${time}`, short: `${month}/${day} ${time}`, date, startTime };
    case "daily":
      return { type: "day", display: date, short: `${month}-${day}`, date, startTime };
    case "weekly":
      return { type: "week", display: `Week of ${date}`, short: `Week ${month}/${day}`, date, startTime };
    case "monthly":
      return { type: "month", ...monthNames(year, month), date: `${year}-${month}`, startTime };
  }
}

function monthNames(year: string, month: string) {
  const name = MONTHS[Number(month) - 1]!;
  return { display: `${name} ${year}`, short: `${name.slice(0, 3)} ${year}` };
}
