/** A tail over a connection that is cut again and again. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { TcpProxy } from "../helpers/tcp-proxy.ts";
import { openClient, openLab } from "./setup.ts";

const EVENTS = 900;
const CUT_EVERY = 300;
const CUTS = EVENTS / CUT_EVERY - 1;

it("misses nothing and repeats nothing while its connection is cut", { timeout: 60_000 }, async () => {
  const lab = await openLab();
  const proxy = await TcpProxy.to(Number(new URL(lab.url).port));
  onTestFinished(() => proxy.close());
  const { client } = openClient(`http://127.0.0.1:${proxy.port}`);
  const link = { lost: 0, back: 0 };
  const tail = client.tail({ event_type: "test" }, { onLink: (state) => link[state]++ });
  const seen: number[] = [];
  let writing: Promise<void> | undefined;
  for await (const item of tail) {
    if (item.kind === "gap") throw new Error(`${item.dropped} events are missing`);
    if (item.kind === "live") writing ??= write();
    if (item.kind !== "event") continue;
    seen.push((item.event.event_data as { n: number }).n);
    if (seen.length === EVENTS) break;
  }
  await writing;
  expect(seen).toEqual(Array.from({ length: EVENTS }, (_, n) => n));
  expect(link).toEqual({ lost: CUTS, back: CUTS });

  async function write(): Promise<void> {
    for (let n = 0; n < EVENTS; n += 50) {
      if (n > 0 && n % CUT_EVERY === 0) await cut();
      const ns = Array.from({ length: 50 }, (_, at) => n + at);
      await lab.store.append(ns.map((one) => ({ event_type: "test", event_data: { n: one } })));
      await sleep(5);
    }
  }

  /** Cuts a connection that stands, in the middle of what it carries; the next events are written while it is away. */
  async function cut(): Promise<void> {
    await expect.poll(() => link.back, { timeout: 20_000 }).toBe(link.lost);
    const { lost } = link;
    proxy.drop();
    await expect.poll(() => link.lost, { timeout: 20_000 }).toBe(lost + 1);
  }
});
