/** A tail over a connection that is cut again and again. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { TcpProxy } from "../helpers/tcp-proxy.ts";
import { openClient, openLab } from "./setup.ts";

const EVENTS = 1500;
const CUT_EVERY = 300;

it("misses nothing and repeats nothing while its connection is cut", { timeout: 60_000 }, async () => {
  const lab = await openLab();
  const proxy = await TcpProxy.to(Number(new URL(lab.url).port));
  onTestFinished(() => proxy.close());
  const { client } = openClient(`http://127.0.0.1:${proxy.port}`);
  const losses: string[] = [];
  const tail = client.tail({ event_type: "test" }, { onLink: (state) => losses.push(state) });
  const seen: number[] = [];
  let writing: Promise<void> | undefined;
  for await (const item of tail) {
    if (item.kind === "gap") throw new Error(`${item.dropped} events are missing`);
    if (item.kind === "live") writing ??= write();
    if (item.kind !== "event") continue;
    seen.push((item.event.event_data as { n: number }).n);
    if (seen.length % CUT_EVERY === 0) proxy.drop();
    if (seen.length === EVENTS) break;
  }
  await writing;
  expect(seen).toEqual(Array.from({ length: EVENTS }, (_, n) => n));
  expect(losses.filter((state) => state === "lost").length).toBeGreaterThanOrEqual(2);

  async function write(): Promise<void> {
    for (let n = 0; n < EVENTS; n += 50) {
      const ns = Array.from({ length: 50 }, (_, at) => n + at);
      await lab.store.append(ns.map((one) => ({ event_type: "test", event_data: { n: one } })));
      await sleep(20);
    }
  }
});
