/**
 * Fleet: one courier, or up to four side by side where the order of events does not matter (`ordered: false`).
 *
 * How many are used follows what the other side bears: one more after every batch that went through, half of them after
 * a failure. Batches are settled in the order in which they were taken, so that the checkpoint never passes a gap.
 */
import type { Batch } from "./batcher.ts";
import { Courier, type CourierOptions, type LinkState } from "./courier.ts";
import type { Item } from "./item.ts";
import type { SendError } from "./sink.ts";

interface Flight {
  readonly batch: Batch;
  readonly courier: Courier;
  /** Resolves when the courier has done with it. */
  readonly landing: Promise<void>;
  isLanded: boolean;
}

export class Fleet {
  readonly #couriers: readonly Courier[];
  /** In the order of their batches. */
  #flights: Flight[] = [];
  #used = 1;

  constructor(options: CourierOptions) {
    const link = (trouble: SendError | undefined) => {
      if (trouble !== undefined) this.#used = Math.max(1, this.#used >> 1);
      options.link(trouble);
    };
    this.#couriers = Array.from({ length: options.options.concurrency }, () => new Courier({ ...options, link }));
  }

  /** The batch at hand that was taken first. */
  get first(): Batch | undefined {
    return this.#flights[0]?.batch;
  }

  get isEmpty(): boolean {
    return this.#flights.length === 0;
  }

  /** True when another batch could leave now. */
  get hasRoom(): boolean {
    return this.#flights.length < this.#used;
  }

  /** True after giving up, which a courier may also do by itself at the end. */
  get isDone(): boolean {
    return this.#couriers.some(({ isDone }) => isDone);
  }

  /** Bytes a batch may have, as learned from the sink. */
  get maxBytes(): number {
    return Math.min(...this.#couriers.map(({ maxBytes }) => maxBytes));
  }

  /** Failed attempts of the luckiest since its last success. */
  get failures(): number {
    return Math.min(...this.#couriers.slice(0, this.#used).map(({ failures }) => failures));
  }

  get state(): LinkState {
    const states = this.#couriers.map(({ state }) => state);
    const found = (["online", "backoff", "held"] as const).find((state) => states.includes(state));
    return found ?? "connecting";
  }

  /** How it went so far; times are those of the first courier. */
  get record(): Courier["record"] {
    const records = this.#couriers.map(({ record }) => record);
    const sum = (of: "batches" | "retries") => records.reduce((total, record) => total + record[of], 0);
    const ages = records.flatMap(({ lastAckAgeMs }) => lastAckAgeMs ?? []);
    const [{ rttMs }] = records as [Courier["record"]];
    return {
      batches: sum("batches"),
      retries: sum("retries"),
      lastAckAgeMs: ages.length > 0 ? Math.min(...ages) : null,
      rttMs,
    };
  }

  launch(batch: Batch): void {
    const busy = new Set(this.#flights.map(({ courier }) => courier));
    const courier = this.#couriers.find((one) => !busy.has(one)) as Courier;
    const landing = courier.deliver([...batch.items]).then(() => {
      flight.isLanded = true;
    });
    const flight: Flight = { batch, courier, landing, isLanded: false };
    this.#flights.push(flight);
  }

  /** This batch will be next. */
  prepare(batch: Batch): void {
    this.#couriers[0]?.prepare(batch.items);
  }

  /** Waits for one of them to land; answers what can be settled then, in order. */
  async landed(): Promise<readonly Batch[]> {
    await Promise.race(this.#flights.filter(({ isLanded }) => !isLanded).map(({ landing }) => landing));
    if (this.isDone) return [];
    const open = this.#flights.findIndex(({ isLanded }) => !isLanded);
    const landed = this.#flights.splice(0, open < 0 ? this.#flights.length : open);
    this.#used = Math.min(this.#couriers.length, this.#used + landed.length);
    return landed.map(({ batch }) => batch);
  }

  hurry(once: boolean): void {
    for (const courier of this.#couriers) courier.hurry(once);
  }

  /** Stops for good; answers what was at hand, in order, and which items of it are not settled. */
  giveUp(): readonly { readonly batch: Batch; readonly left: readonly Item[] }[] {
    return this.#flights.splice(0).map(({ batch, courier }) => ({ batch, left: courier.giveUp() }));
  }
}
