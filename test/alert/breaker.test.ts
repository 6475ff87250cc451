import { describe, expect, it } from "vitest";
import { Breaker } from "../../src/alert/breaker.ts";
import { DOWN, deliver, draft, drafts, held, LATER, SENT, setting } from "./outbox-setting.ts";
import { settle, VirtualClock } from "./virtual-clock.ts";

const PLAN = { failures: 3, openForMs: 60_000 };

describe("the breaker of a channel", () => {
  it("opens after failures in a row, not after as many with a success between them", () => {
    const breaker = new Breaker(PLAN, new VirtualClock());
    for (const verdict of ["down", "down", "up", "down", "unknown", "down"] as const) breaker.begin()(verdict);
    expect([breaker.state, breaker.admits]).toEqual(["closed", true]);
    breaker.begin()("down");
    expect([breaker.state, breaker.admits, breaker.waitMs]).toEqual(["open", false, 60_000]);
  });

  it("lets one probe through after its time, which closes it or opens it again", async () => {
    const clock = new VirtualClock();
    const breaker = new Breaker({ failures: 1, openForMs: 60_000 }, clock);
    breaker.begin()("down");
    await clock.advance(59_999);
    expect(breaker.admits).toBe(false);
    await clock.advance(1);
    expect([breaker.state, breaker.admits]).toEqual(["half-open", true]);
    const end = breaker.begin();
    expect(breaker.admits).toBe(false);
    end("down");
    expect([breaker.state, breaker.waitMs]).toEqual(["open", 60_000]);
    await clock.advance(60_000);
    breaker.begin()("unknown");
    expect(breaker.admits).toBe(true);
    breaker.begin()("up");
    expect([breaker.state, breaker.waitMs]).toEqual(["closed", 0]);
  });

  it("does not care how attempts end that began before it opened, nor what the wall clock does", async () => {
    const clock = new VirtualClock();
    const breaker = new Breaker({ failures: 1, openForMs: 60_000 }, clock);
    const early = [breaker.begin(), breaker.begin()];
    breaker.begin()("down");
    early[0]!("up");
    expect(breaker.state).toBe("open");
    clock.jump(3_600_000);
    expect(breaker.state).toBe("open");
    await clock.advance(60_000);
    const end = breaker.begin();
    early[1]!("down");
    expect(breaker.admits).toBe(false);
    end("up");
    expect(breaker.state).toBe("closed");
  });
});

describe("while a breaker is open", () => {
  it("waiting notifications keep their attempts, and the other channel works", async () => {
    const { outbox, hook, mail, clock } = setting();
    hook.answer = () => DOWN;
    await deliver(outbox, drafts(5));
    expect([hook.handed.length, outbox.stats().breakersOpen]).toEqual([5, 1]);
    await deliver(outbox, [...drafts(20, { incident_id: "other" }), draft(1, { channel: "mail" })]);
    await clock.advance(59_000);
    expect([hook.handed.length, mail.handed.length]).toEqual([5, 1]);
    const waiting = (await outbox.list({ states: ["pending"] })).items;
    expect(waiting.map(({ attempts }) => attempts)).toEqual(Array(20).fill(0));
  });

  it("exactly one probe goes out, and the rest only after it has come through", async () => {
    const { outbox, hook, clock } = setting();
    hook.answer = () => DOWN;
    await deliver(outbox, drafts(25));
    expect(hook.handed.length).toBe(5);
    await clock.advance(60_000);
    expect([hook.handed.length, outbox.stats().breakersOpen]).toEqual([6, 1]);
    const { answer, finish } = held();
    hook.answer = answer;
    await clock.advance(60_000 + 10_000);
    expect(hook.handed.length).toBe(7);
    hook.answer = () => SENT;
    finish(SENT);
    await settle();
    await outbox.idle();
    await clock.advance(60_000);
    expect(outbox.stats()).toMatchObject({ sent: 25, breakersOpen: 0 });
    expect(Math.max(...(await outbox.list()).items.map(({ attempts }) => attempts))).toBeLessThanOrEqual(3);
  });

  it("it stays closed for troubles that are the message's own", async () => {
    const { outbox, hook } = setting();
    hook.answer = () => LATER;
    await deliver(outbox, drafts(30));
    expect([hook.handed.length, outbox.stats().breakersOpen]).toEqual([30, 0]);
  });
});
