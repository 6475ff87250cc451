/**
 * Shipping a pipe: standard input → the engine of the transport, with its spool, until the input ends.
 *
 * The reader never waits for the server, so the program that writes is never held up; with `--tee` it is held up by
 * whoever reads standard output, as without us. SIGINT is not for us: the whole group of a pipeline gets it, the program
 * ends, and its output with it. SIGTERM ends us: what has been read is on disk or delivered.
 */
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { shippingTo } from "../../transports/shipping.ts";
import { EventStoreError } from "../errors.ts";
import type { ShipStats } from "../ship/shipper.ts";
import type { Io } from "./io.ts";
import type { ShipSettings } from "./ship-options.ts";

interface StreamSettings extends ShipSettings {
  readonly tee: boolean;
  readonly io: Io;
}

type Shipper = ReturnType<typeof shippingTo>["shipper"];

const STATS_EVERY_MS = 10_000;
/** What is left of the time to close when the last deliveries have used it up: enough to tidy up. */
const TIDY_MS = 250;
const LINE_END = Buffer.from("\n");

/** @throws EventStoreError `EVT_BACKEND_UNAVAILABLE` when lines were dropped */
export async function shipStream({ options, resolved, tee, io }: StreamSettings): Promise<void> {
  const signals = listen((io.stdin as { isTTY?: boolean }).isTTY === true);
  const { shipper } = shippingTo(options, { resolved });
  const tell = () => writeStats(options.statsFile, shipper.stats());
  const timer = setInterval(tell, STATS_EVERY_MS);
  let teed: Promise<unknown> = Promise.resolve();
  await pump(io.stdin, signals.stop, (chunk) => {
    shipper.accept(chunk);
    const room = shipper.room();
    if (!tee || io.out.gone) return room;
    teed = io.out.write(chunk);
    return Promise.all([room, teed]);
  });
  clearInterval(timer);
  await end(shipper, options.close?.totalMs ?? resolved.closeMs);
  await Promise.race([teed, signals.stop.then(() => sleep(TIDY_MS))]);
  signals.release();
  tell();
  const stats = shipper.stats();
  io.err(summaryOf(stats, resolved.spool.dir));
  const lost = stats.dropped - (stats.droppedBy.map ?? 0);
  if (lost > 0) throw new EventStoreError("EVT_BACKEND_UNAVAILABLE", `${lost} line(s) were lost; see above`);
}

/** Delivers what is pending while that works and the budget lasts; a half line at the end is a line. */
async function end(shipper: Shipper, budgetMs: number): Promise<void> {
  shipper.accept(LINE_END);
  const untilMs = performance.now() + budgetMs;
  await Promise.race([shipper.flush(), sleep(budgetMs)]);
  await shipper.close(Math.max(TIDY_MS, Math.round(untilMs - performance.now())));
}

/** Resolves at the end of the stream or at `stop`; what the stream holds by then has been taken. */
function pump(
  stream: NodeJS.ReadableStream,
  stop: Promise<unknown>,
  take: (chunk: Buffer) => Promise<unknown> | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    const onData = (chunk: Buffer | string) => {
      const wait = take(Buffer.from(chunk as Buffer));
      if (wait === undefined) return;
      stream.pause();
      wait.then(() => stream.resume());
    };
    stream.on("data", onData);
    for (const name of ["end", "close", "error"]) stream.once(name, resolve);
    void stop.then(() => {
      stream.off("data", onData);
      stream.pause();
      for (let rest = stream.read(); rest !== null; rest = stream.read()) take(Buffer.from(rest as Buffer));
      resolve();
    });
  });
}

/** At a terminal there is no program before us, and Ctrl-C is meant for us. */
function listen(isTerminal: boolean): { readonly stop: Promise<void>; release(): void } {
  let end = () => {};
  const stop = new Promise<void>((resolve) => {
    end = resolve;
  });
  let asked = false;
  const onTerm = () => {
    if (asked) process.exit(143);
    asked = true;
    end();
  };
  const onInt = isTerminal ? onTerm : () => {};
  process.on("SIGTERM", onTerm).on("SIGINT", onInt);
  return { stop, release: () => void process.off("SIGTERM", onTerm).off("SIGINT", onInt) };
}

function writeStats(file: string | undefined, stats: ShipStats): void {
  if (file === undefined) return;
  try {
    writeFileSync(file, `${JSON.stringify(stats)}\n`);
  } catch {
    // A figure that cannot be written must not end the delivery.
  }
}

function summaryOf(stats: ShipStats, dir: string | undefined): string {
  const adopted = stats.adopted > 0 ? ` (with ${stats.adopted} spool(s) of earlier runs)` : "";
  const place = stats.pending > 0 && dir !== undefined ? ` in the spool ${dir}` : " in the spool";
  const parts = [`${stats.acknowledged} acknowledged`, `${stats.pending} waiting${place}`];
  parts.push(`${stats.deadLettered} dead-lettered`, `${stats.dropped} dropped`);
  return `madsci-events: ${stats.in} line(s) in${adopted}: ${parts.join(", ")}`;
}
