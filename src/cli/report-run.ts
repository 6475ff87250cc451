/** Runs a report: flags → desk → the report → stdout. */
import type { Command } from "commander";
import { instantOf } from "../event/instant.ts";
import { stringifyJson } from "../event/json.ts";
import type { CsvOptions } from "../report/index.ts";
import { counted } from "./exit.ts";
import { type Io, warn } from "./io.ts";
import { openReports } from "./open-reports.ts";
import type { ReportDesk } from "./report-desk.ts";
import { type ReportWish, reportLook, reportWish } from "./report-flags.ts";
import type { GridLook } from "./report-grid.ts";
import type { Place } from "./report-words.ts";

/** What makes one report different from another. */
export interface ReportKind<Wish extends ReportWish, Report> {
  /** Adds to what is asked. @throws EventStoreError `EVT_INVALID_OPTION` */
  wish(common: ReportWish): Wish;
  make(desk: ReportDesk, wish: Wish): Promise<Report>;
  text(report: Report, place: Place, look: GridLook): string;
  csv(report: Report, options: CsvOptions): Iterable<string>;
  skipped(report: Report): number | undefined;
}

const CSV_LINES = 500;

/** Wrong flags are refused before anything is opened. */
export async function runReport<Wish extends ReportWish, Report extends object>(
  kind: ReportKind<Wish, Report>,
  command: Command,
  io: Io,
): Promise<void> {
  const look = reportLook(command, io);
  const wish = kind.wish(reportWish(command));
  await using desk = await openReports(command, io);
  const report = await kind.make(desk, wish);
  if (look.format === "json") await io.out.write(`${stringifyJson(report as never, 2)}\n`);
  else if (look.format === "csv") await writeLines(kind.csv(report, look), io);
  else await io.out.write(kind.text(report, wish, look));
  if (look.format === "table") for (const told of warnings(wish, kind.skipped(report) ?? 0)) warn(io, told);
}

/** What the numbers of a table do not say of themselves. */
function* warnings({ to }: ReportWish, skipped: number): Generator<string> {
  if (skipped > 0) yield `${counted(skipped, "event")} could not be read in full`;
  if (to !== undefined && to > instantOf(new Date()))
    yield "--to is in the future: what is open now counts as open until then";
}

async function writeLines(lines: Iterable<string>, io: Io): Promise<void> {
  let text = "";
  let count = 0;
  for (const line of lines) {
    text += line;
    if (++count % CSV_LINES !== 0) continue;
    if (!(await io.out.write(text))) return;
    text = "";
  }
  await io.out.write(text);
}
