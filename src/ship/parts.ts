/** Parts: everything a shipper consists of, put together. */
import { Adoption } from "./adoption.ts";
import { Backlog } from "./backlog.ts";
import { Batcher, type LineSource } from "./batcher.ts";
import { Books } from "./books.ts";
import { systemClock } from "./clock.ts";
import type { Drop } from "./drops.ts";
import { Fleet } from "./fleet.ts";
import { levelPeek } from "./level-peek.ts";
import { LineCutter } from "./line-cutter.ts";
import { Losses } from "./losses.ts";
import type { MapLine } from "./map.ts";
import { createReport } from "./report.ts";
import { Schedule } from "./schedule.ts";
import { type ShipperOptions, unready, withoutSpool } from "./shipper-options.ts";
import type { SendError } from "./sink.ts";
import { nodeFileSystem } from "./spool/file-system.ts";
import { SpoolPlace } from "./spool-place.ts";

/** Longer lines are no events any more; MongoDB takes 16 MiB. */
const MAX_LINE_BYTES = 15_728_640;

export interface Callbacks {
  /** A spool of a dead process was found. */
  readonly found: () => void;
  readonly link: (trouble: SendError | undefined) => void;
}

export function partsOf(given: ShipperOptions, { found, link }: Callbacks) {
  const { sink, clock = systemClock, now = Date.now, fs = nodeFileSystem, report = createReport() } = given;
  const options = withoutSpool(given.options);
  const level = levelPeek(options.levelMap);
  const books = new Books();
  const place = new SpoolPlace({ ...given, fs, now });
  const common = { clock, now, fs, books, report, options, level };
  const folder = () => backlog.spool?.folder;
  const losses = new Losses({ ...common, sender: place.sender, folder: () => folder() });
  const oversize = (line: Buffer, bytes: number) => losses.oversize(line, bytes);
  const cutter = new LineCutter({ level, maxLineBytes: MAX_LINE_BYTES, oversize });
  const backlog: Backlog = new Backlog({
    ...common,
    spool: options.spool,
    memoryBytes: options.memoryBytes,
    open: () => place.open(losses),
    dropped: (drop: Drop) => losses.dropped(drop),
  });
  const take = (events: number, bytes: number) => backlog.take(events, bytes);
  const own: LineSource & { map: MapLine } = { sender: place.sender, map: unready, take };
  // Asked for every line: it may not be there yet.
  const ownMap = async (): Promise<MapLine> => (line, at) => own.map(line, at);
  const adoption = new Adoption({ ...common, place, losses, found, mapOf: given.mapOf ?? ownMap });
  const fleet = new Fleet({
    ...common,
    sink,
    link,
    random: given.random ?? Math.random,
    rejected: (item, reason) => losses.rejected(item, reason),
    stored: (items, duplicates) => {
      books.add("acknowledged", items);
      books.add("duplicates", duplicates);
    },
  });
  const dropped = (drop: Drop) => losses.dropped(drop);
  const batcher = new Batcher({ books, report, now, dropped, maxAgeMs: options.spool.maxAgeMs });
  const schedule = new Schedule({ ...common, own, backlog, adoption, batcher, maxBytes: () => fleet.maxBytes });
  if (options.spool.mode !== "off") adoption.start(folder);
  return {
    sink,
    options,
    clock,
    report,
    books,
    place,
    losses,
    cutter,
    backlog,
    own,
    adoption,
    fleet,
    batcher,
    schedule,
  };
}

export type Parts = ReturnType<typeof partsOf>;
