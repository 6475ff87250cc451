import { describe, expect, it } from "vitest";
import { functionChannel } from "../../src/alert/function-channel.ts";
import type { Delivery } from "../../src/alert/notification.ts";
import { NEVER } from "./http-receiver.ts";
import { sampleNotification } from "./sample-notification.ts";

const notification = sampleNotification();

describe("a function channel", () => {
  it("calls the function, and takes silence for sent", async () => {
    const got: unknown[] = [];
    const channel = functionChannel("lamp", { send: async (one) => void got.push(one.notification_id) });
    expect(await channel.send(notification, NEVER)).toEqual({ status: "sent" });
    expect(got).toEqual([notification.notification_id]);
    expect(channel).toMatchObject({ name: "lamp", type: "function", recipients: ["lamp"], concurrency: 5 });
  });

  it("passes on what the function says of its delivery", async () => {
    const said: Delivery = { status: "refused", reason: "no such lamp", channelDown: false };
    expect(await functionChannel("lamp", { send: () => said }).send(notification, NEVER)).toEqual(said);
  });

  it.each([
    [new Error("bulb is broken"), "bulb is broken"],
    ["out of power", "out of power"],
    [undefined, "the function failed"],
  ])("tries again when it throws %s", async (thrown, reason) => {
    const send = () => {
      throw thrown;
    };
    expect(await functionChannel("lamp", { send }).send(notification, NEVER)).toEqual({
      status: "retry",
      channelDown: true,
      reason,
    });
  });

  it("refuses an answer that is no delivery", async () => {
    const send = () => Promise.resolve("fine") as never;
    expect(await functionChannel("lamp", { send }).send(notification, NEVER)).toMatchObject({ status: "refused" });
  });

  it("leaves a function behind that ignores the signal", async () => {
    const stop = new AbortController();
    const send = () => {
      stop.abort();
      return new Promise<never>(() => {});
    };
    expect(await functionChannel("lamp", { send }).send(notification, stop.signal)).toMatchObject({ status: "retry" });
    let calls = 0;
    const counting = functionChannel("lamp", { send: () => void calls++ as undefined });
    expect(await counting.send(notification, AbortSignal.abort())).toMatchObject({ status: "retry" });
    expect(calls).toBe(0);
  });

  it("verifies and closes as it is told, closing once", async () => {
    let closed = 0;
    const verify = () => Promise.reject(new Error("no bulb"));
    const channel = functionChannel("lamp", { send: async () => {}, verify, close: () => void closed++ });
    await expect(channel.verify(NEVER)).rejects.toThrow("no bulb");
    await channel.close();
    await channel.close();
    expect(closed).toBe(1);
    await functionChannel("lamp", { send: async () => {} }).verify(NEVER);
  });

  it.each([
    ["", {}, /name/],
    ["lamp", { send: 1 as never }, /send must be a function/],
    ["lamp", { recipients: [] }, /recipients/],
    ["lamp", { concurrency: 0.5 }, /concurrency/],
  ])("is refused for %j %j", (name, change, words) => {
    const make = () => functionChannel(name, { send: async () => {}, ...change });
    expect(make).toThrow(expect.objectContaining({ code: "EVT_INVALID_OPTION" }));
    expect(make).toThrow(words);
  });
});
