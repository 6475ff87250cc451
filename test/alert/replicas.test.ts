/**
 * Several engines on one database, stalled, failed and started again at random: the incidents are those of a single engine
 * that nothing happens to, and nobody is told more often than the lead was lost.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Alerts } from "../../src/alert/engine.ts";
import { EngineBench, NODE_ERROR } from "./engine-bench.ts";
import { type EventChange, MINUTE, SECOND } from "./lab.ts";
import { Replica, randomOf } from "./replica.ts";

const RUNS = process.env.FUZZ ? 600 : 16;
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

/** Rules whose incidents begin and end by the passing of time. */
const TIMED = [
  { id: "m", select: { event_type: "node_error" }, groupBy: "source.node_id", groupWait: "0s", resolveAfter: "45s" },
  {
    ...{ id: "held", select: { event_type: "node_error" }, groupBy: "source.node_id", groupWait: "0s", for: "20s" },
    ...{ resolveWhen: { event_type: "node_start" }, resolveAfter: "2m" },
  },
  {
    ...{ id: "often", kind: "threshold" as const, select: { event_type: "node_error" }, count: 3, within: "20s" },
    ...{ groupBy: [], groupWait: "0s", resolveAfter: "30s" },
  },
  {
    ...{ id: "hang", kind: "sequence" as const, join: "event_data.a", within: "25s", groupBy: [], groupWait: "0s" },
    ...{ after: { event_type: "action_start" }, expect: { event_type: "action_complete" } },
  },
  {
    ...{ id: "silent", kind: "absence" as const, select: { event_type: "node_status_update" }, within: "30s" },
    ...{ forEach: "source.node_id", groupWait: "0s", forget: "10m" },
  },
];

const EVENTS: readonly ((of: number) => EventChange)[] = [
  (of) => ({ event_type: "node_error", source: { node_id: `node-${of}` } }),
  (of) => ({ event_type: "node_start", source: { node_id: `node-${of}` } }),
  (of) => ({ event_type: "action_start", event_data: { a: `${of}` } }),
  (of) => ({ event_type: "action_complete", event_data: { a: `${of}` } }),
  (of) => ({ event_type: "node_status_update", source: { node_id: `node-${of}` } }),
];

/** Only who leads is lost, and never for so long that silence proves nothing. */
const passing = fc.oneof(
  { weight: 6, arbitrary: fc.record({ event: fc.nat(EVENTS.length - 1), of: fc.nat(1) }) },
  { weight: 5, arbitrary: fc.record({ ms: fc.integer({ min: 1, max: 20_000 }) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom("stall", "die") }) },
);

/** A single engine to which the same events come at the same instants. */
async function neverStopping(bench: EngineBench): Promise<EngineBench> {
  const calm = new EngineBench({ rules: TIMED });
  await calm.start();
  for (const event of bench.added) {
    await calm.advance(Date.parse(event.received_at ?? "") - calm.clock.now());
    calm.keep(event);
    calm.wake();
  }
  await calm.advance(bench.clock.now() - calm.clock.now());
  return calm;
}

async function outcomeOf(bench: EngineBench): Promise<object[]> {
  const { items } = await (await bench.start({ lead: false })).incidents({ limit: 200 });
  return items
    .map(({ incident_id, rule, state, total, opened_at, first_at, last_at, resolved_at, reason }) => {
      return { incident_id, rule, state, total, opened_at, first_at, last_at, resolved_at, reason };
    })
    .sort((a, b) => (a.incident_id < b.incident_id ? -1 : 1));
}

/** What was told of which incident, however often and late. */
function toldOf(bench: EngineBench): string[] {
  const words = bench.told.map(({ notification: { incident_id, occasion } }) => `${incident_id} ${occasion}`);
  return [...new Set(words)].sort();
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

  it("judge what time makes of events as one engine does that never stops, and tell the same", async () => {
    const script = fc.tuple(fc.nat(), fc.array(passing, { minLength: 10, maxLength: 50 }));
    await fc.assert(
      fc.asyncProperty(script, async ([seed, steps]) => {
        const bench = new EngineBench({ rules: TIMED });
        const lab: Lab = { bench, random: randomOf(seed), losses: 0, replicas: [] };
        for (let i = 0; i < REPLICAS; i++) lab.replicas.push(new Replica(bench, lab.random));
        for (const replica of lab.replicas) replica.start();
        await bench.advance(MINUTE);
        let lostMs = 0;
        for (const step of steps) {
          if ("event" in step) bench.append(EVENTS[step.event]?.(step.of));
          else if ("ms" in step) await bench.advance(step.ms);
          else if (bench.clock.elapsed() >= lostMs + MINUTE) {
            lostMs = bench.clock.elapsed();
            const who = lab.replicas.findIndex(({ engine }) => engine?.stats().leading);
            await happen(lab, { does: step.does, who: Math.max(0, who) });
          }
        }
        for (const replica of lab.replicas) replica.healed = true;
        await bench.advance(20 * MINUTE);

        const calm = await neverStopping(bench);
        expect(await outcomeOf(bench)).toEqual(await outcomeOf(calm));
        expect(toldOf(bench)).toEqual(toldOf(calm));
        await calm.close();
        const closing = lab.replicas.map(({ engine }) => engine?.close());
        await bench.advance(MINUTE);
        await Promise.all(closing);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);

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
