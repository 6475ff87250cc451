/** What `createTransport` answers. */
import type { EventEmitter } from "node:events";
import type { ShipStats } from "../src/ship/shipper.ts";
import type { ShutdownOptions } from "./shutdown.ts";
import type { traceMixin } from "./trace.ts";

/** A stream for pino, with its helpers; each may be taken out by itself. @since 0.1.0 */
export interface TransportStream extends EventEmitter {
  /** The stream itself, for `const { stream } = createTransport(…)`. */
  readonly stream: TransportStream;
  write(line: string): boolean;
  /** Calls back when everything written is acknowledged, or safe on disk while nobody answers. */
  flush(done?: (error?: Error) => void): void;
  /** Waits until everything written is in the spool. */
  flushSync(): void;
  /** Delivers what is pending, then emits `close`; the process stays alive until then. */
  end(done?: () => void): void;
  end(line: string, done?: () => void): void;
  /** How it goes, as the worker told last; undefined before it did. Fresh after `flush`. */
  stats(): ShipStats | undefined;
  /** Delivers on SIGTERM, SIGINT, SIGHUP and uncaught errors; answers a function that undoes it. */
  installShutdown(options?: ShutdownOptions): () => void;
  /** A mixin for pino: trace and span of OpenTelemetry. */
  readonly traceMixin: typeof traceMixin;
}
