/**
 * EventRows: one line per event for people: time, level, type, node, message, and the rest of its data dim behind it.
 *
 * Columns keep their places while rows come: that of the type grows with what was seen, up to a bound. No text of an
 * event can steer the terminal (see `printable`).
 */
import type { StoredEvent } from "../event/event.ts";
import { levelName } from "../event/levels.ts";
import { wordsOf } from "./event-words.ts";
import type { Paint, Style } from "./paint.ts";
import type { RowTime } from "./row-time.ts";
import { printable } from "./table.ts";
import { cut, padded, widthOf } from "./width.ts";

/** How rows look. */
export interface Look {
  readonly paint: Paint;
  readonly time: RowTime;
  /** Cells after which a line is cut; undefined for no limit. */
  readonly columns: number | undefined;
  /** Time of day in each row and a line for each day; otherwise date, time and offset in each. */
  readonly dayLines: boolean;
}

type Piece = readonly [style: Style, text: string];

const LEVEL_WIDTH = 8;
const NODE_WIDTH = 6;
const TYPE_WIDTHS = { least: 16, most: 26 } as const;
const STYLES: readonly (readonly [least: number, style: Style])[] = [
  [50, "alarm"],
  [40, "red"],
  [30, "yellow"],
  [20, "green"],
];

export class EventRows {
  readonly #look: Look;
  #typeWidth: number = TYPE_WIDTHS.least;
  #day: string | undefined;
  #begun = false;

  constructor(look: Look) {
    this.#look = look;
  }

  page(events: readonly StoredEvent[]): string {
    if (events.length > 0) this.#begun = true;
    const widest = Math.max(this.#typeWidth, ...events.map((event) => widthOf(printable(event.event_type))));
    this.#typeWidth = Math.min(TYPE_WIDTHS.most, widest);
    return events.map((event) => this.#row(event)).join("");
  }

  end(): string {
    return this.#begun ? "" : "no events\n";
  }

  #row(event: StoredEvent): string {
    const ms = this.#look.time.msOf(event);
    const { message, rest } = wordsOf(event.event_data);
    const pieces: Piece[] = [
      ["dim", this.#timeText(event, ms)],
      [styleOf(event.log_level), padded(levelName(event.log_level), LEVEL_WIDTH)],
      ["cyan", padded(cut(printable(event.event_type), this.#typeWidth), this.#typeWidth)],
      ["dim", padded(printable(event.source?.node_id ?? "-").slice(-NODE_WIDTH), NODE_WIDTH)],
      ...(event.alert ? [["alarm", "ALERT"] as const] : []),
      ...(event.archived ? [["dim", "(archived)"] as const] : []),
      [event.log_level >= 50 ? "alarm" : "plain", printable(message)],
      ["dim", printable(rest.join(" "))],
    ];
    return `${this.#dayLine(ms)}${this.#line(pieces)}\n`;
  }

  #timeText(event: StoredEvent, ms: number | undefined): string {
    if (ms === undefined) return printable(String(event.event_timestamp));
    return this.#look.dayLines ? this.#look.time.timeOfDay(ms) : this.#look.time.full(ms);
  }

  /** The line above the first event of a day. */
  #dayLine(ms: number | undefined): string {
    if (!this.#look.dayLines || ms === undefined) return "";
    const day = this.#look.time.day(ms);
    if (day === this.#day) return "";
    this.#day = day;
    return `${this.#look.paint("dim", `--- ${day}`)}\n`;
  }

  /** The pieces with a blank between them, cut to the terminal; what is cut off is cut before it is painted. */
  #line(pieces: readonly Piece[]): string {
    let left = this.#look.columns ?? Number.POSITIVE_INFINITY;
    const shown: string[] = [];
    for (const [style, text] of pieces.filter(([, text]) => text !== "")) {
      if (left < 1) break;
      const fitting = cut(text, left);
      shown.push(this.#look.paint(style, fitting));
      left -= widthOf(fitting) + 1;
    }
    return shown.join(" ").trimEnd();
  }
}

function styleOf(level: number): Style {
  return STYLES.find(([least]) => level >= least)?.[1] ?? "dim";
}
