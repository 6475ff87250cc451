/** What a shipper is made of: everything that touches the world is given to it. */
import type { Clock } from "./clock.ts";
import type { MapLine, Mapping } from "./map.ts";
import type { ResolvedShipOptions } from "./options.ts";
import type { Report } from "./report.ts";
import type { Sink } from "./sink.ts";
import type { FileSystem } from "./spool/file-system.ts";

export interface ShipperOptions {
  readonly sink: Sink;
  readonly options: ResolvedShipOptions;
  /** How lines become events, as data and as a function. */
  readonly mapping: Mapping;
  readonly map: MapLine | Promise<MapLine>;
  /** The same for the spool of another process. */
  readonly mapOf?: (mapping: Mapping) => Promise<MapLine>;
  /** Where events go, in words without secrets; spools of dead processes with the same words are adopted. */
  readonly destination?: string;
  readonly clock?: Clock;
  /** Wall clock, in ms. */
  readonly now?: () => number;
  readonly random?: () => number;
  readonly report?: Report;
  readonly fs?: FileSystem;
}

/** Without a folder there is no spool. */
export function withoutSpool(options: ResolvedShipOptions): ResolvedShipOptions {
  if (options.spool.dir !== undefined) return options;
  return { ...options, spool: { ...options.spool, mode: "off" } };
}

/** Stands where the map will be; nothing is mapped before it is there. */
export const unready: MapLine = () => ({ event: undefined, truncated: false, unparseable: false });
