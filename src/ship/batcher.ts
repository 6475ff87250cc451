/** Batcher: the next lines of a source as events, ready for the courier. */
import type { EventInput } from "../event/event.ts";
import { timeOfId } from "../event/id.ts";
import { parseJson } from "../event/json.ts";
import type { Books } from "./books.ts";
import type { Drop } from "./drops.ts";
import type { Item } from "./item.ts";
import type { MapLine } from "./map.ts";
import type { Report } from "./report.ts";
import type { Line } from "./spool/spool-reader.ts";

/** Where lines come from: our own backlog, or the spool of a dead process. */
export interface LineSource {
  readonly sender: string;
  readonly map: MapLine;
  /** The next lines; all places up to `lastSeq` are taken then. */
  take(maxEvents: number, maxBytes: number): { readonly lines: readonly Line[]; readonly lastSeq: number };
}

export interface Batch {
  readonly source: LineSource;
  readonly items: readonly Item[];
  readonly lastSeq: number;
  /** Places of lines that `mapModule` left out, and of those that are too old. */
  readonly leftOut: readonly number[];
  readonly expired: readonly number[];
}

export interface BatcherOptions {
  readonly books: Books;
  readonly report: Report;
  /** Who is told about lines that are too old. */
  readonly dropped?: (drop: Drop) => void;
  /** Age from which lines are not sent any more, in ms. @default never */
  readonly maxAgeMs?: number | undefined;
  readonly now?: () => number;
}

export class Batcher {
  readonly #options: BatcherOptions;
  readonly #books: Books;
  readonly #report: Report;

  constructor(options: BatcherOptions) {
    this.#options = options;
    this.#books = options.books;
    this.#report = options.report;
  }

  take(source: LineSource, maxEvents: number, maxBytes: number): Batch {
    const { lines, lastSeq } = source.take(maxEvents, maxBytes);
    const items: Item[] = [];
    const leftOut: number[] = [];
    const expired: number[] = [];
    for (const line of lines) {
      if (this.#isExpired(line)) {
        expired.push(line.seq);
        continue;
      }
      const event = line.isEvent ? finished(line, source.sender) : this.#mapped(line, source);
      if (event === undefined) leftOut.push(line.seq);
      else items.push({ seq: line.seq, event, bytes: line.text.length, isReport: line.isEvent });
    }
    return { source, items, lastSeq, leftOut, expired };
  }

  /** The lines up to `seq` are settled. */
  settled({ source, leftOut, expired }: Batch, seq: number): void {
    const count = leftOut.filter((one) => one <= seq).length;
    if (count > 0) this.#books.drop({ reason: "map", count });
    const old = expired.filter((one) => one <= seq);
    const [firstSeq, lastSeq] = [old[0], old.at(-1)];
    if (firstSeq === undefined || lastSeq === undefined) return;
    this.#options.dropped?.({ reason: "expired", sender: source.sender, count: old.length, firstSeq, lastSeq });
  }

  /** The id of a line tells when it came. */
  #isExpired({ id, isEvent }: Line): boolean {
    const { maxAgeMs, now = Date.now } = this.#options;
    return maxAgeMs !== undefined && !isEvent && now() - timeOfId(id) > maxAgeMs;
  }

  #mapped({ text, id, seq }: Line, source: LineSource): EventInput | undefined {
    const { event, truncated, unparseable, problem } = source.map(text, { id, sender: source.sender, seq });
    if (truncated) {
      this.#books.add("truncated");
      this.#report("truncated", "an event was too large and has been cut");
    }
    if (unparseable) this.#books.add("unparseable");
    if (problem !== undefined) {
      this.#books.add("mapFailures");
      this.#report("map", problem);
    }
    return event;
  }
}

/** An event written by the shipper itself. */
function finished({ text, seq }: Line, sender: string): EventInput | undefined {
  const event = asJson(text) as EventInput | undefined;
  if (event === undefined) return undefined;
  const data = (event.event_data ?? {}) as Readonly<Record<string, unknown>>;
  return data.sender === sender ? { ...event, event_data: { ...data, seq } } : event;
}

/** It is intact, but another version may have written it in its own way. */
function asJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
