/**
 * How a log line of pino gets in: as a worker target, or as a stream in the application's own thread.
 *
 *   createTransport({ url })                                            a worker, looked after; the application never waits
 *   pino.transport({ target: "madsci-events/pino", options: { url } })   the same worker, by itself
 *   createEventStream({ url }), createEventStream(store)                 in process: bundles, tests, short programs
 *
 * What a line means is src/event/line.ts; spool, batches, retries and the end are src/ship. README.md beside this file
 * says which of them to choose.
 */
import type { Writable } from "node:stream";
import type { TransportOptions } from "./options.ts";
import { targetOf } from "./target.ts";

export type {
  BatchOptions,
  CloseOptions,
  DeadLetterOptions,
  Fsync,
  Overflow,
  RetryOptions,
  ShipOptions,
  SpoolOptions,
} from "../src/ship/options.ts";
export type { ShipStats } from "../src/ship/shipper.ts";
export type { StoreLike } from "../src/ship/store-sink.ts";
export { withEventIds } from "./event-ids.ts";
export { createEventStream, type EventStream } from "./event-stream.ts";
export type { TransportOptions } from "./options.ts";
export type { ShutdownOptions } from "./shutdown.ts";
export { traceMixin } from "./trace.ts";
export { createTransport } from "./transport.ts";
export type { TransportStream } from "./transport-stream.ts";

/**
 * The pino target: `pino.transport({ target: "madsci-events/pino", options })`.
 * @throws EventStoreError `EVT_INVALID_OPTION`; pino emits it as `error` on the transport.
 * @since 0.1.0
 */
export default async function pinoTarget(options: TransportOptions): Promise<Writable> {
  return targetOf(options);
}
