import { describe, expect, it } from "vitest";
import type { Delivery } from "../../src/alert/notification.ts";
import { notificationId } from "../../src/alert/outbox-record.ts";
import { DELIVERY, deliver, draft, drafts, held, LATER, REFUSED, ScriptedChannel, setting } from "./outbox-setting.ts";
import { settle } from "./virtual-clock.ts";

const DAY_MS = 86_400_000;
const ID = notificationId("i.1", 1, "hook", "ops");

describe("a notification", () => {
  it("is sent once, however often it is put", async () => {
    const { outbox, hook, clock } = setting();
    await outbox.put([draft(1), draft(1)]);
    await outbox.put([draft(1)]);
    await outbox.idle();
    await deliver(outbox, [draft(1)]);
    expect(hook.ids).toEqual([ID]);
    expect(await outbox.get(ID)).toMatchObject({
      ...{ notification_id: ID, state: "sent", attempts: 1, last_error: null, due_at: null },
      sent_at: new Date(clock.now()).toISOString(),
    });
    expect(outbox.stats()).toMatchObject({ sent: 1, waiting: 0, underWay: 0 });
  });

  it("has an id of 32 hexadecimal digits that tells its four parts apart", () => {
    expect(ID).toMatch(/^[0-9a-f]{32}$/);
    const others = [
      notificationId("i.1", 2, "hook", "ops"),
      notificationId("i.2", 1, "hook", "ops"),
      notificationId("i.1", 1, "hook", "o"),
      notificationId("i.1", 1, "hoo", "kops"),
    ];
    expect(new Set([ID, ...others]).size).toBe(5);
  });

  it("is tried again after pauses that double up to half an hour, and is dead after twelve attempts", async () => {
    const { outbox, hook, clock, dead } = setting();
    hook.answer = () => LATER;
    await deliver(outbox, [draft(1)]);
    await clock.advance(6 * 3_600_000);
    const pauses = hook.times.slice(1).map((at, index) => (at - hook.times[index]!) / 1_000);
    expect(pauses).toEqual([15, 30, 60, 120, 240, 480, 960, 1_800, 1_800, 1_800, 1_800]);
    expect(dead.map(({ state, attempts, last_error }) => [state, attempts, last_error])).toEqual([
      ["dead", 12, "450 try again later"],
    ]);
    expect(outbox.stats()).toMatchObject({ retried: 11, dead: 1, sent: 0 });
  });

  it.each([
    [0, 12_000],
    [0.999_999, 18_000],
  ])("waits a fifth less or more, as chance has it (%d)", async (random, expected) => {
    const { outbox, hook, clock } = setting({ random: () => random });
    hook.answer = () => LATER;
    await deliver(outbox, [draft(1)]);
    expect(Date.parse((await outbox.get(ID))!.due_at!) - clock.now()).toBe(expected);
  });

  it.each([
    ["while it waits", 0],
    ["and the next leader comes", 1],
  ])("is not tried later because the clock was set back %s", async (_when, leaders) => {
    const { outbox, hook, clock, again } = setting();
    hook.answer = () => LATER;
    await deliver(outbox, [draft(1)]);
    clock.jump(-3_600_000);
    if (leaders > 0) {
      await outbox.close();
      await again().takeOver();
    }
    hook.answer = () => ({ status: "sent" });
    await clock.advance(75_000);
    expect([hook.handed.length, (await outbox.get(ID))?.state]).toEqual([2, "sent"]);
  });

  it("waits as long as the channel asks for, when that is longer", async () => {
    const { outbox, hook, clock } = setting();
    const asked: Delivery[] = [
      { ...LATER, afterMs: 100_000 } as Delivery,
      { ...LATER, afterMs: 1 } as Delivery,
      { ...LATER, afterMs: 1e12 } as Delivery,
    ];
    hook.answer = () => asked.shift()!;
    await deliver(outbox, [draft(1)]);
    await clock.advance(130_000);
    expect(hook.times.map((at) => at - hook.times[0]!)).toEqual([0, 100_000, 130_000]);
    expect(Date.parse((await outbox.get(ID))!.due_at!) - clock.now()).toBe(DAY_MS);
  });

  it("is dead at once when refused, and its neighbour is not", async () => {
    const { outbox, hook, dead } = setting();
    hook.answer = ({ recipient }) => (recipient === "gone" ? REFUSED : { status: "sent" });
    await deliver(outbox, [draft(1, { recipient: "gone" }), draft(1)]);
    expect(dead.map(({ recipient, attempts }) => [recipient, attempts])).toEqual([["gone", 1]]);
    expect((await outbox.get(ID))?.state).toBe("sent");
  });

  it("is dead when its channel is not there any more", async () => {
    const { outbox, dead } = setting();
    await deliver(outbox, [draft(1, { channel: "pager" })]);
    expect(dead.map(({ last_error }) => last_error)).toEqual(["no channel is called pager"]);
  });

  it("is retried when the channel throws, or does not answer even when told to stop", async () => {
    const { outbox, hook, clock, errors } = setting();
    hook.answer = () => {
      throw new TypeError("a bug");
    };
    await deliver(outbox, [draft(1)]);
    expect(errors).toEqual([new TypeError("a bug")]);
    const signals: AbortSignal[] = [];
    hook.answer = (_, signal) => {
      signals.push(signal);
      return new Promise(() => {});
    };
    await clock.advance(15_000 + DELIVERY.timeoutMs);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    await clock.advance(1_000);
    expect(await outbox.get(ID)).toMatchObject({ state: "retry", attempts: 2 });
  });
});

