import { afterEach, describe, expect, it } from "vitest";
import { type WebhookContext, webhookChannel } from "../../src/alert/webhook-channel.ts";
import { CERTIFICATE, CONTEXT, NEVER, planOf, type Receiver, startReceiver } from "./http-receiver.ts";
import { sampleNotification } from "./sample-notification.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function receiver({ secure = false } = {}): Promise<Receiver> {
  const started = await startReceiver(undefined, { secure });
  open.push(started);
  return started;
}

function channel(url: string, change: Parameters<typeof planOf>[1] = {}, context: Partial<WebhookContext> = {}) {
  const made = webhookChannel(planOf(url, change), { ...CONTEXT, ...context });
  open.push(made);
  return made;
}

const notification = sampleNotification();
const send = (...args: Parameters<typeof channel>) => channel(...args).send(notification, NEVER);

describe("encryption", () => {
  it("accepts a certificate that is trusted, by name", async () => {
    const target = await receiver({ secure: true });
    const url = `https://localhost:${target.port}/`;
    const resolve = async () => [{ address: "127.0.0.1", family: 4 }];
    expect(await send(url, {}, { ca: CERTIFICATE, resolve })).toMatchObject({ status: "sent" });
    expect(target.received).toHaveLength(1);
  });

  it("sends nothing to one that is not, or that is another's", async () => {
    const target = await receiver({ secure: true });
    const untrusted = {
      status: "retry",
      channelDown: true,
      reason: expect.stringMatching(/certificate is not trusted/),
    };
    expect(await send(target.url)).toMatchObject(untrusted);
    const resolve = async () => [{ address: "127.0.0.1", family: 4 }];
    const other = await send(`https://other.example.org:${target.port}/`, {}, { ca: CERTIFICATE, resolve });
    expect(other).toMatchObject(untrusted);
    expect(target.received).toHaveLength(0);
  });

  it("verifies by connecting, without sending anything", async () => {
    const target = await receiver({ secure: true });
    await channel(target.url, {}, { ca: CERTIFICATE }).verify(NEVER);
    expect(target.connections()).toBe(1);
    expect(target.received).toHaveLength(0);
    await expect(channel(target.url).verify(NEVER)).rejects.toThrow(/channel "hook": its certificate is not trusted/);
    const { url, close } = await startReceiver();
    await close();
    await expect(channel(url).verify(NEVER)).rejects.toMatchObject({ code: "EVT_BACKEND_UNAVAILABLE" });
  });
});

describe("private addresses", () => {
  const guarded = { allowPrivate: false };
  const refused = {
    status: "refused",
    channelDown: true,
    reason: expect.stringMatching(/is a .+ address; set allowPrivate/),
  };

  it.each([
    "127.0.0.1",
    "127.1",
    "0x7f000001",
    "0177.0.0.1",
    "2130706433",
    "１２７.0.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "localhost",
  ])("are refused as https://%s, without a connection", async (host) => {
    const target = await receiver({ secure: true });
    expect(await send(`https://${host}:${target.port}/`, guarded, { ca: CERTIFICATE })).toMatchObject(refused);
    await expect(channel(`https://${host}:${target.port}/`, guarded).verify(NEVER)).rejects.toMatchObject({
      code: "EVT_INVALID_OPTION",
    });
    expect(target.connections()).toBe(0);
  });

  it("refuses a URL with a zone", () => {
    expect(() => channel("https://[fe80::1%25eth0]/", guarded)).toThrow(/url: must be a whole URL/);
  });

  it("are refused when a name that was public turns to one", async () => {
    const target = await receiver({ secure: true });
    const stop = new AbortController();
    const answers = ["8.8.8.8", "127.0.0.1"];
    const resolve = async () => {
      // The public one is not really connected to.
      if (answers.length === 2) stop.abort();
      return [{ address: answers.shift()!, family: 4 }];
    };
    const made = channel(`https://rebind.example.org:${target.port}/`, guarded, { resolve, ca: CERTIFICATE });
    expect(await made.send(notification, stop.signal)).toMatchObject({ status: "retry" });
    expect(await made.send(notification, NEVER)).toMatchObject(refused);
    expect([answers.length, target.connections()]).toEqual([0, 0]);
  });

  it("asks for a name once per message, and connects to what it was told", async () => {
    const target = await receiver();
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return [{ address: "127.0.0.1", family: 4 }];
    };
    await send(`http://hooks.example.org:${target.port}/`, {}, { resolve });
    expect([asked, target.received[0]?.headers.host]).toEqual([1, `hooks.example.org:${target.port}`]);
  });
});
