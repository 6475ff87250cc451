/**
 * File events: lines of a file → events with ids that follow from the file alone (file-ids.ts), so that shipping it again
 * stores every line once. A line's own ULID stays.
 */
import type { EventInput } from "../event/event.ts";
import { createMapLine, type MapLine, type Mapped, type Mapping } from "../ship/map.ts";
import { FileIds } from "./file-ids.ts";
import type { FileLine } from "./file-lines.ts";

export class FileEvents {
  readonly #map: MapLine;
  /** Tells the time of a line, whatever the caller's mapping makes of it; undefined where that is the same. */
  readonly #plain: MapLine | undefined;
  readonly #ids = new FileIds();

  constructor(map: MapLine, mapping: Mapping) {
    this.#map = map;
    const edits = mapping.mapModule !== undefined || mapping.map?.event_timestamp !== undefined;
    this.#plain = edits ? createMapLine({}) : undefined;
  }

  mapped(line: FileLine): Mapped {
    const random = this.#ids.randomOf(line);
    if (this.#plain !== undefined) this.#ids.at(timeOf(this.#read(this.#plain, line, random).event));
    const draft = this.#ids.idOf(random);
    const mapped = this.#read(this.#map, line, random);
    const { event } = mapped;
    if (event === undefined || this.#plain !== undefined) return mapped;
    this.#ids.at(timeOf(event));
    return event._id === draft ? { ...mapped, event: { ...event, _id: this.#ids.idOf(random) } } : mapped;
  }

  #read(map: MapLine, line: FileLine, random: Buffer): Mapped {
    return map(line.bytes, { id: this.#ids.idOf(random), sender: this.#ids.sender, seq: line.number });
  }
}

function timeOf(event: EventInput | undefined): number | undefined {
  const ms = Date.parse(String(event?.event_timestamp));
  return Number.isNaN(ms) ? undefined : ms;
}
