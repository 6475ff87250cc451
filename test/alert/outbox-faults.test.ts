import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryRecords } from "../../src/alert/memory-records.ts";
import { type NotificationDraft, notificationId } from "../../src/alert/outbox-record.ts";
import { EventStoreError } from "../../src/errors.ts";
import { type Fate, FaultyRecords, Mortal } from "./faulty-records.ts";
import { deliver, draft, drafts, LATER, SENT, type Setting, setting } from "./outbox-setting.ts";
import { settle, VirtualClock } from "./virtual-clock.ts";

const RUNS = process.env.FUZZ ? 3_000 : 30;
const HOUR_MS = 3_600_000;

/** Two channels, one with caps that 30 mails exceed. */
const MADE: readonly NotificationDraft[] = [...drafts(12), ...drafts(30, { channel: "mail", recipient: "a@lab" })];

/** How often each notification was accepted by its channel; a digest counts for those it stands for. */
function accepted(world: Setting): { readonly times: Map<string, number>; readonly told: number } {
  const times = new Map<string, number>();
  let told = 0;
  for (const { id, notification } of [...world.hook.handed, ...world.mail.handed]) {
    if (isRefusedAtFirst(notification.sequence) && notification.attempts === 1) continue;
    if (!times.has(id)) told += notification.notice.others.reduce((sum, { notices }) => sum + notices, 0);
    if (!times.has(id) && notification.occasion !== "digest") told += 1;
    times.set(id, (times.get(id) ?? 0) + 1);
  }
  return { times, told };
}

function isRefusedAtFirst(sequence: number): boolean {
  return sequence % 5 === 0;
}

function world(): Setting & { readonly memory: MemoryRecords } {
  const memory = new MemoryRecords();
  const made = setting({ records: memory });
  for (const channel of [made.hook, made.mail]) {
    channel.answer = ({ sequence, attempts }) => (isRefusedAtFirst(sequence) && attempts === 1 ? LATER : SENT);
  }
  return { ...made, memory };
}

/** A process that lives for so many calls of the database. */
async function live(on: ReturnType<typeof world>, calls: number, last: "lost" | "unheard"): Promise<void> {
  const process = new Mortal(calls, last);
  const outbox = on.again({ records: new FaultyRecords(on.memory, process.fault), mayLead: () => !process.dead });
  void outbox.takeOver();
  await on.clock.advance(10 * 60_000);
}

async function liveOn(on: ReturnType<typeof world>): Promise<void> {
  const outbox = on.again();
  await outbox.takeOver();
  await on.clock.advance(2 * HOUR_MS);
  await outbox.idle();
  await outbox.close();
}

describe("a process that dies at any moment", () => {
  it("loses no notification and sends each at most once more", async () => {
    const death = fc.tuple(fc.nat(70), fc.constantFrom("lost" as const, "unheard" as const));
    await fc.assert(
      fc.asyncProperty(fc.array(death, { minLength: 1, maxLength: 3 }), async (deaths) => {
        const on = world();
        await on.outbox.put(MADE);
        for (const [calls, last] of deaths) await live(on, calls, last);
        await liveOn(on);
        const { times, told } = accepted(on);
        expect(told).toBe(MADE.length);
        expect(Math.max(...times.values())).toBeLessThanOrEqual(1 + deaths.length);
        expect(await on.memory.count("notifications", ["pending", "retry", "sending", "dead"])).toBe(0);
      }),
      { numRuns: RUNS },
    );
  }, 60_000);

  it("counts each folded notification in exactly one digest", async () => {
    const folded = drafts(225, { channel: "mail", recipient: "a@lab", incident_id: "i.1" });
    const outcomes: number[] = [];
    for (let calls = 0; calls < 22; calls += 1) {
      for (const last of ["lost", "unheard"] as const) {
        const on = world();
        await deliver(on.outbox, folded);
        await on.outbox.close();
        on.clock.jump(HOUR_MS);
        await live(on, calls, last);
        await liveOn(on);
        outcomes.push(accepted(on).told);
      }
    }
    expect(new Set(outcomes)).toEqual(new Set([225]));
  }, 60_000);
});

