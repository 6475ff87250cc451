/** Shipping: a shipper with everything it needs, made from a transport's options. */
import { failoverSink } from "../src/ship/failover-sink.ts";
import { httpSink } from "../src/ship/http-sink.ts";
import { createMapLine, loadMapModule, type MapLine, type Mapping } from "../src/ship/map.ts";
import { invalid } from "../src/ship/option-checks.ts";
import { type ResolvedShipOptions, resolveShipOptions, type ShipOptions } from "../src/ship/options.ts";
import { createReport } from "../src/ship/report.ts";
import { Shipper } from "../src/ship/shipper.ts";
import type { Sink } from "../src/ship/sink.ts";
import { type StoreLike, storeSink } from "../src/ship/store-sink.ts";
import {
  checkTransportOptions,
  defaultSpoolDir,
  destinationOf,
  OWN_OPTIONS,
  type TransportOptions,
} from "./options.ts";
import { lineKeysOf, type PinoConfig } from "./pino-config.ts";

/** A shipper, and a way to tell it which keys pino uses. */
export interface Shipping {
  readonly shipper: Shipper;
  readonly options: ResolvedShipOptions;
  /** Nothing is sent; on disk is as far as a line gets. */
  readonly isParked: boolean;
  announce(config: PinoConfig): void;
}

/** Checks everything and opens nothing. @throws EventStoreError `EVT_INVALID_OPTION` */
export function checkOptions(options: TransportOptions): ResolvedShipOptions {
  const resolved = resolveShipOptions(options, OWN_OPTIONS);
  checkTransportOptions(options);
  createMapLine(mappingOf(resolved));
  sinkOf(options);
  return resolved.spool.mode === "off" || resolved.spool.dir !== undefined
    ? resolved
    : { ...resolved, spool: { ...resolved.spool, dir: defaultSpoolDir() } };
}

/** How a line differs from the usual. */
export interface ShippingMode {
  /** Options that were checked before. */
  readonly resolved?: ResolvedShipOptions;
  /** Only spools: a map module that may have killed a thread must not run in this one. */
  readonly isParked?: boolean;
  /** Something may be settled now. */
  readonly settled?: () => void;
}

/** @throws EventStoreError `EVT_INVALID_OPTION` */
export function shippingTo(options: TransportOptions, mode: ShippingMode = {}): Shipping {
  const resolved = mode.resolved ?? checkOptions(options);
  return shippingOf(sinkOf(options), resolved, { ...mode, destination: destinationOf(urlsOf(options.url)) });
}

/** Into a store of this process; spooled only when a folder is given. @throws EventStoreError `EVT_INVALID_OPTION` */
export function shippingInto(store: StoreLike, options: ShipOptions): Shipping {
  return shippingOf(
    storeSink(() => store, false),
    resolveShipOptions(options),
    { destination: "store" },
  );
}

function shippingOf(
  sink: Sink,
  options: ResolvedShipOptions,
  mode: ShippingMode & { readonly destination: string },
): Shipping {
  const { destination, isParked = false, settled } = mode;
  const mapOf = isParked ? never : mapNow;
  const map = isParked ? never : mapLater;
  let mapping = mappingOf(options);
  const shipper = new Shipper({
    sink: settled === undefined ? sink : telling(sink, settled),
    options,
    mapping,
    map: map(mapping),
    mapOf,
    destination,
    report: createReport(),
  });
  const announce = (config: PinoConfig) => {
    mapping = { ...lineKeysOf(config), ...mappingOf(options) };
    shipper.remap(mapping, map(mapping));
  };
  return { shipper, options, isParked, announce };
}

/** What is not mapped is not sent. */
function never(): Promise<MapLine> {
  return new Promise(() => {});
}

/** Lets a sink say when something may have been settled: after the shipper has looked at the answer. */
function telling(sink: Sink, settled: () => void): Sink {
  const deliver = sink.send.bind(sink);
  const send: Sink["send"] = async (events, signal) => {
    const verdicts = await deliver(events, signal);
    setImmediate(settled);
    return verdicts;
  };
  return Object.assign(sink, { send });
}

export function mappingOf(options: ResolvedShipOptions): Mapping {
  const { source, sourceKeys, levelMap, messageKey, errorKey, map, mapModule, maxEventBytes } = options;
  const keys = { ...(messageKey && { messageKey }), ...(errorKey && { errorKey }), ...(mapModule && { mapModule }) };
  return { source, sourceKeys, levelMap, map, maxEventBytes, ...keys };
}

/** The mapping of a spool found on disk, whose module may be gone by now. */
export async function mapNow(mapping: Mapping): Promise<MapLine> {
  return mapLater(mapping);
}

/** A module is loaded while lines already come in. */
function mapLater(mapping: Mapping): MapLine | Promise<MapLine> {
  if (mapping.mapModule === undefined) return createMapLine(mapping);
  return loadMapModule(mapping.mapModule).then(
    (module) => createMapLine(mapping, module),
    (error: Error) => failing(createMapLine(mapping), error.message),
  );
}

/** Every event says that it went without the module. */
function failing(map: MapLine, problem: string): MapLine {
  return (line, place) => ({ ...map(line, place), problem });
}

function urlsOf(url: unknown): readonly string[] {
  const urls = Array.isArray(url) ? url : [url];
  if (urls.length === 0 || urls.some((one) => typeof one !== "string")) {
    throw invalid("url is required: http(s)://…, sqlite:PATH or mongodb://…, or several of them");
  }
  return urls;
}

export function sinkOf(options: TransportOptions): Sink {
  const urls = urlsOf(options.url);
  const [first] = urls as [string];
  if (urls.length === 1) return sinkFor(first, options);
  return failoverSink(urls.map((name) => ({ name, sink: sinkFor(name, options) })));
}

function sinkFor(url: string, { auth, token, headers, compression, tls }: TransportOptions): Sink {
  if (/^https?:/i.test(url)) {
    const given = { token: token ?? auth?.token, tokenFile: auth?.tokenFile, headers, compression, tls };
    return httpSink({ url, ...defined(given) });
  }
  if (/^(memory:|sqlite::memory:)/.test(url)) {
    throw invalid("a store in memory is gone with the transport; use sqlite:PATH, or createEventStream(store)");
  }
  if (!/^(sqlite:.|mongodb(\+srv)?:\/\/)/.test(url)) {
    throw invalid("url must be http(s)://…, sqlite:PATH or mongodb://…");
  }
  return storeSink(async () => {
    const { EventStore } = await import("../src/store/store.ts");
    return EventStore.open(url);
  }, true);
}

/** Calls back once, within the time a close may take, and never with an error: an error would end pino's worker. */
export function flushShipping({ shipper, options, isParked }: Shipping, done: () => void): void {
  let timer: NodeJS.Timeout | undefined;
  const time = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, options.closeMs);
  });
  const read = new Promise<void>((resolve) => setImmediate(resolve));
  void Promise.race([read.then(() => (isParked ? undefined : shipper.flush())), time]).then(() => {
    clearTimeout(timer);
    shipper.flushSync();
    done();
  });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>;
}
