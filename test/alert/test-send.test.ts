/** Channels tried on purpose: who may be written to, how often, and how many checks run. */
import { expect, it } from "vitest";
import { functionChannel } from "../../src/alert/function-channel.ts";
import { alertPlan } from "../../src/alert/plan-file.ts";
import { testChannel, verifyChannels } from "../../src/alert/test-send.ts";

const ZONE = { naiveTimezone: "UTC", zone: (ms: number) => ms };
const plan = alertPlan({ labPack: false }, ZONE);

function channelsOf(recipients: readonly string[]) {
  const channel = functionChannel("ops", { send: () => ({ status: "sent" }), recipients });
  return new Map([["ops", channel]]);
}
const ask = (channels: ReturnType<typeof channelsOf>, nowMs: number, to?: string, byStrangers = true) =>
  testChannel(channels, { channel: "ops", to, byStrangers, nowMs, plan });

it("sends for those who have the process to anybody, as often as they like", async () => {
  const channels = channelsOf(["ada"]);
  for (let i = 0; i < 20; i++)
    expect(await ask(channels, i, "grace", false)).toEqual([{ recipient: "grace", delivery: { status: "sent" } }]);
});

it("counts messages, not requests, and forgets them after a minute", async () => {
  const channels = channelsOf(["a", "b", "c", "d"]);
  await ask(channels, 0);
  await ask(channels, 1);
  await expect(ask(channels, 2)).rejects.toMatchObject({
    code: "EVT_INVALID_OPTION",
    message: expect.stringMatching(/at most 10/),
  });
  await ask(channels, 3, "a");
  await ask(channels, 59_999, "b");
  await expect(ask(channels, 59_999, "c")).rejects.toMatchObject({ message: expect.stringMatching(/a minute/) });
  expect(await ask(channels, 60_002)).toHaveLength(4);
});

it("tests a channel of many recipients once a minute", async () => {
  const channels = channelsOf(Array.from({ length: 12 }, (_, i) => `r${i}`));
  expect(await ask(channels, 0)).toHaveLength(12);
  await expect(ask(channels, 1)).rejects.toMatchObject({ code: "EVT_INVALID_OPTION" });
  expect(await ask(channels, 60_000)).toHaveLength(12);
});

it("checks a channel once for all who ask meanwhile, and again for those who ask later", async () => {
  let open = () => {};
  let checks = 0;
  const [ops] = channelsOf(["ada"]).values();
  const verify = () =>
    new Promise<void>((resolve) => {
      checks += 1;
      open = resolve;
    });
  const channels = new Map([["ops", Object.assign(ops!, { verify })]]);
  const all = Array.from({ length: 100 }, (_, i) => verifyChannels(channels, i % 2 ? "ops" : undefined, 1000));
  expect(checks).toBe(1);
  open();
  for (const found of await Promise.all(all)) expect(found).toEqual([{ channel: "ops", problem: null }]);
  const later = verifyChannels(channels, "ops", 1000);
  expect(checks).toBe(2);
  open();
  await later;
});
