/**
 * RowTime: when an event happened, as a person beside the lab reads it.
 *
 * In the time of this computer, or in UTC. A terminal shows the time of day in each row and a line wherever another day
 * or offset begins, so that nothing is ambiguous and nothing is repeated; elsewhere each row has it all.
 */
import type { StoredEvent } from "../event/event.ts";
import { toMs } from "../event/instant.ts";
import { parseTimestamp } from "../event/timestamp.ts";
import { localZone, type ZoneReader, zoneReader } from "../event/zone.ts";

const HAS_OFFSET = /(?:Z|[+-]\d\d:?\d\d)$/i;
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

export interface RowTimeOptions {
  /** UTC instead of the time of this computer. */
  readonly utc?: boolean;
  /** Zone of timestamps without offset, where the store does not tell what it made of them. @default this computer's */
  readonly zone?: string | undefined;
}

export class RowTime {
  readonly #utc: boolean;
  readonly #zone: ZoneReader;

  constructor({ utc = false, zone }: RowTimeOptions = {}) {
    this.#utc = utc;
    this.#zone = zoneReader(zone ?? localZone());
  }

  /** Milliseconds since the epoch; undefined for a text that is no time. */
  msOf(event: StoredEvent): number | undefined {
    const { event_timestamp: text, received_at, skew_ms } = event;
    if (typeof text !== "string") return undefined;
    if (!HAS_OFFSET.test(text) && received_at && typeof skew_ms === "number") return Date.parse(received_at) - skew_ms;
    const read = parseTimestamp(text, this.#zone);
    return typeof read === "string" ? undefined : toMs(read.instant);
  }

  /** `Wednesday 2026-11-25, UTC+01:00` */
  day(ms: number): string {
    const wall = this.#wall(ms);
    return `${DAYS[wall.getUTCDay()]} ${wall.toISOString().slice(0, -14)}, UTC${this.#offset(ms)}`;
  }

  /** `17:35:34.123` */
  timeOfDay(ms: number): string {
    return this.#wall(ms).toISOString().slice(-13, -1);
  }

  /** `2026-11-25 17:35:34.123+01:00` */
  full(ms: number): string {
    const offset = this.#offset(ms);
    return `${this.#wall(ms).toISOString().slice(0, -1).replace("T", " ")}${offset === "" ? "Z" : offset}`;
  }

  /** A date whose UTC fields show the wall clock. */
  #wall(ms: number): Date {
    return this.#utc ? new Date(ms) : new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  }

  /** Empty for UTC itself. */
  #offset(ms: number): string {
    const minutes = this.#utc ? 0 : Math.round(-new Date(ms).getTimezoneOffset());
    if (minutes === 0) return "";
    const digits = (value: number) => String(Math.floor(value)).padStart(2, "0");
    const size = Math.abs(minutes);
    return `${minutes < 0 ? "-" : "+"}${digits(size / 60)}:${digits(size % 60)}`;
  }
}
