/** One of several engines on one database: stalled, failing or dead when a test says so. Registers no hooks. */
import type { Alerts } from "../../src/alert/engine.ts";
import { EventStoreError } from "../../src/errors.ts";
import type { EngineBench } from "./engine-bench.ts";
import { type Fault, FaultyRecords } from "./faulty-records.ts";

/** One process: its calls take random times, fail, or hang. */
export class Replica {
  readonly #bench: EngineBench;
  readonly #random: () => number;
  engine: Alerts | undefined;
  /** Nothing of it gets through before this. */
  stalledUntilMs = 0;
  failing = false;
  healed = false;
  dead = false;

  constructor(bench: EngineBench, random: () => number) {
    this.#bench = bench;
    this.#random = random;
  }

  readonly #fault: Fault = {
    fate: () => {
      if (this.dead) return "lost";
      if (this.healed) return "done";
      const chance = this.#random();
      if (this.failing && chance < 0.2) return chance < 0.1 ? "lost" : "unheard";
      return "done";
    },
    trouble: () =>
      this.dead ? new Promise(() => {}) : Promise.reject(new EventStoreError("EVT_BACKEND_UNAVAILABLE", "away")),
  };

  start(): void {
    const inner = new FaultyRecords(this.#bench.memory, this.#fault);
    const records = Object.fromEntries(
      Object.entries(inner).map(([name, call]) => [
        name,
        async (...args: unknown[]) => {
          await this.#pause();
          const answer = await call(...args);
          await this.#pause();
          return answer;
        },
      ]),
    ) as unknown as FaultyRecords;
    void this.#bench
      .start({ records, alone: false, send: () => (this.dead ? new Promise(() => {}) : undefined) })
      .then((engine) => {
        this.engine = engine;
      })
      .catch(() => {});
  }

  /** Between the caller and the database, either way. */
  async #pause(): Promise<void> {
    const { clock } = this.#bench;
    const after = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
    if (!this.healed && this.#random() < 0.1) await after(Math.floor(this.#random() * 300));
    while (clock.elapsed() < this.stalledUntilMs) await after(this.stalledUntilMs - clock.elapsed());
  }
}

export function randomOf(seed: number): () => number {
  let state = seed % 2_147_483_646 || 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