describe("the outbox", () => {
  it("keeps as many under way as the channel has places, and goes on when one comes free", async () => {
    const { outbox, hook } = setting();
    const { answer, finish } = held();
    hook.answer = answer;
    await outbox.put(drafts(12));
    await outbox.pump();
    expect([hook.handed.length, outbox.stats().underWay]).toEqual([5, 5]);
    expect(await outbox.nextDueMs()).toBeNull();
    finish({ status: "sent" });
    await settle();
    expect(hook.handed.length).toBe(10);
    finish({ status: "sent" });
    await settle();
    finish({ status: "sent" });
    await outbox.idle();
    expect([hook.handed.length, hook.mostUnderWay, new Set(hook.ids).size]).toEqual([12, 5, 12]);
  });

  it("does not let a long queue for one slow channel hide the messages of another", async () => {
    const { outbox, hook, mail, clock } = setting();
    const { answer, finish } = held();
    hook.answer = answer;
    await outbox.put(drafts(1_000));
    await clock.advance(1);
    await outbox.put([draft(1, { channel: "mail" })]);
    await outbox.pump();
    await settle();
    expect(mail.handed.length).toBe(1);
    hook.answer = () => ({ status: "sent" });
    finish({ status: "sent" });
    await clock.advance(120_000);
    await outbox.idle();
    expect([hook.handed.length, new Set(hook.ids).size]).toEqual([1_000, 1_000]);
  });

  it("wakes itself for what others have put back", async () => {
    const { outbox, hook, clock, again } = setting();
    hook.answer = () => REFUSED;
    await deliver(outbox, [draft(1)]);
    hook.answer = () => ({ status: "sent" });
    await again({ mayLead: () => false }).retry(ID);
    await clock.advance(60_000);
    expect((await outbox.get(ID))?.state).toBe("sent");
  });

  it("sends nothing while it does not lead, and asks again right before each send", async () => {
    let leads = false;
    let asked = 0;
    const { outbox, hook, clock, again } = setting({ mayLead: () => leads });
    await deliver(outbox, drafts(3));
    await clock.advance(3_600_000);
    expect(hook.handed).toEqual([]);
    leads = true;
    // Leads for the claim, and not any more when the first is to be sent.
    const stumbling = again({ mayLead: () => ++asked <= 2 });
    await stumbling.pump();
    expect(hook.handed).toEqual([]);
    expect((await outbox.list({ states: ["sending"] })).items.length).toBe(3);
    await outbox.takeOver();
    await outbox.idle();
    expect(hook.handed.length).toBe(3);
  });

  it("takes over what a former leader left, but not what it has under way itself", async () => {
    const { outbox, hook, again } = setting();
    const { answer, finish } = held();
    hook.answer = answer;
    await outbox.put([draft(1)]);
    await outbox.pump();
    await outbox.takeOver();
    expect(hook.ids).toEqual([ID]);
    const next = again();
    await next.takeOver();
    expect(hook.ids).toEqual([ID, ID]);
    finish({ status: "sent" });
    await next.idle();
    expect(await next.get(ID)).toMatchObject({ state: "sent", attempts: 2 });
    expect(outbox.stats().sent + next.stats().sent).toBe(1);
  });

  it("gives up a notification whose attempts end the process again and again", async () => {
    const { records, again, hook, dead } = setting({ delivery: { ...DELIVERY, attempts: 2 } });
    hook.answer = () => new Promise(() => {});
    await again().put([draft(1)]);
    for (let run = 0; run < 5; run += 1) await again().takeOver();
    expect(hook.handed.length).toBe(3);
    expect(dead.map(({ state }) => state)).toEqual(["dead"]);
    expect(await records.count("notifications", ["dead"])).toBe(1);
  });

  it("waits at its close some seconds for what is under way; what is cut off then is tried at once by the next", async () => {
    const { outbox, hook, clock } = setting();
    const { answer } = held();
    hook.answer = ({ sequence }, signal) => (sequence === 1 ? answer({} as never, signal) : { status: "sent" });
    await outbox.put(drafts(2));
    await outbox.pump();
    const closed = outbox.close();
    await clock.advance(3_000);
    await closed;
    const due_at = new Date(clock.now()).toISOString();
    expect(await outbox.get(ID)).toMatchObject({ state: "retry", due_at, attempts: 1 });
    expect(clock.waiting).toBe(0);
    await outbox.close();
    await expect(outbox.put([draft(9)])).rejects.toMatchObject({ code: "EVT_CLOSED" });
  });

  it("survives listeners that throw", async () => {
    const { again, hook, records } = setting();
    hook.answer = () => REFUSED;
    const outbox = again({
      onDead: () => {
        throw new Error("not here");
      },
    });
    await deliver(outbox, drafts(2));
    expect(await records.count("notifications", ["dead"])).toBe(2);
    expect(outbox.stats()).toMatchObject({ dead: 2, errors: 2 });
  });

  it("removes sent ones after a month and dead ones after a year", async () => {
    const { outbox, hook, clock, records } = setting();
    await deliver(outbox, drafts(3));
    hook.answer = () => REFUSED;
    await deliver(outbox, [draft(4)]);
    clock.jump(30 * DAY_MS - 60_000);
    await outbox.idle();
    expect(await records.count("notifications", ["sent"])).toBe(3);
    expect(await outbox.sweep(clock.now() + 5 * DAY_MS)).toBe(3);
    expect(await records.count("notifications")).toBe(1);
    clock.jump(400 * DAY_MS);
    await outbox.pump();
    expect(await records.count("notifications")).toBe(0);
  });
});

describe("a channel that is a function", () => {
  it("has no caps", async () => {
    const { clock, again } = setting();
    const own = new ScriptedChannel(clock, { name: "own", type: "function", concurrency: 1 });
    const outbox = again({ channels: new Map([["own", own]]) });
    await deliver(outbox, drafts(50, { channel: "own" }));
    expect([own.handed.length, own.mostUnderWay]).toEqual([50, 1]);
  });
});
