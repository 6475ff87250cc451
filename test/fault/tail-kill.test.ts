/**
 * `kill -9` of a server between events, again and again: a consumer that resumes by its last id is told every
 * acknowledged event, and none twice. FAULT_ROUNDS says how often.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { freePort } from "../helpers/ferretdb.ts";
import { serve } from "./server.ts";
import { Consumer } from "./tail-consumer.ts";
import { Writer } from "./tail-writer.ts";

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 20);
const LONGEST_LIFE_MS = 600;

it(`tells every acknowledged event once to a consumer that resumes, over ${ROUNDS} kills`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-tail-kill-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const url = `sqlite:${join(folder, "events.db")}`;
  const port = await freePort();
  const consumer = new Consumer();
  const acknowledged = new Set<number>();
  let sent = 0;
  let isOver = false;
  let following: Promise<void> | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const served = await serve(url, { port });
    onTestFinished(() => void served.child.kill("SIGKILL"));
    following ??= follow(served.url);
    await expect.poll(() => consumer.isLive, { timeout: 20_000 }).toBe(true);
    const ended = served.exit;
    let isDead = false;
    const writing = Array.from({ length: 3 }, async () => {
      while (!isDead) {
        const writer = new Writer(served.url);
        writer.sent = sent;
        sent += 20;
        await writer.send(20);
        for (let i = 0; i < writer.acknowledged; i++) acknowledged.add(writer.sent - 20 + i);
        writer.close();
      }
    });
    await pause(50 + Math.random() * LONGEST_LIFE_MS);
    served.child.kill("SIGKILL");
    await ended;
    isDead = true;
    await Promise.all(writing);
  }
  const served = await serve(url, { port });
  onTestFinished(() => void served.child.kill("SIGKILL"));
  const missing = () => [...acknowledged].filter((number) => !consumer.told.has(number));
  await expect.poll(() => missing().length, { timeout: 60_000, interval: 100 }).toBe(0);
  expect(acknowledged.size).toBeGreaterThan(ROUNDS * 20);
  expect({ repeated: consumer.repeated, gaps: consumer.gaps }).toEqual({ repeated: [], gaps: 0 });
  // The stream is still open.
  expect(await served.end("SIGTERM")).toEqual({ code: 0, signal: null });
  isOver = true;
  await following;

  async function follow(base: string): Promise<void> {
    while (!isOver) {
      await consumer.connect(base);
      await pause(10);
    }
  }
});
