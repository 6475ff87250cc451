/** Channels of host programs that answer, change and keep what they should not: nothing is lost, and whoever waits gets an answer. */
import { describe, expect, it } from "vitest";
import { pauseMs } from "../../src/alert/backoff.ts";
import { closeChannels } from "../../src/alert/channels.ts";
import { startAlerts } from "../../src/alert/engine.ts";
import { functionChannel } from "../../src/alert/function-channel.ts";
import { MemoryRecords } from "../../src/alert/memory-records.ts";
import type { Delivery } from "../../src/alert/notification.ts";
import { newRecord, notificationId } from "../../src/alert/outbox-record.ts";
import { EventStore } from "../../src/store/store.ts";
import { EngineBench, planOf } from "./engine-bench.ts";
import { NEVER } from "./http-receiver.ts";
import { SECOND } from "./lab.ts";
import { deliver, draft, SENT, setting } from "./outbox-setting.ts";
import { sampleNotification } from "./sample-notification.ts";

const ID = notificationId("i.1", 1, "hook", "ops");
const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

describe("an answer", () => {
  it.each([
    [{ status: "retry", reason: "HTTP 429", channelDown: false, afterMs: Number.NaN }, "HTTP 429"],
    [{ status: "retry", reason: "HTTP 429", channelDown: false, afterMs: "soon" }, "HTTP 429"],
    [{ status: "retry", reason: "HTTP 429", channelDown: false, afterMs: -1e300 }, "HTTP 429"],
    [{ status: "retry" }, "the channel gave no reason"],
    [{ status: "retry", reason: null }, "the channel gave no reason"],
    [{ status: "retry", reason: { code: 5 } }, "the channel gave no reason"],
  ])("%j means: again after our own pause", async (answer, reason) => {
    const { outbox, hook, clock, errors } = setting();
    hook.answer = () => (hook.handed.length === 1 ? (answer as Delivery) : SENT);
    await deliver(outbox, [draft(1)]);
    const dueAt = new Date(clock.now() + 15 * SECOND).toISOString();
    expect(await outbox.get(ID)).toMatchObject({ state: "retry", due_at: dueAt, last_error: reason });
    await clock.advance(15 * SECOND);
    expect(await outbox.get(ID)).toMatchObject({ state: "sent", attempts: 2 });
    expect(errors).toEqual([]);
  });

  it.each([
    [{ status: "refused" }, "the channel gave no reason"],
    [{ status: "refused", reason: "\ud83d" }, "\ufffd"],
    [undefined, "the channel's answer is no Delivery"],
    ["sent", "the channel's answer is no Delivery"],
    [{ status: "done" }, "the channel's answer is no Delivery"],
  ])("%j is a dead letter", async (answer, reason) => {
    const { outbox, hook, dead } = setting();
    hook.answer = () => answer as Delivery;
    await deliver(outbox, [draft(1)]);
    expect(dead.map(({ last_error }) => last_error)).toEqual([reason]);
  });

  it("that throws while it is read is tried again", async () => {
    const { outbox, hook, clock } = setting();
    const thrower = {
      status: "retry",
      get reason(): string {
        throw new Error("no");
      },
    } as never;
    hook.answer = () => (hook.handed.length === 1 ? thrower : SENT);
    await deliver(outbox, [draft(1)]);
    await clock.advance(15 * SECOND);
    expect(await outbox.get(ID)).toMatchObject({ state: "sent", attempts: 2 });
  });

  it("of a function is made a Delivery before anybody else sees it", async () => {
    const send = () => ({ status: "retry", afterMs: Number.NaN }) as never;
    const answer = await functionChannel("lamp", { send }).send(sampleNotification(), NEVER);
    expect(answer).toEqual({ status: "retry", reason: "the channel gave no reason", channelDown: false });
  });

  it("asks for a pause of a day at most", () => {
    expect([Number.NaN, undefined, -5, 7, Infinity].map((ms) => pauseMs(6, ms))).toEqual([6, 6, 6, 7, 86_400_000]);
  });
});

it.each([
  ["retry", null],
  ["retry", Number.NaN],
  ["pending", null],
] as const)("one that waits (%s) without a date (%s) is sent by whoever leads next", async (state, dueMs) => {
  const records = new MemoryRecords();
  const { outbox, clock, hook } = setting({ records });
  await records.write("notifications", [{ ...newRecord(draft(1), clock.now()), state, dueMs }]);
  expect(await outbox.get(ID)).toMatchObject({ state, due_at: null });
  await outbox.takeOver();
  await outbox.idle();
  expect(hook.ids).toEqual([ID]);
  expect(await outbox.get(ID)).toMatchObject({ state: "sent" });
});

it("a channel may do to its notification what it likes: what is stored and told to others stays", async () => {
  const { outbox, hook, clock } = setting();
  const rules: string[] = [];
  hook.answer = (notification) => {
    const { incident } = notification.notice as { incident: { rule: string; labels: object } };
    rules.push(incident.rule);
    Object.assign(incident, { rule: "EVIL", labels: {} });
    Object.assign(notification, { recipient: "EVIL", attempts: 0 });
    return rules.length === 1 ? { status: "retry", reason: "x", channelDown: false } : SENT;
  };
  await deliver(outbox, [draft(1)]);
  await clock.advance(15 * SECOND);
  expect(rules).toEqual(["node-error", "node-error"]);
  const kept = await outbox.get(ID);
  expect(kept).toMatchObject({ recipient: "ops", attempts: 2, notice: { incident: { rule: "node-error" } } });
});

describe("closing", () => {
  it("leaves a channel behind that does not end, after three seconds", async () => {
    const { clock } = new EngineBench();
    const closed: string[] = [];
    const send = async () => {};
    const stuck = functionChannel("stuck", { send, close: () => new Promise<void>(() => {}) });
    const fine = functionChannel("fine", { send, close: () => void closed.push("fine") });
    const thrower = {
      ...fine,
      close: () => {
        throw new Error("no");
      },
    };
    const all = closeChannels([thrower, stuck, fine], clock).then(() => closed.push("all"));
    await clock.advance(2999);
    expect(closed).toEqual(["fine"]);
    await clock.advance(1);
    expect(closed).toEqual(["fine", "all"]);
    await all;
    await closeChannels([fine], clock);
    expect(clock.waiting).toBe(0);
  });

  it("and waiting for what is under way keep the process alive, and not longer", async () => {
    const store = await EventStore.open("memory:", { onWarning: () => {} });
    let sends = 0;
    const hanging = functionChannel("ops", {
      send: () => {
        sends += 1;
        return new Promise<void>(() => {});
      },
      close: () => new Promise<void>(() => {}),
    });
    const plan = planOf({ rules: [{ id: "any", select: {}, groupWait: "0s" }] });
    const bench = new EngineBench();
    const { clock } = bench;
    const alerts = await startAlerts(store.alertHost, plan, { clock, channels: [hanging], onWarning: () => {} });
    await store.append({ event_type: "node_error", log_level: 40 });
    await expect.poll(() => sends).toBe(1);
    const before = timers();
    const idle = alerts.idle();
    expect(timers()).toBe(before + 1);
    const closing = alerts.close();
    expect(timers()).toBe(before + 2);
    const ended = closing.then(() => true);
    for (let over = false; !over; ) {
      await clock.advance(SECOND);
      over = await Promise.race([ended, new Promise<false>((resolve) => setImmediate(() => resolve(false)))]);
    }
    await idle;
    expect(timers()).toBe(before);
    await store.close();
  });
});
