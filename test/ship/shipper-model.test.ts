import fc from "fast-check";
import { describe, it } from "vitest";
import { World } from "./ship-world.ts";

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("accept" as const),
      level: fc.constantFrom(10, 30, 40, 50),
      size: fc.nat(300),
      count: fc.integer({ min: 1, max: 60 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.constantFrom(0, 60, 1100, 6000, 40_000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("sink" as const),
      mood: fc.constantFrom(
        "stored" as const,
        "down" as const,
        "lost-answer" as const,
        "mixed" as const,
        "hold" as const,
        "refused" as const,
        "too-large" as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("disk" as const),
      mood: fc.constantFrom("ok" as const, "full" as const, "read-only" as const, "no-sync" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("clock" as const),
      ms: fc.constantFrom(-3_600_000, 315_360_000_000, -315_360_000_000),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function run(world: World, one: Step): Promise<void> {
  if (one.do === "accept") world.accept(one.level, one.size, one.count);
  else if (one.do === "advance") await world.advance(one.ms);
  else if (one.do === "sink") world.mood = one.mood;
  else if (one.do === "disk") world.disk(one.mood);
  else if (one.do === "clock") world.now += one.ms;
  else if (one.do === "crash") await world.crash();
  else await world.restart();
}

const options = fc.record({
  mode: fc.constantFrom("always" as const, "overflow" as const),
  overflow: fc.constantFrom("shed-by-level" as const, "drop-oldest" as const, "drop-newest" as const),
  maxBytes: fc.constantFrom(65_536, 1_048_576),
  memory: fc.constantFrom(5000, 100_000),
});

describe("whatever the sink, the disk, the clock and the processes do", () => {
  it("every line is stored once and in order, a dead letter, or reported as lost", async () => {
    await fc.assert(
      fc.asyncProperty(options, fc.array(step, { maxLength: 30 }), async (given, steps) => {
        const world = new World({
          spool: { mode: given.mode, maxBytes: given.maxBytes, segmentBytes: 4096 },
          memory: { maxBytes: given.memory },
          overflow: given.overflow,
          batch: { maxEvents: 50 },
        });
        for (const one of steps) await run(world, one);
        await world.end();
        world.check();
      }),
      { numRuns: Number(process.env.SHIP_RUNS ?? 60), interruptAfterTimeLimit: 25_000 },
    );
  });
});
