/**
 * MapLine: bytes of a log line and where they stood → the event that is sent.
 *
 *   bytes ─ text ─ parsed line ─ fields lifted ─ map (templates) ─ sender and seq ─ mapModule ─ fit
 *
 * Total: whatever the bytes are, an event comes out that a store takes, and the same bytes at the same place give the
 * same event (a line without a time gets that of its id). Not here: how a line is read (map-read.ts) and what it
 * means (event/line.ts), what a module may answer (map-module.ts), what is cut (fit.ts).
 */
import type { EventInput, Source } from "../event/event.ts";
import type { LogLevel } from "../event/levels.ts";
import type { LineMap } from "../event/line-map.ts";
import { EVENT_BYTES, fitEvent, roomOf } from "./fit.ts";
import { mapFinished } from "./map-finished.ts";
import { askModule, eventOf, type MapModule } from "./map-module.ts";
import { lineReader, PLACE_BYTES, type Place, type Read, stamp } from "./map-read.ts";

export { loadMapModule, type MapModule } from "./map-module.ts";

/**
 * What decides how a line becomes an event; plain data (JSON), because it is kept beside the spool for whoever adopts it.
 * @since 0.1.0
 */
export interface Mapping {
  /** Ids every event carries; those of a line win. @default {} */
  readonly source?: Source;
  /** Further binding names and the source field each stands for. @default {} */
  readonly sourceKeys?: Readonly<Record<string, keyof Source>>;
  /** Level numbers or labels of the logger's own. @default {} */
  readonly levelMap?: Readonly<Record<string, LogLevel>>;
  /** @default "msg" */
  readonly messageKey?: string;
  /** @default "err" */
  readonly errorKey?: string;
  /** Event fields by templates over the line's keys, such as `{ "event_type": "{kind}" }`. @default {} */
  readonly map?: LineMap;
  /** Absolute path or `file:` URL of a module with the last word; see {@link loadMapModule}. */
  readonly mapModule?: string;
  /** Bytes of one event as JSON, from 8_192 to 262_144; a number outside counts as the nearer one. @default 262_144 */
  readonly maxEventBytes?: number;
  /** Lines are events already, as a client writes them (map-finished.ts); the rest is for those that are not. @default false */
  readonly finished?: boolean;
}

export interface Mapped {
  /** Undefined: the module dropped it on purpose. */
  readonly event: EventInput | undefined;
  /** Something of the line was cut. */
  readonly truncated: boolean;
  /** The line is no JSON object; its text became the message. */
  readonly unparseable: boolean;
  /** What is wrong with the module's answer. */
  readonly problem?: string;
}

export type MapLine = (line: string | Uint8Array, place: Place) => Mapped;

/**
 * A pure function; `module` is what {@link loadMapModule} loaded for `mapping.mapModule`.
 * @throws EventStoreError `EVT_INVALID_OPTION` where `mapping.map` is malformed.
 */
export function createMapLine(mapping: Mapping, module?: MapModule): MapLine {
  if (mapping.finished) return mapFinished(mapping.maxEventBytes, createMapLine({ ...mapping, finished: false }));
  const maxBytes = mapping.maxEventBytes ?? EVENT_BYTES.most;
  const read = lineReader(mapping, roomOf(maxBytes));
  if (module === undefined) return (line, place) => fitted(read(line, place), place, maxBytes);
  return (line, place) => {
    const first = read(line, place);
    const id = first.event._id as string;
    const answer = askModule(module, first.event, first.line);
    // The module may have changed what it was given, so the event as it was is mapped anew.
    if ("problem" in answer) return { ...fitted(read(line, place), place, maxBytes), problem: answer.problem };
    if (answer.given === undefined) return fitted(read(line, place), place, maxBytes);
    if (answer.given === null) return { event: undefined, truncated: false, unparseable: first.unparseable };
    const { event, unfit } = eventOf(answer.given, id, () => read(line, place).event);
    const mapped = fitted({ ...first, event, fits: false }, place, maxBytes);
    return unfit.length === 0 ? mapped : { ...mapped, problem: `mapModule: ${unfit.join(", ")} does not fit` };
  };
}

function fitted(read: Read, place: Place, maxBytes: number): Mapped {
  const { event, fits, truncated, unparseable } = read;
  if (fits) return { event, truncated, unparseable };
  stamp(event, place, read.prefix);
  const held = fitEvent(event, read.text, maxBytes - PLACE_BYTES);
  if (held.event !== event) stamp(held.event, place, "");
  return { event: held.event, truncated: truncated || held.truncated, unparseable };
}
