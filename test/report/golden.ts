/** The golden scenarios: their events, MADSci's answers, the true totals, and a comparison that excuses nothing it was not told of. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { EventInput } from "../../src/event/event.ts";
import { EventStore } from "../../src/index.ts";

const folder = join(import.meta.dirname, "golden");

export const SCENARIOS = readdirSync(folder).filter((name) => !name.endsWith(".md"));

/** When MADSci's answers were made. */
export const now = () => new Date("2025-12-01T00:00:00Z");

export function eventsOf(scenario: string): EventInput[] {
  const text = gunzipSync(readFileSync(join(folder, scenario, "events.jsonl.gz"))).toString();
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as EventInput);
}

/** A store in memory that holds the scenario's events as they came. */
export async function storeOf(scenario: string): Promise<EventStore> {
  const store = await EventStore.open("memory:", { naiveTimezone: "UTC" });
  const events = eventsOf(scenario);
  if (events.length === 0) return store;
  const results = await store.append(events);
  const refused = results.filter(({ status }) => status !== "stored");
  if (refused.length > 0) throw new Error(`${scenario}: ${JSON.stringify(refused[0])}`);
  return store;
}

// biome-ignore lint/suspicious/noExplicitAny: MADSci's answers are any JSON.
export type Answer = any;

export const answerOf = (scenario: string, file: string): Answer =>
  JSON.parse(readFileSync(join(folder, scenario, file), "utf8"));

/** The window of the scenario's requests. */
export function windowOf(scenario: string): { from: string; to: string } {
  const { start_time, end_time } = answerOf(scenario, "requests.json").window;
  return { from: start_time, to: end_time };
}

export interface Difference {
  readonly path: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

/** A path (a pattern) that may differ, and why: by no more than `within`, only where MADSci has `theirs`. */
export interface Excuse {
  readonly at: RegExp;
  readonly why: string;
  readonly within?: number;
  readonly theirs?: unknown;
}

/** What MADSci does not have; it stands behind what it has. */
const ADDED = new Set([
  ...["skipped_events", "total_session_hours", "started_before_window", "ended_by"],
  ...["error_time_hours", "inactive_time_hours", "up_time_hours", "busy_time_hours"],
  ...["experiments_active", "total_experiments_active", "attributed_experiments"],
]);

/**
 * Where `ours` is not what `theirs` is: values (numbers to a relative 1e-9), lengths, missing keys, keys in another order, and
 * keys of ours that do not come last or that nobody knows.
 */
export function differences(ours: Answer, theirs: Answer, path = ""): Difference[] {
  if (same(ours, theirs)) return [];
  if (Array.isArray(theirs) && Array.isArray(ours) && ours.length === theirs.length)
    return theirs.flatMap((item, index) => differences(ours[index], item, `${path}[${index}]`));
  if (!isObject(ours) || !isObject(theirs)) return [{ path, ours, theirs }];
  const keys = Object.keys(theirs);
  const order = Object.keys(ours);
  const extra = order.slice(keys.length);
  const agreed = order.join() === [...keys, ...extra].join() && extra.every((key) => ADDED.has(key));
  const disorder = agreed ? [] : [{ path: `${path}{keys}`, ours: order, theirs: keys }];
  return [...disorder, ...keys.flatMap((key) => differences(ours[key], theirs[key], `${path}.${key}`))];
}

function same(ours: unknown, theirs: unknown): boolean {
  if (typeof ours !== "number" || typeof theirs !== "number") return Object.is(ours, theirs);
  return Math.abs(ours - theirs) <= 1e-9 * Math.max(Math.abs(ours), Math.abs(theirs));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Differences that no excuse covers. */
export function unexcused(found: readonly Difference[], excuses: readonly Excuse[]): Difference[] {
  return found.filter((difference) => !excuses.some((excuse) => covers(excuse, difference)));
}

function covers(excuse: Excuse, { path, ours, theirs }: Difference): boolean {
  if (!excuse.at.test(path) || ("theirs" in excuse && excuse.theirs !== theirs)) return false;
  return excuse.within === undefined || Math.abs(Number(ours) - Number(theirs)) <= excuse.within + 1e-12;
}