describe("a database that fails now and then", () => {
  it("costs time, not notifications: each is accepted exactly once", async () => {
    const fates = fc.array(fc.constantFrom<Fate>("done", "done", "done", "lost", "unheard"), { maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(fates, async (script) => {
        const on = world();
        await on.outbox.put(MADE);
        const queue = [...script];
        const records = new FaultyRecords(on.memory, {
          fate: () => queue.shift() ?? "done",
          trouble: () => Promise.reject(new EventStoreError("EVT_BACKEND_UNAVAILABLE", "away")),
        });
        const outbox = on.again({ records });
        await outbox.pump();
        await on.clock.advance(3 * HOUR_MS);
        await outbox.idle();
        const { times, told } = accepted(on);
        expect(told).toBe(MADE.length);
        expect(Math.max(...times.values())).toBe(1);
        expect(on.errors.every((error) => error instanceof EventStoreError)).toBe(true);
        await outbox.close();
      }),
      { numRuns: RUNS },
    );
  }, 60_000);

  it("keeps the place of a message whose outcome cannot be written, and writes it later", async () => {
    const on = world();
    let away = false;
    const records = new FaultyRecords(on.memory, {
      fate: () => (away ? "lost" : "done"),
      trouble: () => Promise.reject(new EventStoreError("EVT_BACKEND_UNAVAILABLE", "away")),
    });
    on.hook.answer = () => {
      away = true;
      return SENT;
    };
    const outbox = on.again({ records });
    await outbox.put([draft(1)]);
    void outbox.pump();
    await on.clock.advance(300_000);
    expect(outbox.stats().underWay).toBe(1);
    const idle = outbox.idle();
    away = false;
    await on.clock.advance(60_000);
    await idle;
    expect([on.hook.handed.length, outbox.stats().sent]).toEqual([1, 1]);
    expect(on.errors.length).toBeGreaterThan(3);
    await outbox.close();
  });

  it("lets put reject, and the same put succeed later", async () => {
    const on = world();
    const fates: Fate[] = ["unheard"];
    const records = new FaultyRecords(on.memory, {
      fate: () => fates.shift() ?? "done",
      trouble: () => Promise.reject(new EventStoreError("EVT_BACKEND_UNAVAILABLE", "away")),
    });
    const outbox = on.again({ records });
    await expect(outbox.put([draft(1)])).rejects.toMatchObject({ code: "EVT_BACKEND_UNAVAILABLE" });
    await deliver(outbox, [draft(1)]);
    expect(on.hook.ids).toEqual([notificationId("i.1", 1, "hook", "ops")]);
    await outbox.close();
  });

  it("does not hold up a close for ever", async () => {
    const on = world();
    let away = false;
    const records = new FaultyRecords(on.memory, {
      fate: () => (away ? "lost" : "done"),
      trouble: () => Promise.reject(new EventStoreError("EVT_BACKEND_UNAVAILABLE", "away")),
    });
    on.hook.answer = () => {
      away = true;
      return SENT;
    };
    const outbox = on.again({ records });
    await outbox.put([draft(1)]);
    void outbox.pump();
    await settle();
    const closed = outbox.close();
    await on.clock.advance(60_000);
    await closed;
    await liveOn(on);
    expect(on.hook.handed.length).toBe(2);
  });
});

describe("two processes that take turns at leading", () => {
  it("send each notification, and no more often than the lead changed hands", async () => {
    const turns = fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(turns, async (lengths) => {
        const clock = new VirtualClock();
        const on = setting({ clock });
        for (const channel of [on.hook, on.mail]) {
          channel.answer = () => new Promise((resolve) => clock.after(1_500, () => resolve(SENT)));
        }
        let leader = 0;
        const both = [0, 1].map((self) => on.again({ mayLead: () => leader === self }));
        await both[0]!.put(drafts(15));
        for (const ms of lengths) {
          await both[leader]!.takeOver();
          await clock.advance(ms);
          leader = 1 - leader;
        }
        await both[leader]!.takeOver();
        await clock.advance(HOUR_MS);
        await both[leader]!.idle();
        const times = new Map<string, number>();
        for (const id of on.hook.ids) times.set(id, (times.get(id) ?? 0) + 1);
        expect(times.size).toBe(15);
        expect(Math.max(...times.values())).toBeLessThanOrEqual(1 + lengths.length);
        expect(await on.records.count("notifications", ["sent"])).toBe(15);
        await Promise.all(both.map((outbox) => outbox.close()));
      }),
      { numRuns: RUNS },
    );
  }, 60_000);

  it("send each once even when both believe to lead, for only one can claim it", async () => {
    const on = setting();
    const both = [on.again(), on.again()];
    await Promise.all(both.map((outbox) => outbox.pump()));
    await both[0]!.put(drafts(100));
    await Promise.all(both.map((outbox) => outbox.idle()));
    expect([on.hook.handed.length, new Set(on.hook.ids).size]).toEqual([100, 100]);
    await Promise.all(both.map((outbox) => outbox.close()));
  });
});
