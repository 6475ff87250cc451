/**
 * Several engines on one database, stalled, failed and started again at random: the incidents are those of a single engine
 * that nothing happens to, and nobody is told more often than the lead was lost.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Alerts } from "../../src/alert/engine.ts";
import { EventStoreError } from "../../src/errors.ts";
import { EngineBench, NODE_ERROR } from "./engine-bench.ts";
import { type Fault, FaultyRecords } from "./faulty-records.ts";
import { MINUTE, SECOND } from "./lab.ts";

const RUNS = process.env.FUZZ ? 600 : 25;
const REPLICAS = 3;
/** Longer than anybody keeps the lead without a renewal. */
const STALL_MS = 40 * SECOND;

const RULES = [
  { ...NODE_ERROR, groupWait: "2s", groupInterval: "10s", resolveAfter: "never" as const },
  {
    ...{ id: "often", kind: "threshold" as const, select: { event_type: "node_error" }, count: 3, within: "20s" },
    ...{ groupBy: "source.node_id", groupWait: "0s", resolveAfter: "never" as const },
  },
  { id: "all", select: { log_level: 20 }, groupBy: [], groupWait: "0s", burst: 3, resolveAfter: "never" as const },
];

/** One process: its calls take random times, fail, or hang. */
class Replica {
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

function randomOf(seed: number): () => number {
  let state = seed % 2_147_483_646 || 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant("append" as const), node: fc.nat(4) }) },
  { weight: 5, arbitrary: fc.record({ does: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 9000 }) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constantFrom("stall", "die", "fail"), who: fc.nat(REPLICAS - 1) }) },
);

interface Lab {
  readonly bench: EngineBench;
  readonly replicas: Replica[];
  readonly random: () => number;
  losses: number;
}

async function happen(lab: Lab, step: typeof happening extends fc.Arbitrary<infer T> ? T : never): Promise<void> {
  const { bench, replicas, random } = lab;
  if ("node" in step) return void bench.append({ source: { node_id: `node-${step.node}` } });
  if ("ms" in step) return bench.advance(step.ms);
  const replica = replicas[step.who] as Replica;
  if (step.does === "fail") {
    replica.failing = !replica.failing;
    return;
  }
  lab.losses++;
  if (step.does === "stall") {
    replica.stalledUntilMs = bench.clock.elapsed() + STALL_MS;
    return;
  }
  replica.dead = true;
  const next = new Replica(bench, random);
  replicas[step.who] = next;
  next.start();
}

async function incidentsOf(bench: EngineBench): Promise<string[]> {
  const reader = await bench.start({ lead: false });
  const { items } = await reader.incidents();
  return items
    .map(({ rule, labels, incident_id, total, state, samples, first_at, last_at }) =>
      [
        rule,
        labels["source.node_id"],
        incident_id,
        total,
        state,
        first_at,
        last_at,
        ...samples.map(({ _id }) => _id),
      ].join(),
    )
    .sort();
}

/** A single engine on the same events, without any trouble. */
async function expected(bench: EngineBench): Promise<string[]> {
  const calm = new EngineBench({ rules: RULES });
  calm.clock.jump(bench.clock.now() - calm.clock.now());
  for (const event of bench.added) calm.keep(event);
  await calm.start();
  await calm.advance(MINUTE);
  const found = await incidentsOf(calm);
  await calm.close();
  return found;
}

describe("three engines on one database", () => {
  it("have the incidents of one engine, and tell each as often as the lead was lost at most", async () => {
    const script = fc.tuple(fc.nat(), fc.array(happening, { minLength: 10, maxLength: 60 }));
    await fc.assert(
      fc.asyncProperty(script, async ([seed, steps]) => {
        const bench = new EngineBench({ rules: RULES });
        const random = randomOf(seed);
        const lab: Lab = { bench, random, losses: 0, replicas: [] };
        for (let i = 0; i < REPLICAS; i++) lab.replicas.push(new Replica(bench, random));
        for (const replica of lab.replicas) replica.start();
        for (const step of steps) await happen(lab, step);
        for (const replica of lab.replicas) replica.healed = true;
        await bench.advance(2 * MINUTE);

        const found = await incidentsOf(bench);
        expect(found).toEqual(await expected(bench));
        const told = new Set(bench.told.map(({ notification }) => notification.incident_id));
        expect(told.size).toBe(found.length);
        for (const times of bench.times().values()) expect(times).toBeLessThanOrEqual(1 + lab.losses);
        expect((await bench.memory.waiting("rules")).count).toBe(0);
        expect(await bench.memory.count("notifications", ["pending", "retry", "sending"])).toBe(0);
        expect(lab.replicas.filter(({ engine }) => engine?.stats().leading).length).toBe(1);
        const closing = lab.replicas.map(({ engine }) => engine?.close());
        await bench.advance(MINUTE);
        await Promise.all(closing);
      }),
      { numRuns: RUNS },
    );
  }, 60_000);

  it("hand the lead over at once when the leader closes, and tell nobody twice", async () => {
    const bench = new EngineBench({ rules: RULES });
    const engines: Alerts[] = [];
    for (let i = 0; i < REPLICAS; i++) engines.push(await bench.start({ alone: false }));
    for (let i = 0; i < REPLICAS; i++) {
      await bench.advance(2 * SECOND);
      bench.append({ source: { node_id: `node-${i}` } });
      await bench.advance(0);
      const leading = engines.filter((engine) => engine.stats().leading);
      expect(leading.length).toBe(1);
      engines.splice(engines.indexOf(leading[0] as Alerts), 1);
      await leading[0]?.close();
    }
    engines.push(await bench.start({ alone: false }));
    await bench.advance(MINUTE);
    expect((await incidentsOf(bench)).length).toBe(1 + REPLICAS);
    expect(new Set(bench.times().values())).toEqual(new Set([1]));
    await Promise.all(engines.map((engine) => engine.close()));
  });
});
