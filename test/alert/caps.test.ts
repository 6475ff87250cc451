import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { takeOne, type Usage } from "../../src/alert/caps.ts";
import { DELIVERY, deliver, draft, drafts, LATER, SENT, setting } from "./outbox-setting.ts";

const RUNS = process.env.FUZZ ? 10_000 : 300;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const PLAN = { perHour: 3, perDay: 8, criticalPerHour: 2 };

interface Taken {
  readonly atMs: number;
  readonly beyond: boolean;
}

/** What would have been sent of requests at these pauses. */
function take(requests: readonly (readonly [pauseMs: number, critical: boolean])[]) {
  let usage: Usage = [];
  let nowMs = Date.UTC(2026, 0, 5);
  const taken: Taken[] = [];
  for (const [pauseMs, critical] of requests) {
    nowMs += pauseMs;
    const next = takeOne(usage, { nowMs, critical, plan: PLAN });
    if (next === null) continue;
    taken.push({
      atMs: nowMs,
      beyond: (next.at(-1)?.[2] ?? 0) > (usage.find(([at]) => at === next.at(-1)?.[0])?.[2] ?? 0),
    });
    usage = next;
  }
  return { taken, usage };
}

describe("caps of a recipient", () => {
  it("hold in every hour and every day, whenever mails come", () => {
    const pause = fc.oneof(fc.nat(MINUTE_MS), fc.nat(20 * MINUTE_MS), fc.nat(3 * HOUR_MS));
    fc.assert(
      fc.property(fc.array(fc.tuple(pause, fc.boolean()), { maxLength: 150 }), (requests) => {
        const { taken, usage } = take(requests);
        for (const { atMs } of taken) {
          const hour = taken.filter((other) => other.atMs <= atMs && other.atMs > atMs - HOUR_MS);
          const day = taken.filter((other) => other.atMs <= atMs && other.atMs > atMs - DAY_MS);
          expect(hour.filter(({ beyond }) => !beyond).length).toBeLessThanOrEqual(PLAN.perHour);
          expect(hour.filter(({ beyond }) => beyond).length).toBeLessThanOrEqual(PLAN.criticalPerHour);
          expect(day.filter(({ beyond }) => !beyond).length).toBeLessThanOrEqual(PLAN.perDay);
        }
        expect(usage.length).toBeLessThanOrEqual(1_441);
      }),
      { numRuns: RUNS },
    );
  });

  it("are free again after an hour, and after a day", () => {
    const hour = take([...Array(4).fill([0, false]), [61 * MINUTE_MS, false]]);
    expect(hour.taken.length).toBe(4);
    const day = take([...Array(12).fill([61 * MINUTE_MS, false]), [DAY_MS, false]]);
    expect(day.taken.length).toBe(9);
  });

  it("let a few critical ones through beyond, each hour", () => {
    const { taken } = take([...Array(9).fill([0, false]), ...Array(9).fill([0, true])]);
    expect(taken.map(({ beyond }) => beyond)).toEqual([false, false, false, true, true]);
  });

  it("do not hold for ever when the clock was ahead for a while", () => {
    const nowMs = Date.UTC(2026, 0, 5);
    const ahead: Usage = [[Math.floor((nowMs + 365 * DAY_MS) / MINUTE_MS), 3, 2]];
    expect(takeOne(ahead, { nowMs, critical: true, plan: PLAN })).toBeNull();
    const behind = takeOne([], { nowMs: nowMs + 365 * DAY_MS, critical: false, plan: PLAN })!;
    const now = takeOne(behind, { nowMs, critical: false, plan: PLAN })!;
    expect(now).toEqual([[nowMs / MINUTE_MS, 2, 0]]);
  });
});

describe("the outbox keeps the caps", () => {
  it("of mail only, each recipient for itself, and folds what is beyond", async () => {
    const { outbox, mail, hook } = setting();
    const made = ["a@lab", "b@lab"].flatMap((recipient) => drafts(30, { channel: "mail", recipient }));
    await deliver(outbox, [...made, ...drafts(30)]);
    expect(mail.handed.filter(({ recipient }) => recipient === "a@lab").length).toBe(20);
    expect(mail.handed.filter(({ recipient }) => recipient === "b@lab").length).toBe(20);
    expect(hook.handed.length).toBe(30);
    expect(outbox.stats()).toMatchObject({ sent: 70, folded: 20 });
  });

  it("through a restart", async () => {
    const { outbox, mail, again } = setting();
    await deliver(outbox, drafts(15, { channel: "mail" }));
    await deliver(again(), drafts(15, { channel: "mail", incident_id: "i.2" }));
    expect(mail.handed.length).toBe(20);
  });

  it("with room for critical ones", async () => {
    const { outbox, mail } = setting();
    await deliver(outbox, drafts(30, { channel: "mail" }));
    await deliver(outbox, drafts(30, { channel: "mail", incident_id: "i.2", severity: "critical" }));
    expect(mail.handed.length).toBe(25);
  });

  it("and charges a notification once, however many attempts it takes", async () => {
    const delivery = { ...DELIVERY, perRecipient: { perHour: 2, perDay: 2, criticalPerHour: 0 } };
    const { outbox, mail, clock } = setting({ delivery });
    mail.answer = () => LATER;
    await deliver(outbox, drafts(2, { channel: "mail" }));
    await clock.advance(HOUR_MS);
    mail.answer = () => SENT;
    await clock.advance(HOUR_MS);
    expect(outbox.stats()).toMatchObject({ sent: 2, folded: 0 });
  });

  it("for tests not at all", async () => {
    const { outbox, mail } = setting();
    const { notice } = draft(1);
    await deliver(outbox, drafts(30, { channel: "mail", notice: { ...notice, occasion: "test" } }));
    expect(mail.handed.length).toBe(30);
  });
});
