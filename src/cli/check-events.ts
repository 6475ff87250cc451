/** What `doctor` says of the database as a whole: whether it answers, what it holds, and the clocks of those who wrote. */
import { redactUrl } from "../backend/open.ts";
import type { StoredEvent } from "../event/event.ts";
import type { Access } from "./access.ts";
import { type Check, doubt, failed, lengthText, ok } from "./check.ts";
import { exitCodeOf, oneLine } from "./exit.ts";

/** Newest events whose clocks are compared. */
const SAMPLE = 500;
/** A clock that is further ahead puts events in an order nobody expects, in ms. */
const MOST_AHEAD_MS = 5000;
const LONGEST_MS = 10_000;

/** @param open reads only */
export async function databaseChecks(url: string, open: () => Promise<Access>): Promise<Check[]> {
  const place = redactUrl(url);
  try {
    const start = performance.now();
    await using access = await open();
    const newest = await newestEvents(access);
    const took = Math.round(performance.now() - start);
    return [ok("database", `${place} answers in ${took} ms; ${contents(newest)}`), skewCheck(newest)];
  } catch (error) {
    return [
      failed("database", `${place}: ${oneLine(error instanceof Error ? error.message : String(error))}`, fixFor(error)),
    ];
  }
}

async function newestEvents(access: Access): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  const search = { order: "newest", limit: SAMPLE, includeArchived: true, timeoutMs: LONGEST_MS } as const;
  for await (const page of access.find(search).pages()) events.push(...page);
  return events;
}

function contents(newest: readonly StoredEvent[]): string {
  const arrivals = newest.map(({ received_at }) => Date.parse(received_at ?? "")).filter((ms) => !Number.isNaN(ms));
  if (newest.length === 0) return "it is empty";
  if (arrivals.length === 0) return "it holds events";
  return `the latest event came ${lengthText(Date.now() - Math.max(...arrivals))} ago`;
}

/** Late events are nothing special (a spool was waiting); events from the future are a clock that goes wrong. */
export function skewCheck(events: readonly StoredEvent[]): Check {
  const skewed = events.filter(({ skew_ms }) => typeof skew_ms === "number" && skew_ms < -MOST_AHEAD_MS);
  if (events.length === 0) return ok("clocks", "nothing to compare yet");
  if (skewed.length === 0) return ok("clocks", `none is ahead in the newest ${events.length} events`);
  const most = Math.max(...skewed.map(({ skew_ms }) => -(skew_ms ?? 0)));
  const who = [...new Set(skewed.map(({ source }) => source.node_id ?? source.workcell_id ?? "an unnamed source"))];
  const names = who.length > 3 ? `${who.slice(0, 3).join(", ")} and ${who.length - 3} more` : who.join(", ");
  const detail = `${skewed.length} of the newest ${events.length} events come from up to ${lengthText(most)} ahead: ${names}`;
  return doubt("clocks", detail, "set the clocks there (NTP)");
}

function fixFor(error: unknown): string {
  switch (exitCodeOf(error)) {
    case 3:
      return "install the version of madsci-events that wrote it";
    case 4:
      return "start the database, or name another with --url";
    default:
      return "name the right database with --url or EVENT_DB_URL";
  }
}
