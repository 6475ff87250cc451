/** Text of a report in pieces, with turns for others in between: a report may have many thousand rows. */
import type { ReportOptions } from "../report/index.ts";
import { pace } from "../report/pace.ts";
import type { ReportKind } from "./report-kinds.ts";
import type { ReportForm, ReportText } from "./reporter.ts";

/** Characters of one piece. */
const PIECE = 65_536;
/** Rows lie this deep at the most: `time_series`, `nodes`, the node, the period. */
const DEPTH = 4;

interface TextOptions {
  readonly form: ReportForm;
  /** Ends the text with its reason. */
  readonly signal: AbortSignal;
}

export function textOf<Report, Options extends ReportOptions>(
  kind: ReportKind<Report, Options>,
  report: Report,
  { form, signal }: TextOptions,
): ReportText {
  const pieces = form === "json" ? jsonPieces(report) : kind.csv(report, form);
  return { savedName: kind.saved(report), pieces: inTurns(pieces, signal) };
}

/** The same text as `JSON.stringify` makes of a report. */
export function* jsonPieces(value: unknown, depth = DEPTH): Generator<string> {
  if (depth === 0 || typeof value !== "object" || value === null) {
    yield JSON.stringify(value);
    return;
  }
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  let before = open;
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    yield open === "[" ? String(before) : `${before}${JSON.stringify(key)}:`;
    yield* jsonPieces(item, depth - 1);
    before = ",";
  }
  yield before === open ? `${open}${close}` : String(close);
}

/** Small pieces joined to large ones. */
export async function* inTurns(pieces: Iterable<string>, signal?: AbortSignal): AsyncGenerator<string> {
  const turn = pace();
  let text = "";
  for (const piece of pieces) {
    signal?.throwIfAborted();
    text += piece;
    const pause = turn();
    if (pause !== undefined) await pause;
    if (text.length < PIECE) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}
