/** What the tests of this folder share: events, queries and backends that vanish with their folder. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Backend, BackendOptions, FindQuery } from "../../../src/backend/backend.ts";
import { openSqlite } from "../../../src/backend/sqlite/index.ts";
import type { EventInput, StoredEvent } from "../../../src/event/event.ts";
import { type Instant, instantOf } from "../../../src/event/instant.ts";
import { type PreparedEvent, parseContext, prepareEvent } from "../../../src/event/parse.ts";
import { parseSelector } from "../../../src/event/selector/parse.ts";
import { zoneReader } from "../../../src/event/zone.ts";

export const RECEIVED: Instant = instantOf(new Date("2025-06-01T00:00:00Z")) + 123n;
const context = parseContext({ naiveTimezone: "UTC" });

export const OPTIONS: BackendOptions = {
  zone: zoneReader("UTC"),
  readOnly: false,
  warn: () => {},
  now: () => new Date("2025-06-01T00:00:00Z"),
};

export function prepared(input: EventInput = {}): PreparedEvent {
  return prepareEvent(input, context);
}

/** Events one second apart, ids in the same order. */
export function series(count: number, more: (i: number) => EventInput = () => ({})): PreparedEvent[] {
  const startMs = Date.parse("2025-01-01T00:00:00Z");
  return Array.from({ length: count }, (_, i) =>
    prepared({
      _id: `e${String(i).padStart(6, "0")}`,
      event_timestamp: new Date(startMs + i * 1000),
      ...more(i),
    }),
  );
}

/** A folder that is gone after the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "madsci-events-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A backend that is closed after the test. */
export async function opened(path = ":memory:", options: Partial<BackendOptions> = {}): Promise<Backend> {
  const backend = await openSqlite(path, { ...OPTIONS, ...options });
  onTestFinished(() => backend.close());
  return backend;
}

export async function filled(events: readonly PreparedEvent[], path?: string): Promise<Backend> {
  const backend = await opened(path);
  await backend.append(events, RECEIVED);
  return backend;
}

export type Wanted = Partial<Omit<FindQuery, "selector">> & { readonly selector?: Record<string, unknown> };

export function query({ selector = {}, ...rest }: Wanted = {}): FindQuery {
  return {
    by: "event_timestamp",
    order: "newest",
    ...rest,
    selector: parseSelector(selector, { naiveTimezone: "UTC" }),
  };
}

export async function found(backend: Backend, wanted: Wanted = {}): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const page of backend.find(query(wanted))) events.push(...page.events);
  return events;
}

export async function ids(backend: Backend, wanted: Wanted = {}): Promise<string[]> {
  return (await found(backend, wanted)).map((event) => event._id);
}

export async function onePage(backend: Awaited<ReturnType<typeof opened>>, wanted: Parameters<typeof query>[0]) {
  for await (const { events, position } of backend.find(query(wanted))) {
    return { ids: events.map((event) => event._id), position };
  }
  return { ids: [], position: undefined };
}
