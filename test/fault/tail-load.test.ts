/**
 * Three consumers of a server's stream under load: one that reads slowly, one that connects anew every second by its last
 * id, one with a condition. The healthy two miss nothing and repeat nothing, the slow one is told what it missed, and the
 * server's memory stays flat. 60 s, or 10 s where FAULT_ROUNDS is 5 or less.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { serve } from "./server.ts";
import { Consumer } from "./tail-consumer.ts";
import { Writer } from "./tail-writer.ts";

const SECONDS = Number(process.env.FAULT_ROUNDS ?? 60) <= 5 ? 10 : 60;
const PER_SECOND = 10_000;
/** What the heap may breathe between two looks at the process. */
const FLAT_MB = 150;
const WAIT = { timeout: 120_000, interval: 50 };

it(`tells everything once for ${SECONDS} s of load, in flat memory`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "madsci-events-tail-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const served = await serve(`sqlite:${join(folder, "events.db")}`);
  onTestFinished(() => void served.child.kill("SIGKILL"));
  const writer = new Writer(served.url);
  const [slow, restless, filtered] = [new Consumer({ bytesPerSecond: 100_000 }), new Consumer(), new Consumer()];
  const ends = [slow.connect(served.url), filtered.connect(served.url, "?type=node_error")];
  const restlessEnd = reconnecting(restless, served.url);
  await expect.poll(() => slow.isLive && filtered.isLive && restless.isLive, WAIT).toBe(true);

  const memory = watchMemory(served.pid);
  const rate = await writer.run(PER_SECOND, SECONDS);
  const total = writer.sent;
  expect([...writer.problems]).toEqual([]);
  await expect.poll(() => filtered.told.size, WAIT).toBe(Math.ceil(total / 10));
  await expect.poll(() => restless.told.size, WAIT).toBe(total);
  const memoryMb = memory.stop();
  const connections = await restlessEnd.stop();

  slow.hurry();
  while (slow.last < total) {
    await writer.send(1);
    await pause(20);
  }
  const upTo = slow.last;
  slow.disconnect();
  filtered.disconnect();
  await Promise.all(ends);
  writer.close();

  const early = memoryMb.slice(Math.floor(memoryMb.length / 4), Math.floor(memoryMb.length / 2));
  const late = memoryMb.slice(-early.length || undefined);
  console.log(
    `tail load: ${Math.round(rate)} events/s for ${SECONDS} s; ${connections} connections of the restless consumer; ` +
      `slow consumer: ${slow.told.size} told, ${slow.dropped} dropped in ${slow.gaps} gaps; ` +
      `delivery p50 ${quantile(filtered, 0.5)} ms, p99 ${quantile(filtered, 0.99)} ms; ` +
      `RSS ${median(early)} MB early, ${median(late)} MB late`,
  );
  expect([...filtered.told.keys()].filter((number) => number % 10 !== 0)).toEqual([]);
  expect({ repeated: restless.repeated, gaps: restless.gaps }).toEqual({ repeated: [], gaps: 0 });
  expect({ repeated: filtered.repeated, gaps: filtered.gaps }).toEqual({ repeated: [], gaps: 0 });
  expect({ repeated: slow.repeated, lost: slow.lost }).toEqual({ repeated: [], lost: 0 });
  expect(slow.told.size + slow.dropped).toBe(upTo + 1);
  expect(slow.dropped).toBeGreaterThan(0);
  if (early.length > 0) expect(median(late) - median(early)).toBeLessThan(FLAT_MB);
  expect(await served.end("SIGTERM")).toEqual({ code: 0, signal: null });
});

/** Disconnects every second, wherever it is. */
function reconnecting(consumer: Consumer, url: string) {
  let stopped = false;
  let connections = 0;
  const timer = setInterval(() => consumer.disconnect(), 1000);
  const running = (async () => {
    while (!stopped) {
      connections++;
      await consumer.connect(url);
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      consumer.disconnect();
      await running;
      return connections;
    },
  };
}

/** Resident memory in MB, twice a second; nothing where the system does not tell. */
function watchMemory(pid: number) {
  const samples: number[] = [];
  const status = `/proc/${pid}/status`;
  const look = () => {
    if (!existsSync(status)) return;
    const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(status, "utf8"))?.[1];
    if (kb !== undefined) samples.push(Math.round(Number(kb) / 1024));
  };
  const timer = setInterval(look, 500);
  return {
    stop: () => {
      clearInterval(timer);
      return samples;
    },
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function quantile({ latenciesMs }: Consumer, share: number): number {
  return latenciesMs.toSorted((a, b) => a - b)[Math.floor(latenciesMs.length * share)] ?? Number.NaN;
}
