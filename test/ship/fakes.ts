/** A clock that moves only when told, and a sink that answers as told. */
import { expect } from "vitest";
import type { EventInput } from "../../src/event/event.ts";
import type { Clock } from "../../src/ship/clock.ts";
import { createMapLine } from "../../src/ship/map.ts";
import { resolveShipOptions, type ShipOptions } from "../../src/ship/options.ts";
import { Shipper, type ShipperOptions } from "../../src/ship/shipper.ts";
import type { Sink, Verdict } from "../../src/ship/sink.ts";

/** Lets everything that is ready run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

class FakeClock implements Clock {
  ms = 0;
  #timers: { atMs: number; run: () => void }[] = [];

  now(): number {
    return this.ms;
  }

  after(ms: number, action: () => void): () => void {
    const timer = { atMs: this.ms + ms, run: action };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** Moves on, one timer after the other. */
  async advance(ms: number): Promise<void> {
    const end = this.ms + ms;
    await settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.ms = next.atMs;
      next.run();
      await settle();
    }
    this.ms = end;
  }

  #next(end: number) {
    const [next] = this.#timers.filter((timer) => timer.atMs <= end).sort((a, b) => a.atMs - b.atMs);
    this.#timers = this.#timers.filter((timer) => timer !== next);
    return next;
  }
}

export type Answer = (events: readonly EventInput[], call: number) => readonly Verdict[] | Promise<readonly Verdict[]>;

class FakeSink implements Sink {
  /** Every batch that was tried, as the `n` of its events, and when. */
  readonly tried: number[][] = [];
  readonly triedAtMs: number[] = [];
  readonly ids: string[][] = [];
  closed = 0;
  answer: Answer = storedAll;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async send(events: readonly EventInput[]): Promise<readonly Verdict[]> {
    this.tried.push(events.map(numberOf));
    this.triedAtMs.push(this.#clock.now());
    this.ids.push(events.map((event) => String(event._id)));
    return this.answer(events, this.tried.length);
  }

  async close(): Promise<void> {
    this.closed += 1;
  }
}

export const storedAll: Answer = (events) => events.map(() => ({ status: "stored" }));

export function numberOf(event: EventInput): number {
  return (event.event_data as { n: number }).n;
}

export function line(n: number, level = 30): string {
  return `${JSON.stringify({ level, time: 1735787045123, n })}\n`;
}

/** Without `spool.dir` there is no spool. */
export function fakeShipper(options: ShipOptions = {}, more: Partial<ShipperOptions> = {}) {
  const clock = new FakeClock();
  const sink = new FakeSink(clock);
  const said: string[] = [];
  const shipper = new Shipper({
    sink,
    clock,
    options: resolveShipOptions(options),
    mapping: {},
    map: createMapLine({}),
    random: () => 1,
    report: (kind, message) => said.push(`${kind}: ${message}`),
    ...more,
  });
  return { clock, sink, said, shipper };
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}

/** The invariant of a shipper's books. */
export function balanced(shipper: Shipper): void {
  const { acknowledged, pending, deadLettered, dropped, in: accepted } = shipper.stats();
  // Asked after every step: an expectation that is met costs more than the step.
  if (pending >= 0 && acknowledged + pending + deadLettered + dropped === accepted) return;
  expect(pending).toBeGreaterThanOrEqual(0);
  expect(acknowledged + pending + deadLettered + dropped).toBe(accepted);
}
