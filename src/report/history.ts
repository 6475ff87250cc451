/** From an opened source to the lab's history, and what every report says about itself. */
import type { TellsOf } from "./collected.ts";
import type { ResolvedOptions } from "./options.ts";
import { type Pace, pace } from "./pace.ts";
import type { OpenSource } from "./source.ts";
import { sweep } from "./sweep.ts";
import { madeAt } from "./time-text.ts";
import type { LabHistory } from "./types.ts";
import { intervalOf, type ReportWindow } from "./window.ts";

/** A history with what the reports add to it. */
export interface Told extends ReportWindow {
  readonly history: LabHistory;
  readonly generatedAt: string;
  /** Events of which something could not be read. */
  readonly skipped: number;
  readonly pace: Pace;
}

export async function tell(open: OpenSource, options: ResolvedOptions, of: TellsOf): Promise<Told> {
  const { from, to, pages, ordered, unreadable } = open;
  const turn = pace();
  const wait: Pace = () => {
    options.signal?.throwIfAborted();
    return turn();
  };
  const history = await sweep(pages, intervalOf(open), { pace: wait, zone: options.zone, ordered, of });
  const generatedAt = madeAt(options.now());
  return { from, to, history, generatedAt, skipped: history.skipped + unreadable(), pace: wait };
}
