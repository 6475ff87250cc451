/**
 * Schedule: when backups are made by themselves.
 *
 *   started ─ the newest is older than the last time of the schedule ─► made up, once
 *      └► next time of the cron line + jitter ─ one has been made since that time ─► left out
 *                                             └► made ─► next time …
 *
 * The backups in the folder are the only memory: several processes with one folder make one backup a time, and a clock
 * that is put on or a machine that slept is no different from a start. Times that pass while one is made are left out.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Cron } from "croner";

/** Most of a wait at once: timers do not go on while a machine sleeps, and have a longest time. */
const LOOK_MS = 60_000;
/** Jitter is at most this, and at most this part of the time to the next backup. */
const MOST_JITTER_MS = 30_000;
const JITTER_PART = 0.1;

export interface ScheduleOptions {
  /** Minute, hour, day, month, weekday; seconds may come first; or `@daily` and the like. */
  readonly cron: string;
  /** IANA name of the zone its times are in. */
  readonly zone: string;
  /** When the newest backup was made; undefined where there is none. */
  newest(): Promise<Date | undefined>;
  /** Makes a backup; what it throws is passed to `onTrouble`. */
  run(): Promise<unknown>;
  onTrouble(error: unknown): void;
  readonly now: () => Date;
  /** From 0 up to 1. @default Math.random */
  readonly random?: () => number;
  /** Rejects when aborted. @default a timer that does not keep the process alive */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

export interface Schedule {
  /** Nothing is begun any more; resolves when what `run` was doing has ended. */
  close(): Promise<void>;
}

/** `2026-03-05T03:00:00+01:00 (02:00:00 UTC)`: as the schedule's zone has it; of a zone without offset `…Z`. */
export function zonedText(time: Date, zone: string): string {
  const two = "2-digit";
  const fields = { year: "numeric", month: two, day: two, hour: two, minute: two, second: two } as const;
  const how = { ...fields, timeZone: zone, hourCycle: "h23", timeZoneName: "longOffset" } as const;
  const part: Record<string, string> = {};
  for (const { type, value } of new Intl.DateTimeFormat("en-US", how).formatToParts(time)) part[type] = value;
  const local = `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}`;
  const offset = /[+-].*/.exec(part.timeZoneName ?? "")?.[0] ?? "+00:00";
  return offset === "+00:00" ? `${local}Z` : `${local}${offset} (${time.toISOString().slice(11, 19)} UTC)`;
}

/** Five fields; six: seconds, then those five; or a name like `@daily`. */
const FIELDS = /^(?:@\w+|\S+(?:\s+\S+){4,5})$/;

/** True for a cron line that comes true some time. */
export function isCron(line: string): boolean {
  try {
    return FIELDS.test(line.trim()) && new Cron(line, { paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
}

/** The next times after `from`, at most `count`. */
export function nextTimes(cron: string, zone: string, { from, count }: { from: Date; count: number }): readonly Date[] {
  return new Cron(cron, { timezone: zone, paused: true }).nextRuns(count, from);
}

export function startSchedule(options: ScheduleOptions): Schedule {
  const stop = new AbortController();
  const running = follow(options, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) options.onTrouble(error);
  });
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}

async function follow(options: ScheduleOptions, signal: AbortSignal): Promise<void> {
  const { now } = options;
  let due = await firstTime(options);
  while (due !== undefined && !signal.aborted) {
    await until(new Date(due.getTime() + jitterMs(due, options)), options, signal);
    const made = await newestOf(options);
    if (!signal.aborted && !(made !== undefined && made >= due && made <= now())) await run(options);
    due = timeAfter(now(), options);
  }
}

/** One that has passed is made up; a backup from the future (the clock was put back) says nothing. */
async function firstTime(options: ScheduleOptions): Promise<Date | undefined> {
  const [newest, now] = [await newestOf(options), options.now()];
  if (newest === undefined) return now;
  const isFuture = newest > now;
  return timeAfter(isFuture ? now : newest, options);
}

function timeAfter(time: Date, { cron, zone }: ScheduleOptions): Date | undefined {
  return nextTimes(cron, zone, { from: time, count: 1 })[0];
}

async function run({ run, onTrouble }: ScheduleOptions): Promise<void> {
  try {
    await run();
  } catch (error) {
    onTrouble(error);
  }
}

/** A folder that cannot be read is told of by the backup that fails in it. */
async function newestOf({ newest }: ScheduleOptions): Promise<Date | undefined> {
  return newest().catch(() => undefined);
}

/** Keeps processes that have the same schedule from starting in the same moment. */
function jitterMs(due: Date, options: ScheduleOptions): number {
  const next = timeAfter(due, options);
  const spanMs = next === undefined ? Number.POSITIVE_INFINITY : next.getTime() - due.getTime();
  return (options.random ?? Math.random)() * Math.min(MOST_JITTER_MS, spanMs * JITTER_PART);
}

async function until(time: Date, { now, pause = timer }: ScheduleOptions, signal: AbortSignal): Promise<void> {
  for (;;) {
    const leftMs = time.getTime() - now().getTime();
    if (leftMs <= 0 || signal.aborted) return;
    await pause(Math.min(leftMs, LOOK_MS), signal);
  }
}

function timer(ms: number, signal: AbortSignal): Promise<unknown> {
  return sleep(ms, undefined, { signal, ref: false });
}
