/**
 * Delivery: events of a client → its server, through the shipping engine (ship/): in batches, again until acknowledged.
 *
 * Taking an event in never waits and never throws. In memory (the default) at most `memory.maxBytes` wait, the least
 * important go first, and what is still there when the process exits is lost and said to be. With a spool it waits on
 * disk, for this process or the next one that ships to the same server.
 */
import type { EventInput } from "../event/event.ts";
import { LEVEL, type LogLevel } from "../event/levels.ts";
import { atExit } from "../ship/at-exit.ts";
import { systemClock } from "../ship/clock.ts";
import { httpSink } from "../ship/http-sink.ts";
import { createMapLine, loadMapModule, type MapLine, type Mapping } from "../ship/map.ts";
import { finishedLine } from "../ship/map-finished.ts";
import { Shipper, type ShipStats } from "../ship/shipper.ts";
import type { Tell } from "./diagnostics.ts";
import { pinoNumber } from "./levels.ts";
import type { ResolvedClientOptions } from "./options.ts";

/**
 * What became of all events logged so far. `logged` is the sum of the four that follow.
 * @since 0.1.0
 */
export interface DeliverySummary {
  readonly logged: number;
  /** Durable on the server, which may have had them already (`duplicates`). */
  readonly acknowledged: number;
  /** Waiting or under way; with a spool they are on disk. */
  readonly pending: number;
  /** Refused by the server for good; kept in the spool's folder where there is one, else counted as dropped. */
  readonly deadLettered: number;
  /** Lost, and told of. */
  readonly dropped: number;
  readonly duplicates: number;
  /** How the connection is: `"online"`, `"backoff"` (trying again), `"held"` (a person must help), `"closed"` … */
  readonly link: ShipStats["link"];
}

export class Delivery {
  readonly #shipper: Shipper;
  readonly #tell: Tell;
  readonly #forget: () => void;
  /** Calls that could not become an event. */
  #failed = 0;

  constructor({ ship, sink, target }: ResolvedClientOptions, tell: Tell) {
    const mapping: Mapping = { maxEventBytes: ship.maxEventBytes, finished: true };
    this.#tell = tell;
    this.#shipper = new Shipper({
      sink: httpSink(sink),
      options: ship,
      mapping,
      map: createMapLine(mapping),
      mapOf,
      destination: target.base,
      report: (kind, message) => tell({ kind, message }),
    });
    this.#forget = atExit(() => this.#leave());
  }

  /** Takes an event in. @throws what JSON cannot express */
  accept(event: EventInput): void {
    // An alert must not wait for its batch to fill, nor be the first to go.
    const level = event.alert === true ? LEVEL.CRITICAL : (event.log_level as LogLevel);
    this.#shipper.accept(finishedLine(pinoNumber(level), event));
  }

  /** A call is lost. */
  failed(): void {
    this.#failed += 1;
  }

  /** Resolves when all logged so far is settled, safe on disk while the server does not answer, or the time is over. */
  async flush(withinMs: number): Promise<DeliverySummary> {
    let cancel = () => {};
    const time = new Promise<void>((resolve) => {
      cancel = systemClock.after(withinMs, resolve);
    });
    await Promise.race([this.#shipper.flush(), time]);
    cancel();
    return this.summary();
  }

  /** Delivers what it can within `close.totalMs`. Safe twice. */
  async close(): Promise<DeliverySummary> {
    await this.#shipper.close();
    this.#forget();
    return this.summary();
  }

  summary(): DeliverySummary {
    const { in: taken, acknowledged, pending, deadLettered, dropped, duplicates, link } = this.#shipper.stats();
    const own = { logged: taken + this.#failed, dropped: dropped + this.#failed };
    return { ...own, acknowledged, pending, deadLettered, duplicates, link };
  }

  stats(): ShipStats {
    return this.#shipper.stats();
  }

  /** The process ends without `close()`. */
  #leave(): void {
    this.#shipper.leave();
    const { pending, spool } = this.#shipper.stats();
    if (pending === 0 || spool === "ok" || spool === "full") return;
    const message = `${pending} event(s) lost: the process ended without close(), and there is no spool`;
    this.#tell({ kind: "closed", message });
  }
}

/** For the spool of a dead process, which may have been another program's with a map of its own. */
async function mapOf(mapping: Mapping): Promise<MapLine> {
  if (mapping.mapModule === undefined) return createMapLine(mapping);
  return createMapLine(mapping, await loadMapModule(mapping.mapModule).catch(() => undefined));
}
